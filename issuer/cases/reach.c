/*
 * reach.c - reverse name, SPF and DMARC of an address that is about to send, in three rows.
 */
#include "base/base.h"

#include "issuer/cases/reach.h"

#include "core/dmarc.h"
#include "core/mailbox.h"
#include "issuer/cases/asking.h"
#include "issuer/cases/organisation.h"

static const char spf_question_text[] = "Would SPF pass?";
/* A record follows to the end. It cannot stand before that: what does is words of ours, names, and
 * terms, which hold no blanks. */
static const char proposal_mark[] = "whole record: ";

struct finding {
    const struct reach_request *request;
    struct arena *mem;
    struct asking asking;
    struct spf_dns dns;
    const char *domain;
    char address[ADDRESS_TEXT_MAX + 1];
    struct spf_outcome spf;
    struct reach reach;
    size_t checks_count;
};

static void add_check(struct finding *f, const char *question, enum check_result result,
                      const char *answer, const char *source)
{
    assert(f->checks_count < REACH_CHECKS);
    f->reach.checks[f->checks_count++] = (struct check){.question = question,
                                                        .answer = answer,
                                                        .source = source,
                                                        .result = result,
                                                        .checked_at = f->request->now};
}

/* What one row adds to the whole: a "no" stays, unknown is stronger than "yes". */
static void weigh(struct finding *f, enum check_result result)
{
    if (f->reach.will_work == CHECK_NO || result == CHECK_YES)
        return;
    f->reach.will_work = result;
}

static enum spf_question family(const struct finding *f)
{
    return address_is_v4(&f->request->address) ? SPF_ASK_A : SPF_ASK_AAAA;
}

static struct spf_answer ask(struct finding *f, const char *name,
                             enum spf_question question)
{
    struct spf_answer answer = {0};

    f->dns.ask(f->dns.context, f->mem, name, question, &answer);
    return answer;
}

/* ---- the name ---- */

static enum check_result leads_back(struct finding *f, const char *name)
{
    struct spf_answer answer = ask(f, name, family(f));

    if (answer.status != DNS_ANSWER && answer.status != DNS_NXDOMAIN)
        return CHECK_UNKNOWN;
    for (size_t i = 0; i < answer.addresses_count; i++)
        if (address_equal(&answer.addresses[i], &f->request->address))
            return CHECK_YES;
    return CHECK_NO;
}

static const char *reverse_name(const struct finding *f)
{
    char name[DOMAIN_MAX + 1];
    const char *zone = address_is_v4(&f->request->address) ? "in-addr.arpa"
                                                           : "ip6.arpa";

    if (!address_dnsbl_name(&f->request->address, zone, name, sizeof name))
        abort(); /* both zones leave room for every address */
    return arena_strdup(f->mem, name);
}

/* Does any of the reverse names lead back? They are asked in one round. */
static enum check_result any_leads_back(struct finding *f,
                                        const struct spf_answer *names)
{
    struct asking_item *items = arena_array(f->mem, names->names_count, sizeof *items);
    enum check_result result = CHECK_NO;

    for (size_t i = 0; i < names->names_count; i++)
        items[i] = (struct asking_item){names->names[i], family(f)};
    asking_ahead(&f->asking, items, names->names_count);
    for (size_t i = 0; i < names->names_count; i++) {
        enum check_result back = leads_back(f, names->names[i]);
        if (back == CHECK_YES)
            return CHECK_YES;
        if (back == CHECK_UNKNOWN)
            result = CHECK_UNKNOWN;
    }
    return result;
}

static bool has_name(const struct spf_answer *names, const char *name)
{
    for (size_t i = 0; i < names->names_count; i++)
        if (strcasecmp(names->names[i], name) == 0)
            return true;
    return false;
}

/* The reverse names, given that the HELO name leads to the address or could not be asked. */
static enum check_result judge_reverse(struct finding *f, enum check_result helo,
                                       const char **answer)
{
    const char *name = f->request->helo;
    struct spf_answer names = ask(f, reverse_name(f), SPF_ASK_PTR);

    if (names.status == DNS_NXDOMAIN ||
        (names.status == DNS_ANSWER && names.names_count == 0)) {
        *answer = arena_printf(f->mem, "no: %s has no reverse name", f->address);
        return CHECK_NO;
    }
    if (names.status != DNS_ANSWER) {
        *answer = arena_printf(f->mem,
                               "cannot tell: the reverse name of %s could not be read",
                               f->address);
        return CHECK_UNKNOWN;
    }
    enum check_result back = any_leads_back(f, &names);
    if (back == CHECK_NO) {
        *answer = arena_printf(f->mem,
                               "no: %s is named %s, which does not lead back to it",
                               f->address, names.names[0]);
        return CHECK_NO;
    }
    if (!has_name(&names, name)) {
        *answer = arena_printf(f->mem, "no: %s is named %s, but greets as %s",
                               f->address, names.names[0], name);
        return CHECK_NO;
    }
    if (helo == CHECK_UNKNOWN) {
        *answer = arena_printf(
            f->mem, "cannot tell: the address of %s could not be read", name);
        return CHECK_UNKNOWN;
    }
    *answer = arena_printf(f->mem, "yes: %s is %s, both ways", f->address, name);
    return CHECK_YES;
}

static void check_name(struct finding *f)
{
    enum check_result helo = leads_back(f, f->request->helo);
    enum check_result result = CHECK_NO;
    const char *answer;

    if (helo == CHECK_NO)
        answer = arena_printf(f->mem, "no: it greets as %s, which does not lead to %s",
                              f->request->helo, f->address);
    else
        result = judge_reverse(f, helo, &answer);
    add_check(f, "Would its name pass?", result, answer,
              "its reverse name and HELO name");
    weigh(f, result);
}

/* ---- SPF ---- */

static const struct {
    enum check_result passes;
    enum check_result
        works; /* is the mail likely to be let through, as far as SPF goes? */
} spf_rows[] = {
    [SPF_NONE] = {CHECK_NO,      CHECK_YES    },
 /* RFC 7208 8.2: to be treated exactly like none. */
    [SPF_NEUTRAL] = {CHECK_NO,      CHECK_YES    },
    [SPF_PASS] = {CHECK_YES,     CHECK_YES    },
    [SPF_FAIL] = {CHECK_NO,      CHECK_NO     },
    [SPF_SOFTFAIL] = {CHECK_NO,      CHECK_NO     },
    [SPF_TEMPERROR] = {CHECK_UNKNOWN, CHECK_UNKNOWN},
    [SPF_PERMERROR] = {CHECK_NO,      CHECK_NO     },
};
_Static_assert(ARRAY_LEN(spf_rows) == SPF_RESULT_COUNT, "one row a result");

/* "no (softfail): ~all of kunde.example; add …" */
static const char *refused_words(struct finding *f, const struct spf_request *request)
{
    struct spf_proposal proposal = {0};
    const char *now = arena_printf(f->mem, "no (%s): %s",
                                   spf_result_name(f->spf.result), f->spf.why);

    spf_propose(request, &f->dns, f->mem, &proposal);
    if (proposal.advice == SPF_ADVICE_PUBLISH) {
        f->reach.proposal = proposal.record;
        return arena_printf(f->mem, "%s; add \"ip%c:%s\", %s%s", now,
                            address_is_v4(&request->address) ? '4' : '6', f->address,
                            proposal_mark, proposal.record);
    }
    if (strcmp(proposal.why, f->spf.why) == 0)
        return now;
    return arena_printf(f->mem, "%s; no line to propose: %s", now, proposal.why);
}

static void check_spf(struct finding *f)
{
    const struct spf_request request = {.address = f->request->address,
                                        .domain = f->domain,
                                        .sender = f->request->sender,
                                        .helo = f->request->helo};
    const char *answer = NULL;

    spf_check(&request, &f->dns, f->mem, &f->spf);
    switch (f->spf.result) {
    case SPF_PASS: answer = arena_printf(f->mem, "yes: %s", f->spf.why); break;
    case SPF_NONE:
        answer = arena_printf(f->mem, "no, but nothing refuses: %s", f->spf.why);
        break;
    case SPF_TEMPERROR:
        answer = arena_printf(f->mem, "cannot tell: %s", f->spf.why);
        break;
    case SPF_NEUTRAL:
    case SPF_FAIL:
    case SPF_SOFTFAIL:
    case SPF_PERMERROR:
    case SPF_RESULT_COUNT: answer = refused_words(f, &request); break;
    }
    f->reach.spf = spf_result_name(f->spf.result);
    add_check(f, spf_question_text, spf_rows[f->spf.result].passes, answer, f->domain);
    weigh(f, spf_rows[f->spf.result].works);
}

const char *reach_proposal(const struct check *check)
{
    if (check->result != CHECK_NO || strcmp(check->question, spf_question_text) != 0)
        return NULL;
    const char *at = strstr(check->answer, proposal_mark);
    return at != NULL ? at + sizeof proposal_mark - 1 : NULL;
}

/* ---- DMARC ---- */

static void check_dmarc(struct finding *f)
{
    const char *organisation = organisation_of(f->mem, f->domain);
    const struct dmarc_request request = {.from = f->domain,
                                          .from_organisation = organisation,
                                          .spf_domain = f->domain,
                                          .spf_organisation = organisation,
                                          .spf = f->spf.result};
    enum check_result result = CHECK_UNKNOWN;
    enum check_result works = CHECK_UNKNOWN;
    struct dmarc_outcome outcome;
    const char *answer = NULL;

    dmarc_check(&request, &f->dns, f->mem, &outcome);
    switch (outcome.result) {
    case DMARC_NO_POLICY:
        result = works = CHECK_YES;
        answer = arena_printf(f->mem, "yes: %s", outcome.why);
        break;
    case DMARC_PASS:
        result = works = CHECK_YES;
        answer = arena_printf(f->mem, "yes, by SPF; policy %s",
                              dmarc_policy_name(outcome.policy));
        break;
    case DMARC_BY_DKIM:
        /* A policy of "none" asks nobody to refuse. */
        works = outcome.policy == DMARC_POLICY_NONE ? CHECK_YES : CHECK_UNKNOWN;
        answer = arena_printf(
            f->mem,
            "only with a DKIM signature of %s, because SPF does not pass; policy %s",
            f->domain, dmarc_policy_name(outcome.policy));
        break;
    case DMARC_UNKNOWN:
    case DMARC_RESULT_COUNT:
        answer = arena_printf(f->mem, "cannot tell: %s", outcome.why);
        break;
    }
    add_check(f, "Would DMARC let it pass?", result, answer,
              arena_printf(f->mem, "_dmarc.%s",
                           outcome.domain != NULL ? outcome.domain : f->domain));
    weigh(f, works);
}

/* ---- all of it ---- */

/* Every name that is known before an answer is: one round in place of five. */
static void ask_ahead(struct finding *f)
{
    struct asking_item items[5] = {
        {reverse_name(f),  SPF_ASK_PTR},
        {f->request->helo, family(f)  },
    };
    size_t count = 2;

    if (f->domain != NULL) {
        items[count++] = (struct asking_item){f->domain, SPF_ASK_TXT};
        items[count++] = (struct asking_item){
            arena_printf(f->mem, "_dmarc.%s", f->domain), SPF_ASK_TXT};
        items[count++] = (struct asking_item){
            arena_printf(f->mem, "_dmarc.%s", organisation_of(f->mem, f->domain)),
            SPF_ASK_TXT};
    }
    asking_ahead(&f->asking, items, count);
}

/* The sender's domain as DNS knows it; NULL, and why not. */
static const char *sender_domain(const char *sender, const char **why)
{
    if (sender == NULL || mailbox_domain(sender)[0] == '\0') {
        *why = "cannot tell: the sender is not known";
        return NULL;
    }
    const char *domain = mailbox_domain(sender);
    if (slice_is_printable(slice_from(domain)))
        return domain;
    *why = "cannot tell: the sender's domain is not written in ASCII";
    return NULL;
}

void reach_check(const struct reach_dns *dns, struct arena *mem,
                 const struct reach_request *request, struct reach *out)
{
    struct finding f = {.request = request, .mem = mem, .reach.will_work = CHECK_YES};
    const char *why = NULL;

    asking_start(&f.asking, dns->resolver, dns->clock, mem, dns->timeout_ms);
    f.dns = asking_dns(&f.asking);
    address_format(&request->address, f.address);
    f.domain = sender_domain(request->sender, &why);
    f.reach.domain = f.domain;
    ask_ahead(&f);
    check_name(&f);
    if (f.domain != NULL) {
        check_spf(&f);
        check_dmarc(&f);
    } else {
        add_check(&f, spf_question_text, CHECK_UNKNOWN, why, "the sender");
        add_check(&f, "Would DMARC let it pass?", CHECK_UNKNOWN, why, "the sender");
        weigh(&f, CHECK_UNKNOWN);
    }
    assert(f.checks_count == REACH_CHECKS);
    *out = f.reach;
}
