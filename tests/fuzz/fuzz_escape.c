/*
 * fuzz_escape.c - what leaves an escaper is safe in its format, and undone where it can be.
 */
#include "base/base.h"

#include "base/escape.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    INPUT_MAX = 4096,
    OUTPUT_MAX = 6 * INPUT_MAX /* the longest escape of one byte: &quot; */
};

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

static void must_lack(const struct strbuf *out, const char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        must(slice_find_byte(strbuf_slice(out), bytes[i]) < 0);
}

static void check_safe(enum escape how, const struct strbuf *out)
{
    struct slice text = strbuf_slice(out);

    must(!out->full);
    switch (how) {
    case ESCAPE_HTML:
        must(slice_is_utf8(text));
        must_lack(out, "<>\"'\0\r\x1b", 7);
        break;
    case ESCAPE_LOG:
        must(slice_is_printable(text));
        must_lack(out, " \"", 2);
        break;
    case ESCAPE_DOVECOT: must_lack(out, "\0\t\r\n", 4); break;
    case ESCAPE_URL:
        must(slice_is_printable(text));
        must_lack(out, " \"&=+<>/?#", 10);
        break;
    case ESCAPE_TEXT:
        must(slice_is_utf8(text));
        must_lack(out, "\0\r\x1b\x7f", 4);
        break;
    case ESCAPE_CSV:
        must(slice_is_utf8(text));
        must_lack(out, "\0\r\x1b\x7f", 4);
        must(text.len >= 2 && text.at[0] == '"' && text.at[text.len - 1] == '"');
        must(slice_find_byte(SLICE("=+-@\t"), text.at[1]) < 0);
        break;
    case ESCAPE_COUNT: abort();
    }
}

static void check_undone(enum escape how, const struct strbuf *escaped,
                         struct slice text)
{
    struct strbuf plain;

    strbuf_init(&plain, OUTPUT_MAX);
    if (how == ESCAPE_DOVECOT)
        must(unescape_dovecot(&plain, strbuf_slice(escaped)) &&
             slice_equal(strbuf_slice(&plain), text));
    if (how == ESCAPE_URL && slice_find_byte(text, '\0') < 0)
        must(unescape_url(&plain, strbuf_slice(escaped), true) &&
             slice_equal(strbuf_slice(&plain), text));
    strbuf_release(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct strbuf out;

    if (size == 0 || size > INPUT_MAX)
        return 0;
    strbuf_init(&out, OUTPUT_MAX);
    for (unsigned how = 0; how < ESCAPE_COUNT; how++) {
        strbuf_reset(&out);
        escape_append(&out, (enum escape)how, text);
        check_safe((enum escape)how, &out);
        check_undone((enum escape)how, &out, text);
    }
    for (int plus_is_blank = 0; plus_is_blank < 2; plus_is_blank++) {
        strbuf_reset(&out);
        if (unescape_url(&out, text, plus_is_blank != 0))
            must(out.len <= size);
    }
    strbuf_reset(&out);
    if (unescape_dovecot(&out, text))
        must(out.len <= size);
    strbuf_release(&out);
    return 0;
}
