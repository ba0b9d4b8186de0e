/*
 * note.c - a note of a person on a case.
 */
#include "base/base.h"

#include "issuer/cases/note.h"

#include "base/limits.h"
#include "core/words.h"

struct noting {
    struct arena *mem;
    const struct actor *actor;
    int64_t case_id, now;
    const char *text;
};

static int keep_note(struct store *store, void *context, struct error *err)
{
    const struct noting *n = context;
    struct case_row row = {0};

    if (store_case_find(store, n->mem, n->case_id, &row, err) != 0)
        return -1;
    return store_audit(store, n->now, n->actor->name, "case.note",
                       arena_printf(n->mem, "case:%lld", (long long)n->case_id),
                       arena_printf(n->mem, "note=%s", n->text), err);
}

int case_note(struct app *app, struct arena *mem, const struct actor *actor,
              int64_t case_id, const char *text, struct error *err)
{
    struct noting n = {.mem = mem,
                       .actor = actor,
                       .case_id = case_id,
                       .now = app_now(app),
                       .text = text};

    if (app_allow(actor, ACT_DIAGNOSE, err) != 0 ||
        words_check("note", text, NOTE_MAX, err) != 0)
        return -1;
    if (text == NULL || text[0] == '\0')
        return error_set(err, ERROR_INVALID, "the note is empty");
    return app_write(app, keep_note, &n, err);
}
