/*
 * fake_resolver.c - answers from the table, at once.
 */
#include "base/base.h"

#include "tests/support/issuer/fake_resolver.h"

#include "base/number.h"

static void fake_addresses(const char *codes, struct arena *mem, struct dns_reply *out)
{
    struct dns_record *records = arena_array(mem, DNS_RECORDS_MAX, sizeof *records);
    struct slice rest = slice_from(codes);
    struct slice code;

    out->records = records;
    while (slice_cut(&rest, ' ', &code)) {
        if (out->count == DNS_RECORDS_MAX ||
            !address_parse(code, &records[out->count++].address))
            abort();
    }
}

static void fake_text(const char *text, enum dns_status status, struct arena *mem,
                      struct dns_reply *out)
{
    struct dns_record *record = ARENA_NEW(mem, struct dns_record);
    struct slice words = slice_from(text);

    out->status = status;
    if (status == DNS_ANSWER && text == NULL)
        out->status = DNS_NODATA;
    if (out->status != DNS_ANSWER)
        return;
    record->text = slice_of(arena_slice(mem, words), words.len);
    out->records = record;
    out->count = 1;
}

static void fake_record(enum dns_type type, const char *value, struct arena *mem,
                        struct dns_record *out)
{
    struct slice text = slice_from(value);
    struct slice preference;
    uint64_t number = 0;

    if (type == DNS_TYPE_A || type == DNS_TYPE_AAAA) {
        if (!address_parse(text, &out->address))
            abort();
        return;
    }
    if (type == DNS_TYPE_MX) {
        if (!slice_cut(&text, ' ', &preference) ||
            !number_u64(preference, UINT16_MAX, &number))
            abort();
        out->preference = (unsigned)number;
    }
    out->text = slice_of(arena_slice(mem, text), text.len);
}

/* false: no record has this name. */
static bool fake_added(const struct fake_resolver *fake,
                       const struct dns_question *question, struct arena *mem,
                       struct dns_reply *out)
{
    struct dns_record *records = arena_array(mem, fake->records_count, sizeof *records);
    bool is_known = false;

    for (size_t i = 0; i < fake->records_count; i++) {
        if (strcasecmp(fake->records[i].name, question->name) != 0)
            continue;
        if (!is_known)
            *out = (struct dns_reply){.status = DNS_NODATA, .records = records};
        is_known = true;
        if (fake->records[i].type != question->type)
            continue;
        out->status = fake->records[i].status;
        out->has_more = out->has_more || fake->records[i].has_more;
        if (fake->records[i].value != NULL)
            fake_record(question->type, fake->records[i].value, mem,
                        &records[out->count++]);
    }
    if (is_known && out->status != DNS_ANSWER)
        out->count = 0;
    return is_known;
}

static void fake_answer(const struct fake_resolver *fake,
                        const struct dns_question *question, struct arena *mem,
                        struct dns_reply *out)
{
    *out = (struct dns_reply){.status = DNS_NXDOMAIN};
    if (fake_added(fake, question, mem, out))
        return;
    for (size_t i = 0; i < fake->count; i++) {
        if (strcmp(fake->rows[i].name, question->name) != 0)
            continue;
        out->status = fake->rows[i].status;
        if (question->type == DNS_TYPE_TXT &&
            (out->status == DNS_ANSWER || fake->rows[i].text_status != DNS_ANSWER))
            fake_text(fake->rows[i].text, fake->rows[i].text_status, mem, out);
        else if (out->status == DNS_ANSWER)
            fake_addresses(fake->rows[i].code, mem, out);
        return;
    }
}

static void fake_ask(void *context, struct arena *mem,
                     const struct dns_question *questions, size_t count,
                     int64_t timeout_ms, struct dns_reply *replies)
{
    struct fake_resolver *fake = context;

    size_t round = ++fake->rounds;
    if (fake->before_round != NULL)
        fake->before_round(fake, round);
    fake->questions += count;
    fake->last_timeout_ms = timeout_ms;
    if (fake->clock != NULL)
        fake->clock->monotonic_ms += fake->round_ms;
    for (size_t i = 0; i < count; i++)
        fake_answer(fake, &questions[i], mem, &replies[i]);
}

struct resolver fake_resolver(struct fake_resolver *fake)
{
    return (struct resolver){.ask = fake_ask, .context = fake};
}

static size_t row_named(struct fake_resolver *fake, const char *name)
{
    size_t at = 0;
    size_t len = strlen(name);

    while (at < fake->count && strcmp(fake->rows[at].name, name) != 0)
        at++;
    if (at == FAKE_RESOLVER_ROWS || len > DOMAIN_MAX)
        abort();
    if (at == fake->count)
        fake->count++;
    memcpy(fake->rows[at].name, name, len + 1);
    return at;
}

static size_t row_for(struct fake_resolver *fake, const char *zone, const char *address)
{
    char name[DOMAIN_MAX + 1];
    struct address parsed;

    if (!address_parse(slice_from(address), &parsed) ||
        !address_dnsbl_name(&parsed, zone, name, sizeof name))
        abort();
    return row_named(fake, name);
}

void fake_resolver_list(struct fake_resolver *fake, const char *zone,
                        const char *address, const char *code, const char *text)
{
    size_t at = row_for(fake, zone, address);

    fake->rows[at].status = DNS_ANSWER;
    fake->rows[at].code = code;
    /* Lists that always give a reason are not believed without one. */
    fake->rows[at].text = text == NULL ? "Listed" : text[0] == '\0' ? NULL : text;
}

void fake_resolver_fail(struct fake_resolver *fake, const char *zone,
                        const char *address, enum dns_status status)
{
    fake->rows[row_for(fake, zone, address)].status = status;
}

void fake_resolver_fail_text(struct fake_resolver *fake, const char *zone,
                             const char *address, enum dns_status status)
{
    fake->rows[row_for(fake, zone, address)].text_status = status;
}

static size_t record_room(struct fake_resolver *fake)
{
    if (fake->records_count == FAKE_RESOLVER_ROWS)
        abort();
    return fake->records_count++;
}

void fake_resolver_add(struct fake_resolver *fake, const char *name, enum dns_type type,
                       const char *value)
{
    size_t at = record_room(fake);

    fake->records[at].name = name;
    fake->records[at].type = type;
    fake->records[at].status = DNS_ANSWER;
    fake->records[at].value = value;
}

void fake_resolver_end(struct fake_resolver *fake, const char *name, enum dns_type type,
                       enum dns_status status)
{
    size_t at = record_room(fake);

    fake->records[at].name = name;
    fake->records[at].type = type;
    fake->records[at].status = status;
    fake->records[at].has_more = status == DNS_ANSWER;
}

/* ::ffff:7f00:2, which struct address knows as 127.0.0.2 only. */
static void list_mapped_test_point(struct fake_resolver *fake, const char *zone)
{
    char name[DOMAIN_MAX + 1];

    if (snprintf(name, sizeof name,
                 "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.%s",
                 zone) < 0)
        abort();
    size_t at = row_named(fake, name);
    fake->rows[at].status = DNS_ANSWER;
    fake->rows[at].code = "127.0.0.2";
}

void fake_resolver_healthy(struct fake_resolver *fake, const char *zone)
{
    fake_resolver_list(fake, zone, "127.0.0.2", "127.0.0.2", NULL);
    fake_resolver_fail(fake, zone, "127.0.0.1", DNS_NXDOMAIN);
    list_mapped_test_point(fake, zone);
}
