/*
 * resolver_cares.c - DNS through c-ares, a channel a server and a round.
 *
 * Channels of its own for every round make it safe to call from several threads, give each round
 * fresh source ports, and end everything that is still open when the round ends. A channel knows
 * one server only, or c-ares would ask the second one after the first had failed, not at once.
 * Names are absolute and servers are exactly ours: no search list, no /etc/hosts, no resolv.conf.
 * A truncated reply is asked again over TCP by c-ares itself.
 */
#include "base/base.h"

#include "issuer/dnsbl/resolver.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/types.h>

#include <ares.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "issuer/dnsbl/resolver_agree.h"
#include "issuer/dnsbl/resolver_answer.h"

enum {
    SERVERS_MAX = 8,
    CLASS_IN = 1, /* RFC 1035 3.2.4 */
    TRIES = 2,
    TRY_MIN_MS = 200,
    GRACE_MS = 400 /* for the other servers, when one has answered everything */
};

struct cares {
    struct resolver resolver;
    struct ares_addr_port_node servers[SERVERS_MAX];
    size_t count;
};

static void library_start(void)
{
    if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS)
        abort();
}

static enum dns_status status_of(int status)
{
    switch (status) {
    case ARES_ETIMEOUT:
    case ARES_ECANCELLED:
    case ARES_EDESTRUCTION: return DNS_TIMEOUT;
    default: return DNS_FAILED; /* foreign constants: SERVFAIL, REFUSED, FORMERR, … */
    }
}

/* One question on its way to one server. */
struct waiting {
    const struct dns_question *question;
    struct arena *mem;
    struct dns_reply *reply;
};

static void on_answer(void *context, int status, int timeouts UNUSED,
                      unsigned char *answer, int len)
{
    struct waiting *waiting = context;
    bool has_message = status == ARES_SUCCESS || status == ARES_ENODATA ||
                       status == ARES_ENOTFOUND;

    /* What c-ares makes of it only says that there is something to read. */
    if (has_message && answer != NULL && len > 0)
        dns_answer_read(waiting->question, slice_of((const char *)answer, (size_t)len),
                        waiting->mem, waiting->reply);
    else
        waiting->reply->status = status_of(status);
}

static int open_channel(const struct ares_addr_port_node *server, int64_t timeout_ms,
                        ares_channel *out)
{
    static char lookups[] = "b"; /* DNS only */
    struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                                   .tries = TRIES,
                                   .ndots = 1,
                                   .lookups = lookups};
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
               ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS;
    /* The second try waits twice as long as the first. */
    int64_t share_ms = timeout_ms / 3;
    struct ares_addr_port_node one = *server;

    options.timeout = share_ms < TRY_MIN_MS ? TRY_MIN_MS : (int)share_ms;
    int status = ares_init_options(out, &options, mask);
    if (status != ARES_SUCCESS)
        return status;
    status = ares_set_servers_ports(*out, &one);
    if (status != ARES_SUCCESS)
        ares_destroy(*out);
    return status;
}

/* One round: every question to every server. */
struct round {
    ares_channel channels[SERVERS_MAX]; /* NULL: could not be opened */
    size_t servers;
    struct dns_reply *replies; /* of question i: servers of them, from i * servers */
    size_t questions;
};

/* The sockets of all channels, as poll wants them, and whose they are. */
struct sockets {
    struct pollfd polls[SERVERS_MAX * ARES_GETSOCK_MAXNUM];
    ares_channel owners[SERVERS_MAX * ARES_GETSOCK_MAXNUM];
    nfds_t count; /* 0: nothing is open any more */
};

static void find_sockets(ares_channel channel, struct sockets *out)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    unsigned bits = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);

    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        bool is_readable = (bits & (1U << i)) != 0;
        bool is_writable = (bits & (1U << (i + ARES_GETSOCK_MAXNUM))) != 0;
        if (!is_readable && !is_writable)
            continue;
        short events = (short)((is_readable ? POLLIN : 0) |
                               (is_writable ? POLLOUT : 0));
        out->polls[out->count] = (struct pollfd){.fd = sockets[i], .events = events};
        out->owners[out->count++] = channel;
    }
}

static void process(const struct round *round, const struct sockets *sockets)
{
    for (nfds_t i = 0; i < sockets->count; i++) {
        const struct pollfd *at = &sockets->polls[i];
        bool is_readable = (at->revents & (POLLIN | POLLERR | POLLHUP)) != 0;
        bool is_writable = (at->revents & (POLLOUT | POLLERR | POLLHUP)) != 0;
        if (is_readable || is_writable)
            ares_process_fd(sockets->owners[i], is_readable ? at->fd : ARES_SOCKET_BAD,
                            is_writable ? at->fd : ARES_SOCKET_BAD);
    }
    /* Timeouts and the next try. */
    for (size_t i = 0; i < round->servers; i++)
        if (round->channels[i] != NULL)
            ares_process_fd(round->channels[i], ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

/* Has every question a usable reply from some server? */
static bool is_answered(const struct round *round)
{
    for (size_t i = 0; i < round->questions; i++) {
        bool is_usable = false;
        for (size_t j = 0; j < round->servers && !is_usable; j++)
            is_usable = dns_status_is_usable(
                round->replies[i * round->servers + j].status);
        if (!is_usable)
            return false;
    }
    return true;
}

/* Until the next thing that c-ares wants to do by itself, left_ms at most. */
static int64_t wait_ms_of(const struct round *round, int64_t left_ms)
{
    int64_t wait_ms = left_ms;

    for (size_t i = 0; i < round->servers; i++) {
        struct timeval most = {.tv_sec = left_ms / 1000,
                               .tv_usec = left_ms % 1000 * 1000};
        struct timeval least;
        if (round->channels[i] == NULL)
            continue;
        const struct timeval *next = ares_timeout(round->channels[i], &most, &least);
        int64_t next_ms = (int64_t)next->tv_sec * 1000 + next->tv_usec / 1000 + 1;
        if (next_ms < wait_ms)
            wait_ms = next_ms;
    }
    return wait_ms;
}

static void wait_for_all(const struct round *round, int64_t deadline_ms)
{
    bool was_answered = false;

    for (;;) {
        struct sockets sockets = {.count = 0};
        int64_t now_ms = clock_monotonic_ms(&clock_system);

        for (size_t i = 0; i < round->servers; i++)
            if (round->channels[i] != NULL)
                find_sockets(round->channels[i], &sockets);
        if (!was_answered && is_answered(round)) {
            was_answered = true;
            if (deadline_ms > now_ms + GRACE_MS)
                deadline_ms = now_ms + GRACE_MS;
        }
        if (sockets.count == 0 || deadline_ms <= now_ms)
            return;
        int64_t wait_ms = wait_ms_of(round, deadline_ms - now_ms);
        if (poll(sockets.polls, sockets.count, (int)wait_ms) < 0)
            for (nfds_t i = 0; i < sockets.count; i++)
                sockets.polls[i].revents = 0; /* EINTR: only the timeouts */
        process(round, &sockets);
    }
}

static void send_questions(const struct cares *cares, struct round *round,
                           struct arena *mem, const struct dns_question *questions,
                           int64_t timeout_ms)
{
    struct waiting *waiting = arena_array(mem, round->questions * round->servers,
                                          sizeof *waiting);

    for (size_t j = 0; j < round->servers; j++) {
        if (open_channel(&cares->servers[j], timeout_ms, &round->channels[j]) !=
            ARES_SUCCESS) {
            round->channels[j] = NULL;
            continue;
        }
        for (size_t i = 0; i < round->questions; i++) {
            size_t at = i * round->servers + j;
            waiting[at] = (struct waiting){&questions[i], mem, &round->replies[at]};
            if (dns_name_is_askable(questions[i].name))
                ares_query(round->channels[j], questions[i].name, CLASS_IN,
                           (int)dns_type_number(questions[i].type), on_answer,
                           &waiting[at]);
        }
    }
}

static void cares_ask(void *context, struct arena *mem,
                      const struct dns_question *questions, size_t count,
                      int64_t timeout_ms, struct dns_reply *replies)
{
    const struct cares *cares = context;
    int64_t deadline_ms = clock_monotonic_ms(&clock_system) + timeout_ms;
    struct round round = {.servers = cares->count, .questions = count};

    round.replies = arena_array(mem, count * cares->count, sizeof *round.replies);
    for (size_t i = 0; i < count * cares->count; i++)
        round.replies[i] = (struct dns_reply){.status = DNS_FAILED};
    send_questions(cares, &round, mem, questions, timeout_ms);
    wait_for_all(&round, deadline_ms);
    for (size_t j = 0; j < round.servers; j++)
        if (round.channels[j] != NULL) {
            /* Whatever is still open is told ARES_ECANCELLED. */
            ares_cancel(round.channels[j]);
            ares_destroy(round.channels[j]);
        }
    for (size_t i = 0; i < count; i++)
        replies[i] = dns_replies_agree(&round.replies[i * cares->count], cares->count);
}

static bool fill_server(const char *text, unsigned port,
                        struct ares_addr_port_node *out)
{
    struct address address;

    if (!address_parse(slice_from(text), &address))
        return false;
    *out = (struct ares_addr_port_node){.udp_port = (int)port, .tcp_port = (int)port};
    if (address_is_v4(&address)) {
        out->family = AF_INET;
        memcpy(&out->addr.addr4, address.bytes + 12, 4);
    } else {
        out->family = AF_INET6;
        memcpy(&out->addr.addr6, address.bytes, 16);
    }
    return true;
}

int resolver_cares_new(const char *const *servers, size_t count, unsigned port,
                       struct resolver **out, struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    if (count == 0 || count > SERVERS_MAX)
        return error_set(err, ERROR_INVALID,
                         "dns.servers names %zu servers, not 1 to %d", count,
                         (int)SERVERS_MAX);
    if (pthread_once(&once, library_start) != 0)
        abort();
    struct cares *cares = xcalloc(1, sizeof *cares);
    for (size_t i = 0; i < count; i++) {
        if (!fill_server(servers[i], port, &cares->servers[i])) {
            free(cares);
            return error_set(err, ERROR_INVALID,
                             "dns.servers: \"%s\" is not an address", servers[i]);
        }
    }
    cares->count = count;
    cares->resolver = (struct resolver){.ask = cares_ask, .context = cares};
    *out = &cares->resolver;
    return 0;
}

void resolver_cares_free(struct resolver *resolver)
{
    if (resolver != NULL)
        free(resolver->context);
}
