/*
 * resolver_answer.c - a DNS message, read (RFC 1035 4).
 *
 * Names are compared in their canonical form: uncompressed, lower case, at most 255 bytes. Every
 * loop is bounded by the length of the message, and the chain of aliases by DNS_CHAIN_MAX.
 */
#include "base/base.h"

#include "issuer/dnsbl/resolver_answer.h"

enum {
    HEADER_BYTES = 12,
    NAME_BYTES_MAX = 255, /* RFC 1035 2.3.4, with lengths and the root */
    LABEL_BYTES_MAX = 63,
    CLASS_IN = 1,
    TYPE_NS = 2,
    TYPE_CNAME = 5,
    TYPE_SOA = 6,
    RCODE_NOERROR = 0,
    RCODE_NXDOMAIN = 3
};

static const unsigned type_numbers[] = {
    [DNS_TYPE_A] = 1,   [DNS_TYPE_AAAA] = 28, [DNS_TYPE_TXT] = 16,
    [DNS_TYPE_MX] = 15, [DNS_TYPE_PTR] = 12,
};
_Static_assert(ARRAY_LEN(type_numbers) == DNS_TYPE_COUNT, "one number a type");

struct name {
    uint8_t bytes[NAME_BYTES_MAX];
    size_t len;
};

struct record {
    struct name owner;
    unsigned type, class;
    size_t data, data_len; /* where in the message */
};

/* A message, read from `at` on. */
struct reader {
    const uint8_t *bytes;
    size_t len;
    size_t at;
};

unsigned dns_type_number(enum dns_type type)
{
    assert((size_t)type < ARRAY_LEN(type_numbers));
    return type_numbers[type];
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

static bool name_add(struct name *name, const uint8_t *label, size_t len)
{
    /* The root's byte must still have room. */
    if (name->len + 1 + len + 1 > NAME_BYTES_MAX)
        return false;
    name->bytes[name->len++] = (uint8_t)len;
    for (size_t i = 0; i < len; i++)
        name->bytes[name->len++] = lower(label[i]);
    return true;
}

static bool name_equal(const struct name *a, const struct name *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

static bool name_from_text(const char *text, struct name *out)
{
    struct slice rest = slice_from(text);
    struct slice label;

    out->len = 0;
    while (slice_cut(&rest, '.', &label)) {
        if (label.len == 0 || label.len > LABEL_BYTES_MAX ||
            !slice_is_printable(label) || slice_find_byte(label, ' ') >= 0 ||
            slice_find_byte(label, '\\') >= 0 ||
            !name_add(out, (const uint8_t *)label.at, label.len))
            return false;
    }
    out->bytes[out->len++] = 0;
    return true;
}

bool dns_name_is_askable(const char *name)
{
    struct name ignored;

    return name_from_text(name, &ignored);
}

static bool read_u16(struct reader *r, unsigned *out)
{
    if (r->len - r->at < 2)
        return false;
    *out = (unsigned)r->bytes[r->at] << 8 | r->bytes[r->at + 1];
    r->at += 2;
    return true;
}

static bool skip(struct reader *r, size_t bytes)
{
    if (r->len - r->at < bytes)
        return false;
    r->at += bytes;
    return true;
}

/* From *at to the label there: over pointers, each of which must lead before *before, the place
 * that the last one led to, so there is no loop (RFC 1035 4.1.4: a prior name). *end is set
 * behind the first pointer. */
static bool follow_pointers(const struct reader *r, size_t *at, size_t *before,
                            size_t *end)
{
    while (*at < r->len && (r->bytes[*at] & 0xc0) == 0xc0) {
        if (r->len - *at < 2)
            return false;
        size_t target = (size_t)(r->bytes[*at] & 0x3f) << 8 | r->bytes[*at + 1];
        if (*end == 0)
            *end = *at + 2;
        if (target < HEADER_BYTES || target >= *before)
            return false;
        *at = *before = target;
    }
    return *at < r->len;
}

/* r->at ends behind the name as it stands there. */
static bool read_name(struct reader *r, struct name *out)
{
    struct name name = {.len = 0};
    size_t at = r->at;
    size_t before = at; /* pointers lead before it, and on from there */
    size_t end = 0;

    for (;;) {
        if (!follow_pointers(r, &at, &before, &end))
            return false;
        size_t len = r->bytes[at++];
        if (len == 0)
            break;
        if (len > LABEL_BYTES_MAX || r->len - at < len ||
            !name_add(&name, r->bytes + at, len))
            return false;
        at += len;
    }
    name.bytes[name.len++] = 0;
    r->at = end != 0 ? end : at;
    *out = name;
    return true;
}

static bool read_record(struct reader *r, struct record *out)
{
    unsigned data_len;

    if (!read_name(r, &out->owner) || !read_u16(r, &out->type) ||
        !read_u16(r, &out->class) || !skip(r, 4) || !read_u16(r, &data_len))
        return false;
    out->data = r->at;
    out->data_len = data_len;
    return skip(r, data_len);
}

/* A name that fills its record from `at` to the end. */
static bool read_name_in(const struct reader *message, const struct record *record,
                         size_t at, struct name *out)
{
    struct reader r = *message;
    size_t end = record->data + record->data_len;

    r.at = at;
    r.len = end;
    return read_name(&r, out) && r.at == end;
}

/* A host name as people write it: letters, digits, hyphen, and the underscore that some use. false
 * leaves out as it was. */
static bool host_text(const struct name *name, struct arena *mem, struct slice *out)
{
    char text[NAME_BYTES_MAX + 1];
    size_t used = 0;

    for (size_t at = 0; name->bytes[at] != 0; at += 1U + name->bytes[at]) {
        const uint8_t *label = name->bytes + at + 1;
        size_t len = name->bytes[at];
        if (label[0] == '-' || label[len - 1] == '-')
            return false;
        if (used > 0)
            text[used++] = '.';
        for (size_t i = 0; i < len; i++) {
            bool is_plain = (label[i] >= 'a' && label[i] <= 'z') ||
                            (label[i] >= '0' && label[i] <= '9') || label[i] == '-' ||
                            label[i] == '_';
            if (!is_plain)
                return false;
            text[used++] = (char)label[i];
        }
    }
    *out = slice_of(arena_strndup(mem, text, used), used);
    return true;
}

/* A reply being made. */
struct making {
    const struct reader *message;
    struct arena *mem;
    struct dns_record records[DNS_RECORDS_MAX];
    size_t count;
    size_t text_bytes;
    bool has_more;
};

enum taken {
    TAKEN_YES,
    TAKEN_DROPPED,  /* well-formed, of no use */
    TAKEN_MALFORMED /* spoils the whole reply */
};

static enum taken take_a(struct making *m, const struct record *record,
                         struct dns_record *out)
{
    if (record->data_len != 4)
        return TAKEN_MALFORMED;
    out->address.bytes[10] = out->address.bytes[11] = 0xff;
    memcpy(out->address.bytes + 12, m->message->bytes + record->data, 4);
    return TAKEN_YES;
}

static enum taken take_aaaa(struct making *m, const struct record *record,
                            struct dns_record *out)
{
    if (record->data_len != 16)
        return TAKEN_MALFORMED;
    memcpy(out->address.bytes, m->message->bytes + record->data, 16);
    return TAKEN_YES;
}

/* RFC 1035 3.3.14: one or more strings, each behind its length. */
static enum taken take_txt(struct making *m, const struct record *record,
                           struct dns_record *out)
{
    const uint8_t *data = m->message->bytes + record->data;
    char text[DNS_TXT_MAX];
    size_t used = 0;
    bool is_long = false;

    if (record->data_len == 0)
        return TAKEN_MALFORMED;
    for (size_t at = 0; at < record->data_len; at += 1U + data[at]) {
        if (record->data_len - at - 1 < data[at])
            return TAKEN_MALFORMED;
        is_long = is_long || used + data[at] > sizeof text;
        if (is_long)
            continue; /* the rest must still be well-formed */
        memcpy(text + used, data + at + 1, data[at]);
        used += data[at];
    }
    if (is_long || m->text_bytes + used > DNS_REPLY_MAX)
        return TAKEN_DROPPED;
    m->text_bytes += used;
    out->text = slice_of(arena_slice(m->mem, slice_of(text, used)), used);
    return TAKEN_YES;
}

static enum taken take_host(struct making *m, const struct record *record, size_t at,
                            struct dns_record *out)
{
    struct name name;

    if (!read_name_in(m->message, record, at, &name))
        return TAKEN_MALFORMED;
    return host_text(&name, m->mem, &out->text) ? TAKEN_YES : TAKEN_DROPPED;
}

static enum taken take_mx(struct making *m, const struct record *record,
                          struct dns_record *out)
{
    if (record->data_len < 3)
        return TAKEN_MALFORMED;
    const uint8_t *data = m->message->bytes + record->data;
    out->preference = (unsigned)data[0] << 8 | data[1];
    return take_host(m, record, record->data + 2, out);
}

static enum taken take_ptr(struct making *m, const struct record *record,
                           struct dns_record *out)
{
    enum taken taken = take_host(m, record, record->data, out);

    /* The root is nobody's name. */
    return taken == TAKEN_YES && out->text.len == 0 ? TAKEN_DROPPED : taken;
}

static enum taken (*const takers[])(struct making *, const struct record *,
                                    struct dns_record *) = {
    [DNS_TYPE_A] = take_a,   [DNS_TYPE_AAAA] = take_aaaa, [DNS_TYPE_TXT] = take_txt,
    [DNS_TYPE_MX] = take_mx, [DNS_TYPE_PTR] = take_ptr,
};
_Static_assert(ARRAY_LEN(takers) == DNS_TYPE_COUNT, "one a type");

struct header {
    unsigned flags, rcode;
    unsigned answers, authorities;
};

/* An untruncated answer to a query, about this question and no other. r->at ends behind it. */
static bool read_header(struct reader *r, const struct name *name, unsigned type,
                        struct header *out)
{
    unsigned id, questions, additional, asked_type, asked_class;
    struct name asked;

    if (!read_u16(r, &id) || !read_u16(r, &out->flags) || !read_u16(r, &questions) ||
        !read_u16(r, &out->answers) || !read_u16(r, &out->authorities) ||
        !read_u16(r, &additional))
        return false;
    /* QR set, OPCODE 0, TC clear. */
    if ((out->flags & 0xfa00U) != 0x8000U || questions != 1)
        return false;
    out->rcode = out->flags & 0x0fU;
    return read_name(r, &asked) && read_u16(r, &asked_type) &&
           read_u16(r, &asked_class) && name_equal(&asked, name) &&
           asked_type == type && asked_class == CLASS_IN;
}

/* Follow the aliases from *name to where they end. false: malformed, or too many. *behind is the
 * end of the section. */
static bool follow_aliases(const struct reader *answers, unsigned count,
                           struct name *name, bool *has_alias, size_t *behind)
{
    *has_alias = false;
    for (unsigned hop = 0; hop <= DNS_CHAIN_MAX; hop++) {
        struct reader r = *answers;
        struct name target;
        bool is_alias = false;
        for (unsigned i = 0; i < count; i++) {
            struct record record;
            if (!read_record(&r, &record))
                return false;
            if (is_alias || record.type != TYPE_CNAME || record.class != CLASS_IN ||
                !name_equal(&record.owner, name))
                continue;
            if (!read_name_in(&r, &record, record.data, &target))
                return false;
            is_alias = true;
        }
        *behind = r.at;
        if (!is_alias)
            return true;
        *name = target;
        *has_alias = true;
    }
    return false;
}

static bool take_records(struct making *m, const struct reader *answers, unsigned count,
                         const struct name *name, enum dns_type type)
{
    struct reader r = *answers;

    for (unsigned i = 0; i < count; i++) {
        struct record record;
        struct dns_record made = {.preference = 0};
        if (!read_record(&r, &record))
            return false;
        if (record.type != type_numbers[type] || record.class != CLASS_IN ||
            !name_equal(&record.owner, name))
            continue;
        if (m->count == DNS_RECORDS_MAX) {
            m->has_more = true;
            continue;
        }
        switch (takers[type](m, &record, &made)) {
        case TAKEN_YES: m->records[m->count++] = made; break;
        case TAKEN_DROPPED: m->has_more = true; break;
        case TAKEN_MALFORMED: return false;
        }
    }
    return true;
}

/* RFC 2308 2.2: no record of this type. A SOA vouches for it; name servers without one are a
 * referral, and aliases without one a chain that somebody else should have followed. */
static enum dns_status nothing_there(struct reader *r, const struct header *header,
                                     bool is_chain_or_other)
{
    bool has_soa = false;
    bool has_ns = false;

    for (unsigned i = 0; i < header->authorities; i++) {
        struct record record;
        if (!read_record(r, &record))
            return DNS_FAILED;
        has_soa = has_soa || record.type == TYPE_SOA;
        has_ns = has_ns || record.type == TYPE_NS;
    }
    return has_soa || (!has_ns && !is_chain_or_other) ? DNS_NODATA : DNS_FAILED;
}

static enum dns_status read_message(struct making *m, struct reader *r,
                                    const struct dns_question *question)
{
    struct header header;
    struct name name;
    bool has_alias = false;
    size_t behind = 0;

    if (!name_from_text(question->name, &name) ||
        !read_header(r, &name, type_numbers[question->type], &header))
        return DNS_FAILED;
    if (header.rcode != RCODE_NOERROR && header.rcode != RCODE_NXDOMAIN)
        return DNS_FAILED;
    if (!follow_aliases(r, header.answers, &name, &has_alias, &behind) ||
        !take_records(m, r, header.answers, &name, question->type))
        return DNS_FAILED;
    /* Records that were all dropped are an answer still: it has_more. */
    bool is_there = m->count > 0 || m->has_more;
    if (header.rcode == RCODE_NXDOMAIN)
        return is_there ? DNS_FAILED : DNS_NXDOMAIN; /* one of both is a lie */
    if (is_there)
        return DNS_ANSWER;
    r->at = behind;
    return nothing_there(r, &header, header.answers > 0);
}

void dns_answer_read(const struct dns_question *question, struct slice message,
                     struct arena *mem, struct dns_reply *out)
{
    struct reader r = {.bytes = (const uint8_t *)message.at, .len = message.len};
    struct making m = {.message = &r, .mem = mem};
    enum dns_status status = read_message(&m, &r, question);

    *out = (struct dns_reply){.status = status};
    if (status != DNS_ANSWER)
        return;
    struct dns_record *records = arena_array(mem, m.count, sizeof *records);
    memcpy(records, m.records, m.count * sizeof *records);
    out->records = records;
    out->count = m.count;
    out->has_more = m.has_more;
}
