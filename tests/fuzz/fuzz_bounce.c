/*
 * fuzz_bounce.c - whatever a stranger pastes: no crash, one JSON object, no invented address.
 *
 * The first byte chooses whether our ranges are given.
 */
#include "base/base.h"

#include "base/alloc.h"
#include "issuer/bounce/bounce.h"
#include "issuer/bounce/evidence_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct bounce_reader *reader_once(void)
{
    static struct bounce_reader *reader;
    struct error err = {0};
    if (reader == NULL && bounce_reader_new(NULL, &reader, &err) != 0) {
        abort();
    }
    return reader;
}

/* An address of the input occurs in it byte for byte, unless the input is encoded, or an IPv6
 * address is spelt in another way than ours. */
static void check_not_invented(struct slice input,
                               const struct bounce_evidence *evidence)
{
    const char *blocked = evidence->main.blocked_ip;
    bool is_encoded = slice_find_nocase(input, SLICE("transfer-encoding")) >= 0 ||
                      slice_find_byte(input, '\0') >= 0 ||
                      slice_find_byte(input, '&') >= 0 ||
                      slice_find_byte(input, 0x1B) >= 0 ||
                      slice_find(input, SLICE("\\u")) >= 0 ||
                      slice_find(input, SLICE("=\n")) >= 0 ||
                      slice_find(input, SLICE("=\r")) >= 0 ||
                      slice_find(input, SLICE("= ")) >= 0 ||
                      slice_find(input, SLICE("\xEF\xBC")) >= 0;
    if (blocked == NULL || is_encoded || strchr(blocked, ':') != NULL) {
        return;
    }
    if (slice_find(input, slice_from(blocked)) < 0) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct network shared = {0};
    struct error err = {0};
    struct arena mem;
    struct strbuf json;
    arena_init(&mem);
    strbuf_init(&json, EVIDENCE_MAX + (size_t)EXPLAIN_MAX);
    if (network_parse(SLICE("198.51.100.0/24"), &shared, &err) != 0) {
        abort();
    }
    const struct bounce_options options = {.shared = &shared,
                                           .shared_count = data[0] % 2,
                                           .wants_explanation = data[0] / 2 % 2};
    struct slice input = slice_of((const char *)data + 1, size - 1);
    struct bounce_evidence *evidence = ARENA_NEW(&mem, struct bounce_evidence);
    if (bounce_read(reader_once(), &mem, input, &options, evidence, &err) == 0) {
        check_not_invented(input, evidence);
        if (evidence->is_grantable && evidence->main.blocked_ip == NULL) {
            abort();
        }
        if (!evidence_json(evidence, &json)) {
            abort();
        }
    }
    strbuf_release(&json);
    arena_release(&mem);
    return 0;
}
