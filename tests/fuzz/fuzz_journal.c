/*
 * fuzz_journal.c - the bytes of a journal segment: a line that is believed is written again as the
 * same bytes. The check of each line is made good first, or nothing would get past it.
 */
#include "base/base.h"

#include "base/encode.h"
#include "core/digest.h"
#include "core/usage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_all(struct slice rest)
{
    struct usage_line line, again;
    struct strbuf text, second;

    strbuf_init(&text, USAGE_LINE_MAX);
    strbuf_init(&second, USAGE_LINE_MAX);
    while (usage_take(&rest, &line) == USAGE_TAKEN) {
        strbuf_reset(&text);
        strbuf_reset(&second);
        if (!usage_format(&line, &text) ||
            !usage_parse(slice_of(text.at, text.len - 1), &again) ||
            !usage_format(&again, &second) ||
            !slice_equal(strbuf_slice(&text), strbuf_slice(&second)))
            abort();
    }
    strbuf_release(&text);
    strbuf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice rest = slice_of((const char *)data, size), body;
    struct strbuf sealed;

    read_all(rest);
    strbuf_init(&sealed, size * 20 + 20);
    while (slice_line(&rest, &body)) {
        uint8_t digest[DIGEST_BYTES];
        char check[17];
        digest_bytes(body, digest);
        hex_encode(digest, 8, check);
        strbuf_add_slice(&sealed, body);
        strbuf_printf(&sealed, "\t%s\n", check);
    }
    read_all(strbuf_slice(&sealed));
    strbuf_release(&sealed);
    return 0;
}
