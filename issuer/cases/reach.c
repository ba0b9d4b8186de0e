/*
 * reach.c - reverse name, SPF and DMARC of an address that is about to send, in three rows.
 */
#include "base/base.h"

#include "issuer/cases/reach.h"

#include "core/dmarc.h"
#include "core/mailbox.h"
#include "issuer/cases/asking.h"
#include "issuer/cases/organisation.h"

static const char proposal_key[] = "said.reach.add";

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

static void add_check(struct finding *f, struct sentence question,
                      enum check_result result, struct sentence answer,
                      struct sentence source)
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
                                       struct sentence *answer)
{
    const char *name = f->request->helo;
    struct spf_answer names = ask(f, reverse_name(f), SPF_ASK_PTR);

    if (names.status == DNS_NXDOMAIN ||
        (names.status == DNS_ANSWER && names.names_count == 0)) {
        *answer = SAY(f->mem, "said.name.no_reverse", SAY_TEXT("address", f->address));
        return CHECK_NO;
    }
    if (names.status != DNS_ANSWER) {
        *answer = SAY(f->mem, "said.name.unread", SAY_TEXT("address", f->address));
        return CHECK_UNKNOWN;
    }
    enum check_result back = any_leads_back(f, &names);
    if (back == CHECK_NO) {
        *answer = SAY(f->mem, "said.name.one_way", SAY_TEXT("address", f->address),
                      SAY_TEXT("reverse", names.names[0]));
        return CHECK_NO;
    }
    if (!has_name(&names, name)) {
        *answer = SAY(f->mem, "said.name.other_name", SAY_TEXT("address", f->address),
                      SAY_TEXT("reverse", names.names[0]), SAY_TEXT("name", name));
        return CHECK_NO;
    }
    if (helo == CHECK_UNKNOWN) {
        *answer = SAY(f->mem, "said.name.helo_unread", SAY_TEXT("name", name));
        return CHECK_UNKNOWN;
    }
    *answer = SAY(f->mem, "said.name.yes", SAY_TEXT("address", f->address),
                  SAY_TEXT("name", name));
    return CHECK_YES;
}

static void check_name(struct finding *f)
{
    enum check_result helo = leads_back(f, f->request->helo);
    enum check_result result = CHECK_NO;
    struct sentence answer;

    if (helo == CHECK_NO)
        answer = SAY(f->mem, "said.name.helo_astray",
                     SAY_TEXT("name", f->request->helo),
                     SAY_TEXT("address", f->address));
    else
        result = judge_reverse(f, helo, &answer);
    add_check(f, SENTENCE("said.name.question"), result, answer,
              SENTENCE("said.name.source"));
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
static struct sentence refused_words(struct finding *f,
                                     const struct spf_request *request)
{
    struct spf_proposal proposal = {0};
    const char *result = spf_result_name(f->spf.result);
    const char *term = arena_printf(
        f->mem, "ip%c:%s", address_is_v4(&request->address) ? '4' : '6', f->address);

    spf_propose(request, &f->dns, f->mem, &proposal);
    if (proposal.advice == SPF_ADVICE_PUBLISH) {
        f->reach.proposal = proposal.record;
        return SAY(f->mem, proposal_key, SAY_TEXT("result", result),
                   SAY_SENTENCE("why", f->spf.why), SAY_TEXT("term", term),
                   SAY_TEXT("record", proposal.record));
    }
    if (strcmp(proposal.why.line, f->spf.why.line) == 0)
        return SAY(f->mem, "said.reach.refused", SAY_TEXT("result", result),
                   SAY_SENTENCE("why", f->spf.why));
    return SAY(f->mem, "said.reach.no_line", SAY_TEXT("result", result),
               SAY_SENTENCE("why", f->spf.why), SAY_SENTENCE("cannot", proposal.why));
}

static struct sentence because(struct finding *f, const char *key, struct sentence why)
{
    return SAY(f->mem, key, SAY_SENTENCE("why", why));
}

static void check_spf(struct finding *f)
{
    const struct spf_request request = {.address = f->request->address,
                                        .domain = f->domain,
                                        .sender = f->request->sender,
                                        .helo = f->request->helo};
    struct sentence answer = {NULL};

    spf_check(&request, &f->dns, f->mem, &f->spf);
    switch (f->spf.result) {
    case SPF_PASS: answer = because(f, "said.reach.yes", f->spf.why); break;
    case SPF_NONE: answer = because(f, "said.reach.unrefused", f->spf.why); break;
    case SPF_TEMPERROR:
        answer = because(f, "said.reach.cannot_tell", f->spf.why);
        break;
    case SPF_NEUTRAL:
    case SPF_FAIL:
    case SPF_SOFTFAIL:
    case SPF_PERMERROR:
    case SPF_RESULT_COUNT: answer = refused_words(f, &request); break;
    }
    f->reach.spf = spf_result_name(f->spf.result);
    add_check(f, SENTENCE("said.reach.spf"), spf_rows[f->spf.result].passes, answer,
              sentence_quote(f->mem, f->domain));
    weigh(f, spf_rows[f->spf.result].works);
}

const char *reach_proposal(struct arena *mem, const struct check *check)
{
    return sentence_is(check->answer, proposal_key)
               ? sentence_text(mem, check->answer, "record")
               : NULL;
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
    const char *policy;
    struct sentence answer = {NULL};

    dmarc_check(&request, &f->dns, f->mem, &outcome);
    policy = dmarc_policy_name(outcome.policy);
    switch (outcome.result) {
    case DMARC_NO_POLICY:
        result = works = CHECK_YES;
        answer = because(f, "said.reach.yes", outcome.why);
        break;
    case DMARC_PASS:
        result = works = CHECK_YES;
        answer = SAY(f->mem, "said.reach.by_spf", SAY_TEXT("policy", policy));
        break;
    case DMARC_BY_DKIM:
        /* A policy of "none" asks nobody to refuse. */
        works = outcome.policy == DMARC_POLICY_NONE ? CHECK_YES : CHECK_UNKNOWN;
        answer = SAY(f->mem, "said.reach.by_dkim", SAY_TEXT("domain", f->domain),
                     SAY_TEXT("policy", policy));
        break;
    case DMARC_UNKNOWN:
    case DMARC_RESULT_COUNT:
        answer = because(f, "said.reach.cannot_tell", outcome.why);
        break;
    }
    const char *asked = arena_printf(
        f->mem, "_dmarc.%s", outcome.domain != NULL ? outcome.domain : f->domain);
    add_check(f, SENTENCE("said.reach.dmarc"), result, answer,
              sentence_quote(f->mem, asked));
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
static const char *sender_domain(const char *sender, struct sentence *why)
{
    if (sender == NULL || mailbox_domain(sender)[0] == '\0') {
        *why = SENTENCE("said.reach.no_sender");
        return NULL;
    }
    const char *domain = mailbox_domain(sender);
    if (slice_is_printable(slice_from(domain)))
        return domain;
    *why = SENTENCE("said.reach.odd_sender");
    return NULL;
}

void reach_check(const struct reach_dns *dns, struct arena *mem,
                 const struct reach_request *request, struct reach *out)
{
    struct finding f = {.request = request, .mem = mem, .reach.will_work = CHECK_YES};
    struct sentence why = {NULL};

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
        const struct sentence sender = SENTENCE("said.reach.sender");
        add_check(&f, SENTENCE("said.reach.spf"), CHECK_UNKNOWN, why, sender);
        add_check(&f, SENTENCE("said.reach.dmarc"), CHECK_UNKNOWN, why, sender);
        weigh(&f, CHECK_UNKNOWN);
    }
    assert(f.checks_count == REACH_CHECKS);
    *out = f.reach;
}
