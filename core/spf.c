/*
 * spf.c - check_host(): RFC 7208 sections 4 and 5.
 *
 * Includes are frames on a stack of our own, not calls: each costs one of ten lookups, so the stack
 * is never deeper than that, whatever the records say.
 */
#include "base/base.h"

#include "core/spf.h"

#include "core/spf_internal.h"

static const char *const result_names[] = {
    [SPF_NONE] = "none",           [SPF_NEUTRAL] = "neutral",
    [SPF_PASS] = "pass",           [SPF_FAIL] = "fail",
    [SPF_SOFTFAIL] = "softfail",   [SPF_TEMPERROR] = "temperror",
    [SPF_PERMERROR] = "permerror",
};
_Static_assert(ARRAY_LEN(result_names) == SPF_RESULT_COUNT, "one name a result");

const char *spf_result_name(enum spf_result result)
{
    assert((size_t)result < ARRAY_LEN(result_names));
    return result_names[result];
}

struct frame {
    const char *domain;
    struct slice rest;     /* terms not looked at yet */
    struct spf_term term;  /* the one being looked at */
    struct slice redirect; /* domain-spec, NULL: none */
    bool has_all;          /* then redirect is ignored (6.1) */
};

struct evaluation {
    const struct spf_request *request;
    const struct spf_dns *dns;
    struct arena *mem;
    struct spf_values values;
    struct frame frames[SPF_LOOKUPS_MAX + 1];
    size_t depth;
    unsigned lookups, voids;
    /* Names of the address that lead back to it, found once (5.5); names is NULL before. */
    const char **names;
    size_t names_count;
    enum dns_status names_status;
    struct spf_outcome outcome;
};

/* What a mechanism came to; STEP_ERROR: outcome is final. */
enum step {
    STEP_NO_MATCH,
    STEP_MATCH,
    STEP_INCLUDED, /* a frame was pushed */
    STEP_ERROR
};

static enum step conclude(struct evaluation *ev, enum spf_result result,
                          struct sentence why)
{
    ev->outcome.result = result;
    ev->outcome.term = NULL;
    ev->outcome.domain = ev->depth > 0 ? ev->frames[ev->depth - 1].domain
                                       : ev->request->domain;
    ev->outcome.why = why;
    return STEP_ERROR;
}

static const char *term_text(struct evaluation *ev, struct slice text)
{
    char shown[SPF_SHOWN_MAX + 1];

    spf_shown(text, shown);
    return arena_strdup(ev->mem, shown);
}

/* Labels of 1 to 63 visible bytes, 253 in all: what a question may be asked about. */
static bool is_askable(struct slice name)
{
    struct slice label;

    if (name.len == 0 || name.len > DOMAIN_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++)
        if (name.at[i] <= 0x20 || name.at[i] > 0x7e)
            return false;
    while (slice_cut(&name, '.', &label))
        if (label.len == 0 || label.len > LABEL_BYTES_MAX)
            return false;
    return true;
}

static struct slice without_dot(struct slice name)
{
    if (name.len > 0 && name.at[name.len - 1] == '.')
        name.len--;
    return name;
}

/* One question; an answer without records of its kind is none (void). */
static struct spf_answer ask(const struct spf_dns *dns, struct arena *mem,
                             const char *name, enum spf_question question)
{
    struct spf_answer answer = {0};

    dns->ask(dns->context, mem, name, question, &answer);
    if (answer.status == DNS_ANSWER) {
        size_t count = answer.texts_count;
        if (question == SPF_ASK_A || question == SPF_ASK_AAAA)
            count = answer.addresses_count;
        else if (question != SPF_ASK_TXT)
            count = answer.names_count;
        if (count == 0)
            answer.status = DNS_NXDOMAIN;
    }
    return answer;
}

static bool has_failed(const struct spf_answer *answer)
{
    return answer->status != DNS_ANSWER && answer->status != DNS_NXDOMAIN;
}

int spf_fetch(const struct spf_dns *dns, struct arena *mem, const char *domain,
              struct slice *out, struct spf_outcome *failure)
{
    struct spf_answer answer = ask(dns, mem, domain, SPF_ASK_TXT);
    struct slice record = {0};
    size_t count = 0;

    if (has_failed(&answer)) {
        failure->result = SPF_TEMPERROR;
        failure->why = SAY(
            mem, answer.status == DNS_TIMEOUT ? "said.spf.silent" : "said.spf.failed",
            SAY_TEXT("domain", domain));
        return -1;
    }
    for (size_t i = 0; answer.status == DNS_ANSWER && i < answer.texts_count; i++)
        if (spf_is_record(answer.texts[i])) {
            record = answer.texts[i];
            count++;
        }
    if (count == 1) {
        *out = record;
        return 0;
    }
    failure->result = count == 0 ? SPF_NONE : SPF_PERMERROR;
    failure->why = SAY(mem, count == 0 ? "said.spf.none" : "said.spf.several",
                       SAY_TEXT("domain", domain));
    return -1;
}

/* Read the record of domain into frames[at]; the caller has made room. */
static enum step load(struct evaluation *ev, size_t at, struct slice name)
{
    struct slice record = {0};
    struct spf_outcome failure = {0};
    struct error err = {0};
    struct spf_term term;
    const char *domain = arena_slice(ev->mem, name);

    if (spf_fetch(ev->dns, ev->mem, domain, &record, &failure) != 0) {
        if (ev->depth > 0 && failure.result == SPF_NONE)
            failure.result = SPF_PERMERROR; /* 5.2, 6.1 */
        return conclude(ev, failure.result, failure.why);
    }
    struct frame frame = {.domain = domain, .rest = spf_terms(record)};
    if (spf_record_check(record, &err) != 0) {
        (void)conclude(ev, SPF_PERMERROR,
                       SAY(ev->mem, "said.spf.broken", SAY_TEXT("domain", domain),
                           SAY_TEXT("error", err.text)));
        ev->outcome.domain = domain;
        return STEP_ERROR;
    }
    for (struct slice rest = frame.rest; spf_term_next(&rest, &term, NULL) > 0;) {
        if (term.kind == SPF_KIND_REDIRECT)
            frame.redirect = term.domain;
        frame.has_all = frame.has_all || term.kind == SPF_KIND_ALL;
    }
    ev->frames[at] = frame;
    ev->depth = at + 1;
    return STEP_INCLUDED;
}

static struct frame *top(struct evaluation *ev)
{
    return &ev->frames[ev->depth - 1];
}

/* Count a term that asks DNS (4.6.4). */
static bool may_ask(struct evaluation *ev)
{
    if (ev->lookups == SPF_LOOKUPS_MAX) {
        (void)conclude(ev, SPF_PERMERROR,
                       SAY(ev->mem, "said.spf.lookups",
                           SAY_TEXT("domain", ev->request->domain),
                           SAY_NUMBER("max", SPF_LOOKUPS_MAX)));
        return false;
    }
    ev->lookups++;
    return true;
}

/* Count a term that was answered with nothing (4.6.4). */
static enum step answered_with_nothing(struct evaluation *ev)
{
    if (ev->voids == SPF_VOIDS_MAX)
        return conclude(ev, SPF_PERMERROR,
                        SAY(ev->mem, "said.spf.voids",
                            SAY_TEXT("domain", ev->request->domain),
                            SAY_NUMBER("max", SPF_VOIDS_MAX)));
    ev->voids++;
    return STEP_NO_MATCH;
}

static enum step could_not_ask(struct evaluation *ev, const char *name)
{
    return conclude(ev, SPF_TEMPERROR,
                    SAY(ev->mem, "said.spf.unasked", SAY_TEXT("name", name),
                        SAY_TEXT("term", term_text(ev, top(ev)->term.text))));
}

static bool shares_prefix(const struct address *a, const struct address *b,
                          unsigned prefix)
{
    for (unsigned i = 0; i < 16 && prefix > 0; i++) {
        unsigned bits = prefix < 8 ? prefix : 8;
        uint8_t mask = (uint8_t)(0xff00U >> bits);
        if (((a->bytes[i] ^ b->bytes[i]) & mask) != 0)
            return false;
        prefix -= bits;
    }
    return true;
}

/* The term's prefix length of the sender's family, counted on 16 bytes. */
static bool matches(struct evaluation *ev, const struct address *candidate)
{
    const struct spf_term *term = &top(ev)->term;
    bool is_v4 = address_is_v4(&ev->values.address);

    return address_is_v4(candidate) == is_v4 &&
           shares_prefix(candidate, &ev->values.address,
                         is_v4 ? 96 + term->prefix4 : term->prefix6);
}

static enum spf_question address_question(const struct evaluation *ev)
{
    return address_is_v4(&ev->values.address) ? SPF_ASK_A : SPF_ASK_AAAA;
}

/* Does name have the sender's address? Failures and bad names have not. */
static bool leads_back(struct evaluation *ev, const char *name)
{
    struct spf_answer answer = ask(ev->dns, ev->mem, name, address_question(ev));

    for (size_t i = 0; answer.status == DNS_ANSWER && i < answer.addresses_count; i++)
        if (address_equal(&answer.addresses[i], &ev->values.address))
            return true;
    return false;
}

/* 5.5: names of the address, at most ten, that lead back to it. */
static void find_names(struct evaluation *ev)
{
    char name[DOMAIN_MAX + 1];
    const char *zone = address_is_v4(&ev->values.address) ? "in-addr.arpa" : "ip6.arpa";

    if (ev->names != NULL)
        return;
    ev->names = arena_array(ev->mem, SPF_NAMES_MAX, sizeof *ev->names);
    ev->names_status = DNS_FAILED;
    if (!address_dnsbl_name(&ev->values.address, zone, name, sizeof name))
        return;
    struct spf_answer answer = ask(ev->dns, ev->mem, name, SPF_ASK_PTR);
    ev->names_status = answer.status;
    if (answer.status != DNS_ANSWER)
        return;
    for (size_t i = 0; i < answer.names_count && i < SPF_NAMES_MAX; i++) {
        struct slice found = without_dot(slice_from(answer.names[i]));
        if (!is_askable(found))
            continue;
        const char *copy = arena_slice(ev->mem, found);
        if (leads_back(ev, copy))
            ev->names[ev->names_count++] = copy;
    }
}

static bool is_below(struct slice name, struct slice domain)
{
    return name.len > domain.len && name.at[name.len - domain.len - 1] == '.' &&
           slice_equal_nocase(slice_skip(name, name.len - domain.len), domain);
}

/* 7.3, %{p}: the domain itself, else a name below it, else any, else "unknown". */
static const char *validated_name(struct evaluation *ev, const char *domain)
{
    const char *below = NULL;

    find_names(ev);
    for (size_t i = 0; i < ev->names_count; i++) {
        struct slice name = slice_from(ev->names[i]);
        if (slice_is_nocase(name, domain))
            return ev->names[i];
        if (below == NULL && is_below(name, slice_from(domain)))
            below = ev->names[i];
    }
    if (below != NULL)
        return below;
    return ev->names_count > 0 ? ev->names[0] : "unknown";
}

/* The name a domain-spec stands for, into the arena; false when DNS could not carry it. */
static bool target(struct evaluation *ev, struct slice spec, const char **out)
{
    struct strbuf text;

    ev->values.domain = top(ev)->domain;
    if (spec.len == 0) {
        *out = top(ev)->domain;
        return true;
    }
    if (spf_macro_asks_name(spec))
        ev->values.validated = validated_name(ev, ev->values.domain);
    strbuf_init(&text, SPF_EXPANDED_MAX);
    spf_expand(spec, &ev->values, &text);
    struct slice name = without_dot(strbuf_slice(&text));
    while (name.len > DOMAIN_MAX) { /* 7.3: labels go from the left */
        ptrdiff_t dot = slice_find_byte(name, '.');
        name = slice_skip(name, dot < 0 ? name.len : (size_t)dot + 1);
    }
    bool is_usable = !text.full && is_askable(name);
    if (is_usable)
        *out = arena_slice(ev->mem, name);
    strbuf_release(&text);
    return is_usable;
}

static enum step try_a(struct evaluation *ev)
{
    const char *name;

    if (!target(ev, top(ev)->term.domain, &name))
        return STEP_NO_MATCH;
    struct spf_answer answer = ask(ev->dns, ev->mem, name, address_question(ev));
    if (has_failed(&answer))
        return could_not_ask(ev, name);
    if (answer.status == DNS_NXDOMAIN)
        return answered_with_nothing(ev);
    for (size_t i = 0; i < answer.addresses_count; i++)
        if (matches(ev, &answer.addresses[i]))
            return STEP_MATCH;
    return STEP_NO_MATCH;
}

static enum step try_mx_host(struct evaluation *ev, const char *host)
{
    struct slice name = without_dot(slice_from(host));

    if (!is_askable(name)) /* also the null MX of RFC 7505 */
        return STEP_NO_MATCH;
    const char *copy = arena_slice(ev->mem, name);
    struct spf_answer answer = ask(ev->dns, ev->mem, copy, address_question(ev));
    if (has_failed(&answer))
        return could_not_ask(ev, copy);
    for (size_t i = 0; answer.status == DNS_ANSWER && i < answer.addresses_count; i++)
        if (matches(ev, &answer.addresses[i]))
            return STEP_MATCH;
    return STEP_NO_MATCH;
}

static enum step try_mx(struct evaluation *ev)
{
    enum step step = STEP_NO_MATCH;
    const char *name;

    if (!target(ev, top(ev)->term.domain, &name))
        return STEP_NO_MATCH;
    struct spf_answer answer = ask(ev->dns, ev->mem, name, SPF_ASK_MX);
    if (has_failed(&answer))
        return could_not_ask(ev, name);
    if (answer.status == DNS_NXDOMAIN)
        return answered_with_nothing(ev);
    if (answer.names_count > SPF_NAMES_MAX)
        return conclude(ev, SPF_PERMERROR,
                        SAY(ev->mem, "said.spf.mail_hosts", SAY_TEXT("name", name),
                            SAY_NUMBER("max", SPF_NAMES_MAX),
                            SAY_TEXT("term", term_text(ev, top(ev)->term.text))));
    for (size_t i = 0; i < answer.names_count && step == STEP_NO_MATCH; i++)
        step = try_mx_host(ev, answer.names[i]);
    return step;
}

static enum step try_ptr(struct evaluation *ev)
{
    const char *name;

    if (!target(ev, top(ev)->term.domain, &name))
        return STEP_NO_MATCH;
    find_names(ev);
    if (ev->names_status == DNS_NXDOMAIN)
        return answered_with_nothing(ev);
    for (size_t i = 0; i < ev->names_count; i++) {
        struct slice found = slice_from(ev->names[i]);
        if (slice_is_nocase(found, name) || is_below(found, slice_from(name)))
            return STEP_MATCH;
    }
    return STEP_NO_MATCH;
}

static enum step try_exists(struct evaluation *ev)
{
    const char *name;

    if (!target(ev, top(ev)->term.domain, &name))
        return STEP_NO_MATCH;
    /* 5.7: A, whatever the family of the sender. */
    struct spf_answer answer = ask(ev->dns, ev->mem, name, SPF_ASK_A);
    if (has_failed(&answer))
        return could_not_ask(ev, name);
    return answer.status == DNS_NXDOMAIN ? answered_with_nothing(ev) : STEP_MATCH;
}

/* The record of another domain, in place of frames[at] or above it. */
static enum step enter(struct evaluation *ev, struct slice spec, size_t at)
{
    const char *name;

    if (!target(ev, spec, &name) || strchr(name, '.') == NULL)
        return conclude(ev, SPF_PERMERROR,
                        SAY(ev->mem, "said.spf.names_none",
                            SAY_TEXT("term", term_text(ev, spec)),
                            SAY_TEXT("domain", top(ev)->domain)));
    assert(at < ARRAY_LEN(ev->frames)); /* each frame but the first was a lookup */
    return load(ev, at, slice_from(name));
}

static enum step try_include(struct evaluation *ev)
{
    return enter(ev, top(ev)->term.domain, ev->depth);
}

static enum step try_all(struct evaluation *ev UNUSED)
{
    return STEP_MATCH;
}

static enum step try_network(struct evaluation *ev)
{
    const struct spf_term *term = &top(ev)->term;
    /* "::ffff:0:0/96" in ip6: is nobody: such senders are IPv4 here (5). */
    bool is_family = address_is_v4(&ev->values.address) == (term->kind == SPF_KIND_IP4);

    if (!is_family)
        return STEP_NO_MATCH;
    unsigned prefix = term->kind == SPF_KIND_IP4 ? 96 + term->prefix4 : term->prefix6;
    return shares_prefix(&term->base, &ev->values.address, prefix) ? STEP_MATCH
                                                                   : STEP_NO_MATCH;
}

static enum step try_modifier(struct evaluation *ev UNUSED)
{
    return STEP_NO_MATCH; /* redirect comes when all terms have been tried (6.1) */
}

static const struct {
    enum step (*attempt)(struct evaluation *ev);
    bool asks; /* counts as a lookup */
} kinds[] = {
    [SPF_KIND_ALL] = {try_all,      false},
    [SPF_KIND_INCLUDE] = {try_include,  true },
    [SPF_KIND_A] = {try_a,        true },
    [SPF_KIND_MX] = {try_mx,       true },
    [SPF_KIND_PTR] = {try_ptr,      true },
    [SPF_KIND_IP4] = {try_network,  false},
    [SPF_KIND_IP6] = {try_network,  false},
    [SPF_KIND_EXISTS] = {try_exists,   true },
    [SPF_KIND_REDIRECT] = {try_modifier, false},
    [SPF_KIND_EXP] = {try_modifier, false},
    [SPF_KIND_OTHER] = {try_modifier, false},
};
_Static_assert(ARRAY_LEN(kinds) == SPF_KIND_COUNT, "one row a kind");

/* The term of the top frame matched: its result goes down to the frame that waits for it. An
 * include matches on pass only (5.2). true when that was the last frame. */
static bool matched(struct evaluation *ev)
{
    struct spf_outcome *outcome = &ev->outcome;

    outcome->result = top(ev)->term.qualifier;
    outcome->term = term_text(ev, top(ev)->term.text);
    outcome->domain = top(ev)->domain;
    outcome->why = SAY(ev->mem, "said.spf.term", SAY_TEXT("term", outcome->term),
                       SAY_TEXT("domain", outcome->domain));
    while (ev->depth > 1) {
        ev->depth--;
        if (outcome->result != SPF_PASS)
            return false;
        outcome->result = top(ev)->term.qualifier;
        outcome->why = SAY(ev->mem, "said.spf.included",
                           SAY_SENTENCE("why", outcome->why),
                           SAY_TEXT("term", term_text(ev, top(ev)->term.text)),
                           SAY_TEXT("domain", top(ev)->domain));
    }
    return true;
}

/* No term is left in the top frame: redirect, or neutral. true when the evaluation is over. */
static bool ran_out(struct evaluation *ev)
{
    struct frame *frame = top(ev);

    if (frame->redirect.at != NULL && !frame->has_all) {
        /* The frame is replaced: redirect answers in its place. */
        return !may_ask(ev) || enter(ev, frame->redirect, ev->depth - 1) == STEP_ERROR;
    }
    if (ev->depth > 1) {
        ev->depth--; /* neutral does not make an include match */
        return false;
    }
    (void)conclude(ev, SPF_NEUTRAL,
                   SAY(ev->mem, "said.spf.no_term", SAY_TEXT("domain", frame->domain)));
    return true;
}

/* One term; true when the evaluation is over. */
static bool advance(struct evaluation *ev)
{
    struct frame *frame = top(ev);

    if (spf_term_next(&frame->rest, &frame->term, NULL) <= 0)
        return ran_out(ev);
    if (kinds[frame->term.kind].asks && !may_ask(ev))
        return true;
    switch (kinds[frame->term.kind].attempt(ev)) {
    case STEP_MATCH: return matched(ev);
    case STEP_ERROR: return true;
    case STEP_NO_MATCH:
    case STEP_INCLUDED: break;
    }
    return false;
}

void spf_check(const struct spf_request *request, const struct spf_dns *dns,
               struct arena *mem, struct spf_outcome *out)
{
    struct evaluation ev = {.request = request, .dns = dns, .mem = mem};
    struct slice domain = without_dot(slice_from(request->domain));
    const char *at = strrchr(request->sender, '@');

    ev.values.address = request->address;
    ev.values.helo = request->helo;
    /* 4.3: a sender without a local part is the postmaster. */
    ev.values.sender = request->sender;
    if (at == NULL || at == request->sender)
        ev.values.sender = arena_printf(mem, "postmaster@%s",
                                        at != NULL ? at + 1 : request->domain);
    if (!is_askable(domain) || slice_find_byte(domain, '.') < 0)
        (void)conclude(
            &ev, SPF_NONE,
            SAY(mem, "said.spf.no_domain", SAY_TEXT("domain", term_text(&ev, domain))));
    else if (load(&ev, 0, domain) != STEP_ERROR)
        while (!advance(&ev))
            continue;
    ev.outcome.lookups = ev.lookups;
    ev.outcome.voids = ev.voids;
    *out = ev.outcome;
}
