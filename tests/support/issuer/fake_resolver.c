/*
 * fake_resolver.c - answers from the table, at once.
 */
#include "base/base.h"

#include "tests/support/issuer/fake_resolver.h"

/* Records of the question's type, in mem. */
static void fake_records(const struct dns_question *question, const char *code,
                         const char *text, struct arena *mem, struct dns_reply *out)
{
    struct dns_record *record = ARENA_NEW(mem, struct dns_record);
    struct slice words = slice_from(text);

    if (question->type == DNS_TYPE_TXT && text == NULL) {
        out->status = DNS_NODATA;
        return;
    }
    switch (question->type) {
    case DNS_TYPE_A:
    case DNS_TYPE_AAAA:
        if (!address_parse(slice_from(code), &record->address))
            abort();
        break;
    case DNS_TYPE_TXT:
    case DNS_TYPE_MX:
    case DNS_TYPE_PTR:
    case DNS_TYPE_COUNT:
        record->text = slice_of(arena_slice(mem, words), words.len);
        break;
    }
    out->records = record;
    out->count = 1;
}

static void fake_answer(const struct fake_resolver *fake,
                        const struct dns_question *question, struct arena *mem,
                        struct dns_reply *out)
{
    *out = (struct dns_reply){.status = DNS_NXDOMAIN};
    for (size_t i = 0; i < fake->count; i++) {
        if (strcmp(fake->rows[i].name, question->name) != 0)
            continue;
        out->status = fake->rows[i].status;
        if (out->status == DNS_ANSWER)
            fake_records(question, fake->rows[i].code, fake->rows[i].text, mem, out);
        return;
    }
}

static void fake_ask(void *context, struct arena *mem,
                     const struct dns_question *questions, size_t count,
                     int64_t timeout_ms, struct dns_reply *replies)
{
    struct fake_resolver *fake = context;

    fake->rounds++;
    fake->questions += count;
    fake->last_timeout_ms = timeout_ms;
    for (size_t i = 0; i < count; i++)
        fake_answer(fake, &questions[i], mem, &replies[i]);
}

struct resolver fake_resolver(struct fake_resolver *fake)
{
    return (struct resolver){.ask = fake_ask, .context = fake};
}

static size_t row_for(struct fake_resolver *fake, const char *zone, const char *address)
{
    char name[DOMAIN_MAX + 1];
    struct address parsed;

    if (!address_parse(slice_from(address), &parsed) ||
        !address_dnsbl_name(&parsed, zone, name, sizeof name))
        abort();
    size_t at = 0;
    while (at < fake->count && strcmp(fake->rows[at].name, name) != 0)
        at++;
    if (at == FAKE_RESOLVER_ROWS)
        abort();
    if (at == fake->count)
        fake->count++;
    memcpy(fake->rows[at].name, name, sizeof name);
    return at;
}

void fake_resolver_list(struct fake_resolver *fake, const char *zone,
                        const char *address, const char *code, const char *text)
{
    size_t at = row_for(fake, zone, address);

    fake->rows[at].status = DNS_ANSWER;
    fake->rows[at].code = code;
    fake->rows[at].text = text;
}

void fake_resolver_fail(struct fake_resolver *fake, const char *zone,
                        const char *address, enum dns_status status)
{
    fake->rows[row_for(fake, zone, address)].status = status;
}

void fake_resolver_healthy(struct fake_resolver *fake, const char *zone)
{
    fake_resolver_list(fake, zone, "127.0.0.2", "127.0.0.2", NULL);
    fake_resolver_fail(fake, zone, "127.0.0.1", DNS_NXDOMAIN);
}
