/*
 * fuzz_evidence.c - what a child that was taken over may print.
 */
#include "base/base.h"

#include "core/mailbox.h"
#include "issuer/cases/evidence.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text, size_t max_bytes)
{
    if (text == NULL)
        return;
    struct slice slice = slice_from(text);
    if (slice.len > max_bytes || !slice_is_utf8(slice))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena mem;
    struct evidence evidence;
    char mailbox[MAILBOX_MAX + 1];

    arena_init(&mem);
    if (evidence_decode(&mem, slice_of((const char *)data, size), &evidence)) {
        check_text(evidence.excerpt, EVIDENCE_EXCERPT_MAX);
        check_text(evidence.list, DOMAIN_MAX);
        check_text(evidence.flags, 1024);
        if (evidence.sender != NULL &&
            !mailbox_parse(slice_from(evidence.sender), mailbox))
            abort();
        if (evidence.smtp_code != 0 &&
            (evidence.smtp_code < 200 || evidence.smtp_code > 599))
            abort();
        if (evidence.is_grantable && (evidence.blocked_ip == NULL ||
                                      evidence.list == NULL || !evidence.is_bounce))
            abort();
    }
    arena_release(&mem);
    return 0;
}
