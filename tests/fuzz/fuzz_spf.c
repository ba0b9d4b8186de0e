/*
 * fuzz_spf.c - SPF records, and a whole DNS of them, written by somebody who means ill.
 *
 * The first line is the sending address, the rest are the zone's records (zone_text.h). However
 * they include one another, the questions stay below the ceiling, and what is proposed passes.
 */
#include "base/base.h"

#include "core/spf.h"
#include "core/spf_internal.h"
#include "tests/support/zone_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is_true)
{
    if (!is_true)
        abort();
}

/* The record alone, without DNS: terms lie in it one behind the other. */
static void read_terms(struct slice text)
{
    struct slice rest = spf_terms(text);
    const char *last = text.at;
    struct spf_term term;

    if (!spf_is_record(text) || spf_record_check(text, NULL) != 0)
        return;
    while (spf_term_next(&rest, &term, NULL) > 0) {
        must(term.text.len > 0 && term.text.at > last);
        must(term.prefix4 <= 32 && term.prefix6 <= 128);
        last = term.text.at + term.text.len - 1;
    }
    must(last < text.at + text.len);
}

static void check_outcome(const struct spf_outcome *outcome)
{
    must(outcome->result < SPF_RESULT_COUNT && outcome->why.line != NULL);
    must(outcome->lookups <= SPF_LOOKUPS_MAX && outcome->voids <= SPF_VOIDS_MAX);
    must(outcome->result != SPF_PASS || outcome->term != NULL);
    must(slice_is_printable(slice_from(outcome->why.line)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct zone_text zone = {.text = slice_of((const char *)data, size)};
    struct spf_dns dns = zone_text_dns(&zone);
    struct spf_request request = {.domain = "e.example",
                                  .sender = "strong-bad@e.example",
                                  .helo = "mail.e.example"};
    struct spf_outcome outcome;
    struct spf_proposal proposal;
    struct slice line = {0};
    struct arena mem;

    if (size > 0)
        (void)slice_line(&zone.text, &line);
    if (!address_parse(line, &request.address))
        (void)address_parse(SLICE("192.0.2.3"), &request.address);
    read_terms(line);
    arena_init(&mem);
    spf_check(&request, &dns, &mem, &outcome);
    must(zone.questions <= SPF_QUESTIONS_MAX);
    check_outcome(&outcome);
    zone.questions = 0;
    spf_propose(&request, &dns, &mem, &proposal);
    must(zone.questions <= 2 * SPF_QUESTIONS_MAX + 1 && proposal.why.line != NULL);
    if (proposal.advice == SPF_ADVICE_PUBLISH) {
        must(strlen(proposal.record) <= SPF_PROPOSAL_MAX);
        must(spf_record_check(slice_from(proposal.record), NULL) == 0);
        must(outcome.result == SPF_FAIL || outcome.result == SPF_SOFTFAIL ||
             outcome.result == SPF_NEUTRAL);
    }
    arena_release(&mem);
    return 0;
}
