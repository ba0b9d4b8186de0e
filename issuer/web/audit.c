/*
 * audit.c - the audit log, searched, page by page or as a file; and, when told to, whether the chain is
 * whole.
 */
#include "base/base.h"

#include "issuer/web/lines.h"
#include "issuer/web/pages.h"
#include "issuer/web/search.h"
#include "issuer/web/speak.h"

static const struct search_list audit_records = {.path = "/audit", .noun = "audit"};

static json_t *audit_list(struct page *page, const struct audit_record *records,
                          size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *line = json_object();
        view_number(line, "seq", records[i].seq);
        speak_put_when(page, line, "when", records[i].at);
        view_text(line, "who", line_person(page, records[i].actor));
        view_text(line, "action", records[i].action);
        view_text(line, "object", records[i].object);
        view_text(line, "detail", records[i].detail);
        json_array_append_new(list, line);
    }
    return list;
}

/* A damaged chain is the page's first news, not an error page. It takes a walk over all records, so
 * it is done when somebody asks for it. */
static int put_chain(struct page *page, struct store *store, struct error *err)
{
    struct error why = {0};
    int64_t records = 0;
    json_t *chain = json_object();

    view_take(page->view, "chain", chain);
    if (store_audit_verify(store, &records, &why) == 0) {
        view_take(chain, "mark",
                  view_mark("clear", speak(page, "console.audit.whole")));
        view_text(chain, "headline", speak(page, "console.audit.whole_says"));
        view_text(chain, "lead",
                  speak_count(page, "console.audit.whole_lead", "count", records));
        return 0;
    }
    if (why.kind != ERROR_INTEGRITY) {
        *err = why;
        return -1;
    }
    view_take(chain, "mark", view_mark("listed", speak(page, "console.audit.damaged")));
    view_text(chain, "headline", speak(page, "console.audit.damaged_says"));
    view_text(chain, "lead", view_sentence(page->mem, why.text));
    return 0;
}

static int export_records(struct page *page, const struct audit_record *records,
                          size_t count, struct error *err)
{
    static const char *const columns[] = {"seq",    "at",     "actor", "action",
                                          "object", "detail", NULL};
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *row = json_object();
        view_number(row, "seq", records[i].seq);
        view_moment(row, "at", records[i].at);
        view_text(row, "actor", records[i].actor);
        view_text(row, "action", records[i].action);
        view_text(row, "object", records[i].object);
        view_text(row, "detail", records[i].detail);
        json_array_append_new(list, row);
    }
    return search_export(page, &audit_records, columns, list, err);
}

int page_audit(struct page *page, struct error *err)
{
    bool is_verified = slice_is(page->request->query, "verify=yes");
    struct audit_record *records = NULL;
    struct search search = {.max = SEARCH_A_PAGE};
    struct store *store = NULL;
    size_t count = 0;

    view_take(page->view, "chain", json_null());
    if (search_read(page, &audit_records, &search, err) != 0 ||
        app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_audit_search(store, page->mem, &search, &records, &count, err);
    if (result == 0 && is_verified)
        result = put_chain(page, store, err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    if (search_is_export(page))
        return export_records(page, records, count, err);
    view_flag(page->view, "has_records", count > 0);
    view_take(page->view, "records", audit_list(page, records, count));
    search_put(page, &audit_records, &search, count,
               count > 0 ? records[count - 1].seq : 0);
    return page_show(page,
                     &(struct page_name){.template = "html/audit.html",
                                         .title = speak(page, "console.audit.title"),
                                         .section = "audit",
                                         .status = 200},
                     err);
}
