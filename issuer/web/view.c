/*
 * view.c - values put into a page's view.
 */
#include "base/base.h"

#include "issuer/web/view.h"

#include "base/escape.h"
#include "base/limits.h"
#include "base/timetext.h"

void view_take(json_t *object, const char *key, json_t *value)
{
    int failed = json_object_set_new(object, key, value);

    /* Keys are ours, and without memory the process has ended. */
    assert(failed == 0);
    (void)failed;
}

void view_slice(json_t *object, const char *key, struct slice text)
{
    struct strbuf clean;

    if (text.at == NULL) {
        view_take(object, key, json_null());
        return;
    }
    strbuf_init(&clean, PAGE_MAX);
    escape_append(&clean, ESCAPE_TEXT, text);
    /* Cut at the ceiling, perhaps inside a character. */
    while (clean.len > 0 && !slice_is_utf8(strbuf_slice(&clean)))
        clean.len--;
    view_take(object, key, json_stringn(clean.at, clean.len));
    strbuf_release(&clean);
}

void view_text(json_t *object, const char *key, const char *text)
{
    view_slice(object, key, text != NULL ? slice_from(text) : (struct slice){0});
}

void view_number(json_t *object, const char *key, int64_t number)
{
    view_take(object, key, json_integer(number));
}

void view_flag(json_t *object, const char *key, bool value)
{
    view_take(object, key, json_boolean(value));
}

void view_moment(json_t *object, const char *key, int64_t when)
{
    char iso[TIMETEXT_RFC3339_MAX + 1];

    if (when != 0)
        timetext_rfc3339(when, iso);
    view_text(object, key, when != 0 ? iso : NULL);
}

const char *view_shape(const char *class_name)
{
    static const struct {
        const char *class_name, *shape;
    } rows[] = {
        {"listed", "▲"},
        {"clear",  "●"},
        {"used",   "◐"},
        {"full",   "■"},
        {"open",   "○"},
        {"unsure", "?"  },
        {"rest",   "◌"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].class_name, class_name) == 0)
            return rows[i].shape;
    return "?";
}

json_t *view_mark(const char *class_name, const char *word)
{
    json_t *mark = json_object();

    view_text(mark, "shape", view_shape(class_name));
    /* A full address is a warning, not a colour of its own. */
    view_text(mark, "class", strcmp(class_name, "full") == 0 ? "unsure" : class_name);
    view_text(mark, "word", word);
    return mark;
}

const char *view_sentence(struct arena *mem, const char *text)
{
    size_t len = strlen(text);
    char *sentence = arena_printf(
        mem, "%s%s", text, len > 0 && strchr(".!?", text[len - 1]) != NULL ? "" : ".");

    if (sentence[0] >= 'a' && sentence[0] <= 'z')
        sentence[0] = (char)(sentence[0] - 'a' + 'A');
    return sentence;
}
