/*
 * case_log.c - what happened with a case and its leases, out of the audit log.
 */
#include "base/base.h"

#include "issuer/web/case.h"

#include "issuer/web/lines.h"
#include "issuer/web/speak.h"

enum {
    LOG_MAX = 30
};

static const struct {
    const char *action, *sentence; /* a key: may name {who} */
} sentences[] = {
    {"case.open",            "console.case.log.open"          },
    {"case.check",           "console.case.log.check"         },
    {"case.note",            "console.case.log.note"          },
    {"lease.mint",           "console.case.log.mint"          },
    {"lease.request",        "console.case.log.request"       },
    {"lease.approve",        "console.case.log.approve"       },
    {"lease.deny",           "console.case.log.deny"          },
    {"lease.extend",         "console.case.log.extend"        },
    {"lease.link",           "console.case.log.link"          },
    {"lease.revoke",         "console.case.log.revoke"        },
    {"link.opened",          "console.case.log.opened"        },
    {"lease.reveal",         "console.case.log.reveal"        },
    {"lease.reveal_refused", "console.case.log.reveal_refused"},
    {"lease.first_login",    "console.case.log.first_login"   },
    {"lease.cap_near",       "console.case.log.cap_near"      },
    {"lease.expiring",       "console.case.log.expiring"      },
    {"lease.expired",        "console.case.log.expired"       },
};

/* What follows key in "a=1 b=2", up to the next blank; or to the end for the last one. */
static struct slice detail_value(const char *detail, const char *key, bool is_last)
{
    struct slice text = slice_from(detail);
    ptrdiff_t at = slice_find(text, slice_from(key));

    if (at < 0)
        return (struct slice){0};
    text = slice_skip(text, (size_t)at + strlen(key));
    ptrdiff_t blank = slice_find_byte(text, ' ');
    return is_last || blank < 0 ? text : slice_take(text, (size_t)blank);
}

/* The sentence with what came of it: the verdict of a check, the reason of a person. */
static const char *with_consequence(const struct page *page, const char *what,
                                    const struct audit_record *record)
{
    enum diagnosis_verdict verdict;
    struct slice reason = detail_value(record->detail, "reason=", true);
    struct slice note = detail_value(record->detail, "note=", true);

    if (diagnosis_verdict_parse(detail_value(record->detail, "verdict=", false),
                                &verdict))
        return speak_with(page, "console.case.log.verdict", "what", what, "verdict",
                          speak_sentence(page, diagnosis_row(verdict)->headline), NULL);
    /* Its own words may hold "reason=". */
    if (slice_starts(slice_from(record->detail), "note="))
        reason = note;
    if (reason.len > 0)
        return speak_with(page, "console.case.log.reason", "what", what, "reason",
                          arena_slice(page->mem, reason), NULL);
    return speak_with(page, "console.case.log.plain", "what", what, NULL);
}

static const char *sentence_of(const struct page *page,
                               const struct audit_record *record)
{
    const char *who = line_person(page, record->actor);

    for (size_t i = 0; i < ARRAY_LEN(sentences); i++) {
        if (strcmp(sentences[i].action, record->action) != 0)
            continue;
        return with_consequence(
            page, speak_with(page, sentences[i].sentence, "who", who, NULL), record);
    }
    return speak_with(page, "console.case.log.action", "who", who, "action",
                      record->action, NULL);
}

static int newest_first(const void *a, const void *b)
{
    const struct audit_record *left = a;
    const struct audit_record *right = b;

    return (left->seq < right->seq) - (left->seq > right->seq);
}

struct gathering {
    struct audit_record *all;
    size_t count, room;
};

static int gather(struct page *page, struct store *store, const char *object,
                  struct gathering *g, struct error *err)
{
    struct audit_record *records = NULL;
    size_t count = 0;

    if (store_audit_tail(store, page->mem, object, LOG_MAX, &records, &count, err) != 0)
        return -1;
    for (size_t i = 0; i < count && g->count < g->room; i++)
        g->all[g->count++] = records[i];
    return 0;
}

int case_put_log(struct page *page, struct store *store, const struct case_facts *facts,
                 struct error *err)
{
    struct gathering g = {.room = (size_t)LOG_MAX * (1 + facts->leases_count)};
    json_t *list = json_array();

    view_take(page->view, "log", list);
    g.all = arena_array(page->mem, g.room, sizeof *g.all);
    if (gather(page, store,
               arena_printf(page->mem, "case:%lld", (long long)facts->row.id), &g,
               err) != 0)
        return -1;
    for (size_t i = 0; i < facts->leases_count; i++)
        if (gather(
                page, store,
                arena_printf(page->mem, "lease:%lld", (long long)facts->leases[i].id),
                &g, err) != 0)
            return -1;
    qsort(g.all, g.count, sizeof *g.all, newest_first);
    for (size_t i = 0; i < g.count && i < LOG_MAX; i++) {
        json_t *line = json_object();
        speak_put_when(page, line, "when", g.all[i].at);
        view_text(line, "sentence", sentence_of(page, &g.all[i]));
        json_array_append_new(list, line);
    }
    return 0;
}
