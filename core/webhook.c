/*
 * webhook.c - the tables of events and of waiting.
 */
#include "base/base.h"

#include "core/webhook.h"

/* What an audit record is to others: by its action, its object's kind, and, where one action says
 * several things, its detail. Rows of one event stand together, in the order in which people read
 * events. */
static const struct {
    const char *event, *action;
    const char *object; /* how it begins */
    const char *detail; /* the whole; NULL: any */
} events[] = {
    {"case.created",        "case.open",           "case:",  NULL       },
    {"approval.requested",  "lease.request",       "lease:", NULL       },
    {"lease.created",       "lease.mint",          "lease:", NULL       },
    {"lease.created",       "lease.approve",       "lease:", NULL       },
    {"link.opened",         "link.opened",         "lease:", NULL       },
    {"lease.revealed",      "lease.reveal",        "lease:", NULL       },
    {"lease.first_login",   "lease.first_login",   "lease:", NULL       },
    {"lease.cap_near",      "lease.cap_near",      "lease:", NULL       },
    {"lease.expiring",      "lease.expiring",      "lease:", NULL       },
    {"lease.ended",         "lease.expired",       "lease:", NULL       },
    {"lease.ended",         "lease.customer_said", "lease:", "said=back"},
    {"lease.revoked",       "lease.revoke",        "lease:", NULL       },
    {"listing.started",     "listing.started",     "",       NULL       },
    {"listing.ended",       "listing.ended",       "",       NULL       },
    {"pool.address_listed", "listing.started",     "pool:",  NULL       },
};

const char *webhook_event_name(size_t number)
{
    const char *name = "";

    for (size_t i = 0; i < ARRAY_LEN(events); i++) {
        bool is_new = strcmp(events[i].event, name) != 0;
        name = events[i].event;
        if (is_new && number-- == 0)
            return name;
    }
    return NULL;
}

bool webhook_event_is_known(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        if (slice_is(name, events[i].event))
            return true;
    return false;
}

size_t webhook_events_of(const char *action, const char *object, const char *detail,
                         const char *out[WEBHOOK_EVENTS_OF_ONE_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < ARRAY_LEN(events); i++)
        if (strcmp(events[i].action, action) == 0 &&
            slice_starts(slice_from(object), events[i].object) &&
            (events[i].detail == NULL || strcmp(events[i].detail, detail) == 0)) {
            assert(count < WEBHOOK_EVENTS_OF_ONE_MAX);
            out[count++] = events[i].event;
        }
    return count;
}

int64_t webhook_retry_s(unsigned attempts, int jitter, int64_t retry_after_s)
{
    static const int32_t waits[] = {5,     300,   1800,  7200, 18000,
                                    36000, 50400, 72000, 86400};
    _Static_assert(ARRAY_LEN(waits) == WEBHOOK_ATTEMPTS_MAX - 1, "a wait between two");

    if (attempts == 0 || attempts > ARRAY_LEN(waits))
        return 0;
    int64_t wait = waits[attempts - 1];
    wait += wait * jitter / 10000;
    if (retry_after_s > WEBHOOK_RETRY_AFTER_MAX_S)
        retry_after_s = WEBHOOK_RETRY_AFTER_MAX_S;
    return wait > retry_after_s ? wait : retry_after_s;
}

static bool is_plain(struct slice text, const char *extra)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.at[i];
        bool is_word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9');
        if (!is_word && (c == '\0' || strchr(extra, c) == NULL))
            return false;
    }
    return text.len > 0;
}

static bool host_and_port(struct slice text, struct slice *out_host)
{
    struct slice rest;

    if (slice_starts(text, "[")) {
        ptrdiff_t end = slice_find_byte(text, ']');
        if (end < 0)
            return false;
        *out_host = slice_take(slice_skip(text, 1), (size_t)end - 1);
        rest = slice_skip(text, (size_t)end + 1);
        if (!is_plain(*out_host, ":."))
            return false;
    } else {
        ptrdiff_t colon = slice_find_byte(text, ':');
        size_t len = colon < 0 ? text.len : (size_t)colon;
        *out_host = slice_take(text, len);
        rest = slice_skip(text, len);
        if (!is_plain(*out_host, "-."))
            return false;
    }
    if (rest.len == 0)
        return true;
    struct slice port = slice_skip(rest, 1);
    for (size_t i = 0; i < port.len; i++)
        if (port.at[i] < '0' || port.at[i] > '9')
            return false;
    return rest.at[0] == ':' && port.len > 0 && port.len <= 5;
}

bool webhook_url_is_valid(struct slice url, bool may_be_plain, struct slice *out_host)
{
    struct slice rest;

    if (url.len > WEBHOOK_URL_MAX)
        return false;
    if (slice_starts(url, "https://"))
        rest = slice_skip(url, strlen("https://"));
    else if (may_be_plain && slice_starts(url, "http://"))
        rest = slice_skip(url, strlen("http://"));
    else
        return false;
    size_t len = 0;
    while (len < rest.len && rest.at[len] != '/' && rest.at[len] != '?')
        len++;
    struct slice path = slice_skip(rest, len);
    return host_and_port(slice_take(rest, len), out_host) &&
           (path.len == 0 || is_plain(path, "-._~!$&'()*+,;=:@/?%"));
}
