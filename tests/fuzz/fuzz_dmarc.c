/*
 * fuzz_dmarc.c - DMARC records: what is read is in range, and the policy is asked for twice at most.
 */
#include "base/base.h"

#include "core/dmarc.h"
#include "tests/support/zone_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = slice_of((const char *)data, size);
    struct zone_text zone = {.text = text};
    struct spf_dns dns = zone_text_dns(&zone);
    struct dmarc_request request = {.from = "mail.e.example",
                                    .from_organisation = "e.example",
                                    .spf_domain = "e.example",
                                    .spf_organisation = "e.example",
                                    .spf = SPF_PASS};
    struct dmarc_outcome outcome;
    struct dmarc_record record;
    struct error err = {0};
    struct arena mem;

    if (dmarc_parse(text, &record, &err) == 0) {
        must(dmarc_is_record(text) && err.kind == ERROR_NONE);
        must(record.percent <= 100 && record.policy < DMARC_POLICY_COUNT &&
             record.subdomain_policy < DMARC_POLICY_COUNT);
    } else {
        must(err.kind == ERROR_INVALID);
    }
    arena_init(&mem);
    dmarc_check(&request, &dns, &mem, &outcome);
    must(zone.questions <= DMARC_QUESTIONS_MAX && outcome.why.line != NULL);
    must(outcome.result < DMARC_RESULT_COUNT &&
         (outcome.result == DMARC_NO_POLICY || outcome.result == DMARC_UNKNOWN ||
          outcome.domain != NULL));
    arena_release(&mem);
    return 0;
}
