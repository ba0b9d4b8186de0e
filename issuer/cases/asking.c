/*
 * asking.c - a memory of answers in front of a resolver.
 */
#include "base/base.h"

#include "issuer/cases/asking.h"

struct asked {
    struct asked *older;
    const char *name;
    enum spf_question question;
    struct spf_answer answer;
};

static const enum dns_type types[] = {
    [SPF_ASK_TXT] = DNS_TYPE_TXT,   [SPF_ASK_A] = DNS_TYPE_A,
    [SPF_ASK_AAAA] = DNS_TYPE_AAAA, [SPF_ASK_MX] = DNS_TYPE_MX,
    [SPF_ASK_PTR] = DNS_TYPE_PTR,
};
_Static_assert(ARRAY_LEN(types) == SPF_QUESTION_COUNT, "one type a question");

void asking_start(struct asking *out, const struct resolver *resolver,
                  const struct clock *clock, struct arena *mem, int64_t timeout_ms)
{
    *out = (struct asking){.resolver = resolver,
                           .clock = clock,
                           .mem = mem,
                           .deadline_ms = clock_monotonic_ms(clock) + timeout_ms};
}

static const struct asked *find(const struct asking *asking, const char *name,
                                enum spf_question question)
{
    for (const struct asked *at = asking->newest; at != NULL; at = at->older)
        if (at->question == question && strcasecmp(at->name, name) == 0)
            return at;
    return NULL;
}

static enum dns_status status_of(const struct dns_reply *reply)
{
    if (reply->has_more)
        return DNS_FAILED;
    switch (reply->status) {
    case DNS_ANSWER:
    case DNS_NXDOMAIN:
    case DNS_TIMEOUT: return reply->status;
    case DNS_NODATA: return DNS_NXDOMAIN;
    case DNS_FAILED:
    case DNS_CONFLICT:
    case DNS_STATUS_COUNT: break;
    }
    return DNS_FAILED;
}

static void take_addresses(struct arena *mem, const struct dns_reply *reply,
                           struct spf_answer *out)
{
    struct address *addresses = arena_array(mem, reply->count, sizeof *addresses);

    for (size_t i = 0; i < reply->count; i++)
        addresses[i] = reply->records[i].address;
    out->addresses = addresses;
    out->addresses_count = reply->count;
}

static void take_texts(struct arena *mem, const struct dns_reply *reply,
                       struct spf_answer *out)
{
    struct slice *texts = arena_array(mem, reply->count, sizeof *texts);

    for (size_t i = 0; i < reply->count; i++)
        texts[i] = reply->records[i].text;
    out->texts = texts;
    out->texts_count = reply->count;
}

/* In the order of preference; equal ones, and those of a PTR, in the order of the reply. */
static void take_names(struct arena *mem, const struct dns_reply *reply,
                       struct spf_answer *out)
{
    const struct dns_record **sorted = arena_array(mem, reply->count,
                                                   sizeof(const struct dns_record *));
    const char **names = arena_array(mem, reply->count, sizeof *names);

    for (size_t i = 0; i < reply->count; i++) {
        size_t at = i;
        for (; at > 0 && sorted[at - 1]->preference > reply->records[i].preference;
             at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = &reply->records[i];
    }
    for (size_t i = 0; i < reply->count; i++)
        names[i] = arena_slice(mem, sorted[i]->text);
    out->names = names;
    out->names_count = reply->count;
}

static void keep(struct asking *asking, const struct asking_item *item,
                 const struct dns_reply *reply)
{
    struct asked *asked = ARENA_NEW(asking->mem, struct asked);

    asked->name = arena_strdup(asking->mem, item->name);
    asked->question = item->question;
    asked->answer.status = status_of(reply);
    if (asked->answer.status == DNS_ANSWER)
        switch (item->question) {
        case SPF_ASK_A:
        case SPF_ASK_AAAA: take_addresses(asking->mem, reply, &asked->answer); break;
        case SPF_ASK_TXT: take_texts(asking->mem, reply, &asked->answer); break;
        case SPF_ASK_MX:
        case SPF_ASK_PTR: take_names(asking->mem, reply, &asked->answer); break;
        case SPF_QUESTION_COUNT: break;
        }
    asked->older = asking->newest;
    asking->newest = asked;
}

static bool is_among(const struct asking_item *items, size_t count,
                     const struct asking_item *item)
{
    for (size_t i = 0; i < count; i++)
        if (items[i].question == item->question &&
            strcasecmp(items[i].name, item->name) == 0)
            return true;
    return false;
}

void asking_ahead(struct asking *asking, const struct asking_item *items, size_t count)
{
    struct asking_item *fresh = arena_array(asking->mem, count, sizeof *fresh);
    struct dns_question *questions = arena_array(asking->mem, count, sizeof *questions);
    struct dns_reply *replies = arena_array(asking->mem, count, sizeof *replies);
    int64_t left_ms = asking->deadline_ms - clock_monotonic_ms(asking->clock);
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        size_t len = strlen(items[i].name);
        if (len > DOMAIN_MAX || find(asking, items[i].name, items[i].question) ||
            is_among(fresh, used, &items[i]))
            continue;
        memcpy(questions[used].name, items[i].name, len + 1);
        questions[used].type = types[items[i].question];
        fresh[used++] = items[i];
    }
    if (used == 0)
        return;
    if (left_ms > 0)
        asking->resolver->ask(asking->resolver->context, asking->mem, questions, used,
                              left_ms, replies);
    else
        for (size_t i = 0; i < used; i++)
            replies[i] = (struct dns_reply){.status = DNS_TIMEOUT};
    for (size_t i = 0; i < used; i++)
        keep(asking, &fresh[i], &replies[i]);
}

static void asking_ask(void *context, struct arena *mem UNUSED, const char *name,
                       enum spf_question question, struct spf_answer *out)
{
    const struct asking_item item = {name, question};
    struct asking *asking = context;

    asking_ahead(asking, &item, 1);
    const struct asked *asked = find(asking, name, question);
    /* A name that no question can carry was not asked. */
    *out = asked != NULL ? asked->answer : (struct spf_answer){.status = DNS_FAILED};
}

struct spf_dns asking_dns(struct asking *asking)
{
    return (struct spf_dns){.ask = asking_ask, .context = asking};
}
