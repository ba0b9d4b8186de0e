/*
 * audit.c - the newest records of the audit log, and whether the chain is whole.
 */
#include "base/base.h"

#include "issuer/web/lines.h"
#include "issuer/web/pages.h"

enum {
    AUDIT_SHOWN = 100
};

static json_t *audit_list(struct page *page, const struct audit_record *records,
                          size_t count)
{
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        json_t *line = json_object();
        view_number(line, "seq", records[i].seq);
        view_time(line, "when", page->mem, records[i].at, page->now);
        view_text(line, "who", line_person(page->mem, records[i].actor));
        view_text(line, "action", records[i].action);
        view_text(line, "object", records[i].object);
        view_text(line, "detail", records[i].detail);
        json_array_append_new(list, line);
    }
    return list;
}

/* A damaged chain is the page's first news, not an error page. */
static int put_chain(struct page *page, struct store *store, struct error *err)
{
    struct error why = {0};
    int64_t records = 0;

    if (store_audit_verify(store, &records, &why) == 0) {
        view_take(page->view, "mark", view_mark("clear", "whole"));
        view_text(page->view, "headline", "The audit log is whole.");
        view_text(page->view, "lead",
                  arena_printf(page->mem, "We checked all %lld records just now.",
                               (long long)records));
        return 0;
    }
    if (why.kind != ERROR_INTEGRITY) {
        *err = why;
        return -1;
    }
    view_take(page->view, "mark", view_mark("listed", "damaged"));
    view_text(page->view, "headline", "The audit log was changed from outside.");
    view_text(page->view, "lead", view_sentence(page->mem, why.text));
    return 0;
}

int page_audit(struct page *page, struct error *err)
{
    struct audit_record *records = NULL;
    struct store *store = NULL;
    size_t count = 0;

    if (app_take_reader(page->app, &store, err) != 0)
        return -1;
    int result = store_audit_tail(store, page->mem, NULL, AUDIT_SHOWN, &records, &count,
                                  err);
    if (result == 0)
        result = put_chain(page, store, err);
    app_give_back(page->app, store);
    if (result != 0)
        return -1;
    view_take(page->view, "records", audit_list(page, records, count));
    return page_show(page,
                     &(struct page_name){.template = "html/audit.html",
                                         .title = "Audit",
                                         .section = "audit",
                                         .status = 200},
                     err);
}
