/*
 * fake_resolver.c - answers from the table, at once.
 */
#include "base/base.h"

#include "tests/support/issuer/fake_resolver.h"

static void fake_answer(const struct fake_resolver *fake,
                        const struct dns_question *question, struct dns_reply *out)
{
    *out = (struct dns_reply){.a.status = DNS_NXDOMAIN};
    for (size_t i = 0; i < fake->count; i++) {
        if (strcmp(fake->rows[i].name, question->name) != 0)
            continue;
        out->a.status = fake->rows[i].status;
        if (out->a.status != DNS_ANSWER)
            return;
        if (question->type == DNS_TYPE_TXT) {
            const char *text = fake->rows[i].text;
            if (snprintf(out->text, sizeof out->text, "%s", text != NULL ? text : "") <
                0)
                abort();
            return;
        }
        if (!address_parse(slice_from(fake->rows[i].code), &out->a.answers[0]))
            abort();
        out->a.count = 1;
        return;
    }
}

static void fake_ask(void *context, const struct dns_question *questions, size_t count,
                     int64_t timeout_ms, struct dns_reply *replies)
{
    struct fake_resolver *fake = context;

    fake->rounds++;
    fake->questions += count;
    fake->last_timeout_ms = timeout_ms;
    for (size_t i = 0; i < count; i++)
        fake_answer(fake, &questions[i], &replies[i]);
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
