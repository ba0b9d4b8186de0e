/*
 * doubt.c - the doubts, a row each, and when each holds.
 */
#include "base/base.h"

#include "core/doubt.h"

#include "core/mailbox.h"

/* What is said of a doubt is found by its name. */
/* clang-format off */
#define DOUBT_ROW(n) {n, {"{said.doubt." n "}"}}

static const struct {
    const char *name;
    struct sentence sentence;
} rows[] = {
    [DOUBT_LOG_ABSENT] = DOUBT_ROW("log_absent"),
    [DOUBT_LOG_DIFFERS] = DOUBT_ROW("log_differs"),
    [DOUBT_LOG_UNKNOWN] = DOUBT_ROW("log_unknown"),
    [DOUBT_OLD] = DOUBT_ROW("old"),
    [DOUBT_ODD_TIME] = DOUBT_ROW("odd_time"),
    [DOUBT_OTHER_SENDER] = DOUBT_ROW("other_sender"),
    [DOUBT_OWN_SERVER] = DOUBT_ROW("own_server"),
    [DOUBT_ODD_SERVER] = DOUBT_ROW("odd_server"),
    [DOUBT_CONTRADICTS] = DOUBT_ROW("contradicts"),
    [DOUBT_QUOTED] = DOUBT_ROW("quoted"),
    [DOUBT_USED_BEFORE] = DOUBT_ROW("used_before"),
    [DOUBT_UNUSUAL] = DOUBT_ROW("unusual"),
    [DOUBT_PRIVATE_LIST] = DOUBT_ROW("private_list"),
    [DOUBT_QUOTA] = DOUBT_ROW("quota"),
    [DOUBT_AGENT_QUOTA] = DOUBT_ROW("agent_quota"),
};
/* clang-format on */
_Static_assert(ARRAY_LEN(rows) == DOUBT_COUNT, "one row a doubt");

const char *doubt_name(enum doubt doubt)
{
    assert((size_t)doubt < ARRAY_LEN(rows));
    return rows[doubt].name;
}

struct sentence doubt_sentence(enum doubt doubt)
{
    assert((size_t)doubt < ARRAY_LEN(rows));
    return rows[doubt].sentence;
}

void doubts_format(doubts set, char out[DOUBTS_TEXT_MAX + 1])
{
    size_t len = 0;

    for (int i = 0; i < DOUBT_COUNT; i++) {
        size_t name_len = strlen(rows[i].name);
        if ((set & DOUBT(i)) == 0)
            continue;
        assert(len + 1 + name_len <= DOUBTS_TEXT_MAX);
        if (len > 0)
            out[len++] = ',';
        memcpy(out + len, rows[i].name, name_len);
        len += name_len;
    }
    out[len] = '\0';
}

static bool find_doubt(struct slice name, doubts *out)
{
    for (int i = 0; i < DOUBT_COUNT; i++) {
        if (slice_is(name, rows[i].name)) {
            *out = DOUBT(i);
            return true;
        }
    }
    return false;
}

bool doubts_parse(struct slice text, doubts *out)
{
    struct slice word;
    bool is_whole = true;

    *out = 0;
    while (slice_cut(&text, ',', &word)) {
        doubts one = 0;
        if (word.len > 0 && !find_doubt(word, &one))
            is_whole = false;
        *out |= one;
    }
    return is_whole;
}

/* ---- when each holds ---------------------------------------------------------------------- */

static bool has_flag(const struct evidence *evidence, const char *flag)
{
    struct slice rest = slice_from(evidence->flags != NULL ? evidence->flags : "");
    struct slice word;

    while (slice_cut(&rest, ' ', &word))
        if (slice_is(word, flag))
            return true;
    return false;
}

/* "mx.example.net[192.0.2.1]" and "mx.example.net. (…)" name mx.example.net. */
static struct slice host_of(const char *text)
{
    struct slice host = slice_from(text);
    size_t len = 0;

    while (len < host.len && strchr(" [(:", host.at[len]) == NULL)
        len++;
    host = slice_take(host, len);
    return host.len > 0 && host.at[host.len - 1] == '.' ? slice_take(host, host.len - 1)
                                                        : host;
}

/* host is domain, or below it. */
static bool is_within(struct slice host, struct slice domain)
{
    if (domain.len == 0 || host.len < domain.len)
        return false;
    if (!slice_equal_nocase(slice_skip(host, host.len - domain.len), domain))
        return false;
    return host.len == domain.len || host.at[host.len - domain.len - 1] == '.';
}

/* The last two labels: providers name the server that answers otherwise than their MX, but under
 * one roof. Too short under co.uk and the like, where it then raises no doubt. */
static struct slice roof_of(struct slice host)
{
    size_t dots = 0;

    for (size_t i = host.len; i > 0; i--)
        if (host.at[i - 1] == '.' && ++dots == 2)
            return slice_skip(host, i);
    return host;
}

/* One server refused, with two names for it: the bounce's can be edited, so the log's must pass too.
 * NULL where nobody says. */
enum {
    REFUSERS = 2
};

static void find_refusers(const struct doubt_facts *facts, const char *out[REFUSERS])
{
    out[0] = facts->evidence->remote_mta;
    out[1] = facts->logged != NULL ? facts->logged->relay : NULL;
}

static bool is_odd_server(const struct doubt_facts *facts)
{
    const char *const *servers = facts->recipient_servers;
    const char *refusers[REFUSERS];

    if (servers == NULL || servers[0] == NULL)
        return false;
    find_refusers(facts, refusers);
    for (size_t i = 0; i < REFUSERS; i++) {
        if (refusers[i] == NULL)
            continue;
        struct slice roof = roof_of(host_of(refusers[i]));
        bool is_known = false;
        for (size_t s = 0; servers[s] != NULL && !is_known; s++)
            is_known = is_within(host_of(servers[s]), roof);
        if (!is_known)
            return true;
    }
    return false;
}

static struct slice domain_of(const char *mailbox)
{
    const char *at = mailbox != NULL ? strrchr(mailbox, '@') : NULL;

    return at != NULL ? slice_from(at + 1) : (struct slice){0};
}

static bool is_own_server(const struct doubt_facts *facts)
{
    const struct evidence *e = facts->evidence;
    const char *refusers[REFUSERS];
    struct slice domain = domain_of(facts->mailbox != NULL ? facts->mailbox
                                                           : e->sender);

    if (facts->is_refused_by_us)
        return true;
    if (domain.len == 0)
        return false;
    find_refusers(facts, refusers);
    for (size_t i = 0; i < REFUSERS; i++)
        if (refusers[i] != NULL && is_within(host_of(refusers[i]), domain))
            return true;
    return is_within(domain_of(e->recipient), domain);
}

static bool is_other_domain(struct slice customer, const char *sender)
{
    struct slice domain = domain_of(sender);

    return customer.len > 0 && domain.len > 0 && !slice_equal_nocase(customer, domain);
}

/* The sender that the bounce names can be edited, or cut off. */
static bool is_other_sender(const struct doubt_facts *facts)
{
    struct slice customer = domain_of(facts->mailbox);

    return is_other_domain(customer, facts->evidence->sender) ||
           (facts->logged != NULL && is_other_domain(customer, facts->logged->sender));
}

/* A rejection in our own log has its time there. The date of its bounce may lie before it, but not
 * longer than a message waits in a queue. */
static bool is_old(const struct doubt_facts *facts)
{
    bool is_logged = facts->log == DOUBT_LOG_CONFIRMS && facts->logged != NULL;
    int64_t oldest = facts->now - BOUNCE_FRESH_S;

    if (is_logged && facts->logged->at < oldest)
        return true;
    return facts->evidence->bounced_at != 0 &&
           facts->evidence->bounced_at < oldest - (is_logged ? BOUNCE_QUEUE_S : 0);
}

doubts doubts_of(const struct doubt_facts *facts)
{
    const bool holds[DOUBT_COUNT] = {
        [DOUBT_LOG_ABSENT] = facts->log == DOUBT_LOG_IS_ABSENT,
        [DOUBT_LOG_DIFFERS] = facts->log == DOUBT_LOG_HAS_OTHER,
        [DOUBT_LOG_UNKNOWN] = facts->log == DOUBT_LOG_IS_UNKNOWN,
        [DOUBT_OLD] = is_old(facts),
        [DOUBT_ODD_TIME] = facts->evidence->bounced_at > facts->now + BOUNCE_AHEAD_S,
        [DOUBT_OTHER_SENDER] = is_other_sender(facts),
        [DOUBT_OWN_SERVER] = is_own_server(facts),
        [DOUBT_ODD_SERVER] = is_odd_server(facts),
        [DOUBT_CONTRADICTS] = has_flag(facts->evidence, "conflict"),
        [DOUBT_QUOTED] = has_flag(facts->evidence, "quoted"),
        [DOUBT_USED_BEFORE] = facts->was_used_before,
        [DOUBT_UNUSUAL] = facts->is_unusual,
        [DOUBT_PRIVATE_LIST] = facts->is_private_list,
    };
    doubts set = 0;

    for (int i = 0; i < DOUBT_COUNT; i++)
        set |= holds[i] ? DOUBT(i) : 0U;
    return set;
}
