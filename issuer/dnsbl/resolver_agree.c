/*
 * resolver_agree.c - one reply from those of several servers.
 */
#include "base/base.h"

#include "issuer/dnsbl/resolver_agree.h"

bool dns_status_is_usable(enum dns_status status)
{
    return status == DNS_ANSWER || status == DNS_NXDOMAIN || status == DNS_NODATA;
}

static bool has_record(const struct dns_reply *reply, const struct dns_record *record)
{
    for (size_t i = 0; i < reply->count; i++)
        if (address_equal(&reply->records[i].address, &record->address) &&
            slice_equal(reply->records[i].text, record->text) &&
            reply->records[i].preference == record->preference)
            return true;
    return false;
}

static bool holds_all(const struct dns_reply *reply, const struct dns_reply *other)
{
    for (size_t i = 0; i < other->count; i++)
        if (!has_record(reply, &other->records[i]))
            return false;
    return true;
}

/* Replies that are both cut may show different parts of one set: what they say is has_more. */
static bool same_records(const struct dns_reply *a, const struct dns_reply *b)
{
    if (a->has_more || b->has_more)
        return a->has_more && b->has_more;
    return holds_all(a, b) && holds_all(b, a);
}

struct dns_reply dns_replies_agree(const struct dns_reply *replies, size_t count)
{
    const struct dns_reply *first = NULL;
    struct dns_reply failed = {.status = DNS_FAILED};

    for (size_t i = 0; i < count; i++) {
        const struct dns_reply *reply = &replies[i];
        if (reply->status == DNS_TIMEOUT)
            failed.status = DNS_TIMEOUT;
        if (!dns_status_is_usable(reply->status))
            continue;
        if (first == NULL) {
            first = reply;
            continue;
        }
        bool is_answer = reply->status == DNS_ANSWER;
        if (is_answer != (first->status == DNS_ANSWER) ||
            (is_answer && !same_records(first, reply)))
            return (struct dns_reply){.status = DNS_CONFLICT};
        /* "There is no such record" is what both say. */
        if (reply->status == DNS_NODATA)
            first = reply;
    }
    return first != NULL ? *first : failed;
}
