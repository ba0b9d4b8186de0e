/*
 * fuzz_mtacheck.c - any bytes as the configuration of a mail server: no check gets lost in them, and
 * none of them is ever without a finding, because a pool of one lane is not in it by chance.
 *
 * The first byte chooses the server.
 */
#include "base/base.h"

#include "issuer/mtacheck/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    int (*read)(struct settings *settings, struct arena *mem, struct slice text,
                struct error *err);
    void (*check)(const struct mtacheck_facts *facts, struct arena *mem,
                  struct mtacheck_findings *out);
} servers[] = {
    {settings_read_postconf, mtacheck_postfix  },
    {settings_read_doveconf, mtacheck_dovecot23},
    {settings_read_doveconf, mtacheck_dovecot24},
    {settings_read_exim,     mtacheck_exim     },
};

/* Words come whole, in order, and end. */
static void check_words(struct slice text)
{
    const char *end = text.at + text.len;
    struct slice word;

    while (settings_word(&text, &word)) {
        if (word.len > 0 && (word.at + word.len > end || text.at < word.at + word.len))
            abort();
        end = text.at + text.len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct mtacheck_lane lane = {"clean1", "203.0.113.9", "out9.example"};
    struct mtacheck_facts facts = {
        .lanes = &lane,
        .lanes_count = 1,
        .auth = "/a",
        .verify = "/v",
        .policy = "/p",
        .saslauthd = "/s",
        .socketmap = "/m",
        .realm = "clean.example",
        .ports = {465, 587}
    };
    struct error err = {0};
    struct arena mem;

    if (size == 0)
        return 0;
    struct slice text = slice_of((const char *)data + 1, size - 1);
    arena_init(&mem);
    check_words(text);
    struct mtacheck_findings *findings = ARENA_NEW(&mem, struct mtacheck_findings);
    size_t which = data[0] % ARRAY_LEN(servers);
    if (servers[which].read(&facts.settings, &mem, text, &err) == 0) {
        servers[which].check(&facts, &mem, findings);
        if (findings->count == 0) /* its sockets are unknown, at least */
            abort();
    }
    arena_release(&mem);
    return 0;
}
