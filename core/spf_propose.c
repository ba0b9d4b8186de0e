/*
 * spf_propose.c - the line a domain has to publish so that an address may send for it.
 */
#include "base/base.h"

#include "core/spf_internal.h"

enum {
    STRING_MAX = 255 /* RFC 1035 3.3: one character-string of a TXT record */
};

/* DNS as it would be with the proposal published. */
struct published {
    const struct spf_dns *dns;
    const char *domain;
    struct slice record;
};

static void ask_published(void *context, struct arena *mem, const char *name,
                          enum spf_question question, struct spf_answer *out)
{
    const struct published *published = context;

    if (question == SPF_ASK_TXT && strcasecmp(name, published->domain) == 0)
        *out = (struct spf_answer){
            .status = DNS_ANSWER, .texts = &published->record, .texts_count = 1};
    else
        published->dns->ask(published->dns->context, mem, name, question, out);
}

/* Before the term that says what happens to the rest, "all" or else "redirect"; both are looked
 * for in that order, because "all" makes "redirect" void (6.1). Else the end. */
static size_t place_in(struct slice record)
{
    static const enum spf_kind ends[] = {SPF_KIND_ALL, SPF_KIND_REDIRECT};

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        struct slice rest = spf_terms(record);
        struct spf_term term;
        while (spf_term_next(&rest, &term, NULL) > 0)
            if (term.kind == ends[i])
                return (size_t)(term.text.at - record.at);
    }
    return record.len;
}

static const char *with_address(struct arena *mem, struct slice record,
                                const struct address *address)
{
    char text[ADDRESS_TEXT_MAX + 1];
    size_t place = place_in(record);
    const char *head = arena_slice(mem, slice_take(record, place));
    const char *tail = arena_slice(mem, slice_skip(record, place));
    bool has_blank = head[strlen(head) - 1] == ' ';

    address_format(address, text);
    return arena_printf(mem, "%s%sip%c:%s%s%s", head, has_blank ? "" : " ",
                        address_is_v4(address) ? '4' : '6', text, has_blank ? " " : "",
                        tail);
}

/* A zone file's form (RFC 1035 5.1): strings of at most 255 bytes, '"' and '\' behind a '\'. */
static const char *zone_line(struct arena *mem, const char *domain, const char *record)
{
    struct strbuf line;
    size_t used = 0;

    strbuf_init(&line, 2 * (size_t)DOMAIN_MAX + 2 * (size_t)SPF_PROPOSAL_MAX);
    strbuf_printf(&line, "%s. IN TXT \"", domain);
    for (const char *at = record; *at != '\0'; at++) {
        if (used++ == STRING_MAX) {
            strbuf_puts(&line, "\" \"");
            used = 1;
        }
        if (*at == '"' || *at == '\\')
            strbuf_putc(&line, '\\');
        strbuf_putc(&line, *at);
    }
    strbuf_putc(&line, '"');
    assert(!line.full);
    const char *copy = arena_slice(mem, strbuf_slice(&line));
    strbuf_release(&line);
    return copy;
}

static void cannot(struct spf_proposal *out, struct sentence why)
{
    *out = (struct spf_proposal){.advice = SPF_ADVICE_CANNOT, .why = why};
}

/* Does the change do what it is for? What stands before it may decide all the same. */
static void propose_tried(const struct spf_request *request, const struct spf_dns *dns,
                          struct arena *mem, const char *record,
                          struct spf_proposal *out)
{
    struct published published = {dns, request->domain, slice_from(record)};
    struct spf_dns then = {ask_published, &published};
    struct spf_outcome outcome;

    spf_check(request, &then, mem, &outcome);
    if (outcome.result == SPF_TEMPERROR || outcome.result == SPF_PERMERROR)
        cannot(out, outcome.why);
    else if (outcome.result != SPF_PASS)
        cannot(out, SAY(mem, "said.spf.decides", SAY_SENTENCE("why", outcome.why)));
    else
        *out = (struct spf_proposal){
            .advice = SPF_ADVICE_PUBLISH,
            .record = record,
            .line = zone_line(mem, request->domain, record),
            .why = SAY(mem, "said.spf.would_pass", SAY_SENTENCE("why", outcome.why))};
}

void spf_propose(const struct spf_request *request, const struct spf_dns *dns,
                 struct arena *mem, struct spf_proposal *out)
{
    struct spf_outcome now, failure = {0};
    struct slice record;

    spf_check(request, dns, mem, &now);
    if (now.result == SPF_PASS || now.result == SPF_NONE) {
        *out = (struct spf_proposal){.advice = SPF_ADVICE_NONE_NEEDED, .why = now.why};
        return;
    }
    /* A record that errs does so for every sender; a longer one errs as well. */
    if (now.result == SPF_TEMPERROR || now.result == SPF_PERMERROR) {
        cannot(out, now.why);
        return;
    }
    if (spf_fetch(dns, mem, request->domain, &record, &failure) != 0) {
        cannot(out, failure.why);
        return;
    }
    const char *changed = with_address(mem, slice_trim(record), &request->address);
    if (strlen(changed) > SPF_PROPOSAL_MAX) {
        cannot(out, SAY(mem, "said.spf.grows", SAY_TEXT("domain", request->domain),
                        SAY_NUMBER("size", strlen(changed)),
                        SAY_NUMBER("max", SPF_PROPOSAL_MAX)));
        return;
    }
    propose_tried(request, dns, mem, changed, out);
}
