/*
 * resolver_cares.c - DNS through c-ares, one channel a round.
 *
 * A channel of its own for every round makes it safe to call from several threads, gives each
 * round fresh source ports, and ends everything that is still open when the round ends. Names
 * are absolute and servers are exactly ours: no search list, no /etc/hosts, no resolv.conf.
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
#include "issuer/dnsbl/resolver_answer.h"

enum {
    /* ares_getsock reports 16 sockets, and a server may need one for UDP and one for TCP. */
    SERVERS_MAX = ARES_GETSOCK_MAXNUM / 2,
    CLASS_IN = 1, /* RFC 1035 3.2.4 */
    TRIES = 2,
    TRY_MIN_MS = 200
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

/* One question on its way. */
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

static int open_channel(struct cares *cares, int64_t timeout_ms, ares_channel *out)
{
    static char lookups[] = "b"; /* DNS only */
    struct ares_options options = {.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES,
                                   .tries = TRIES,
                                   .ndots = 1,
                                   .lookups = lookups};
    int mask = ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_NDOTS |
               ARES_OPT_LOOKUPS | ARES_OPT_DOMAINS;
    /* The second try waits twice as long as the first; all servers take part in both. */
    int64_t share_ms = timeout_ms / (int64_t)(3 * cares->count);

    options.timeout = share_ms < TRY_MIN_MS ? TRY_MIN_MS : (int)share_ms;
    int status = ares_init_options(out, &options, mask);
    if (status != ARES_SUCCESS)
        return status;
    status = ares_set_servers_ports(*out, cares->servers);
    if (status != ARES_SUCCESS)
        ares_destroy(*out);
    return status;
}

/* Sockets of the channel as poll wants them; 0 when nothing is open any more. */
static nfds_t sockets_of(ares_channel channel, struct pollfd *polls)
{
    ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
    unsigned bits = (unsigned)ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
    nfds_t count = 0;

    for (unsigned i = 0; i < ARES_GETSOCK_MAXNUM; i++) {
        bool is_readable = (bits & (1U << i)) != 0;
        bool is_writable = (bits & (1U << (i + ARES_GETSOCK_MAXNUM))) != 0;
        if (!is_readable && !is_writable)
            continue;
        short events = (short)((is_readable ? POLLIN : 0) |
                               (is_writable ? POLLOUT : 0));
        polls[count++] = (struct pollfd){.fd = sockets[i], .events = events};
    }
    return count;
}

static void process(ares_channel channel, const struct pollfd *polls, nfds_t count)
{
    for (nfds_t i = 0; i < count; i++) {
        bool is_readable = (polls[i].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
        bool is_writable = (polls[i].revents & (POLLOUT | POLLERR | POLLHUP)) != 0;
        if (is_readable || is_writable)
            ares_process_fd(channel, is_readable ? polls[i].fd : ARES_SOCKET_BAD,
                            is_writable ? polls[i].fd : ARES_SOCKET_BAD);
    }
    /* Timeouts and the next try. */
    ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

static void wait_for_all(ares_channel channel, int64_t deadline_ms)
{
    for (;;) {
        struct pollfd polls[ARES_GETSOCK_MAXNUM];
        nfds_t count = sockets_of(channel, polls);
        int64_t left_ms = deadline_ms - clock_monotonic_ms(&clock_system);
        struct timeval most = {.tv_sec = left_ms / 1000,
                               .tv_usec = left_ms % 1000 * 1000};
        struct timeval least;

        if (count == 0 || left_ms <= 0)
            return;
        const struct timeval *next = ares_timeout(channel, &most, &least);
        int64_t wait_ms = (int64_t)next->tv_sec * 1000 + next->tv_usec / 1000 + 1;
        if (poll(polls, count, (int)wait_ms) < 0)
            for (nfds_t i = 0; i < count; i++)
                polls[i].revents = 0; /* EINTR: only the timeouts */
        process(channel, polls, count);
    }
}

static void cares_ask(void *context, struct arena *mem,
                      const struct dns_question *questions, size_t count,
                      int64_t timeout_ms, struct dns_reply *replies)
{
    struct cares *cares = context;
    int64_t deadline_ms = clock_monotonic_ms(&clock_system) + timeout_ms;
    ares_channel channel;

    for (size_t i = 0; i < count; i++)
        replies[i] = (struct dns_reply){.status = DNS_FAILED};
    if (count == 0 || open_channel(cares, timeout_ms, &channel) != ARES_SUCCESS)
        return;
    struct waiting *waiting = arena_array(mem, count, sizeof *waiting);
    for (size_t i = 0; i < count; i++) {
        waiting[i] = (struct waiting){&questions[i], mem, &replies[i]};
        if (dns_name_is_askable(questions[i].name))
            ares_query(channel, questions[i].name, CLASS_IN,
                       (int)dns_type_number(questions[i].type), on_answer, &waiting[i]);
    }
    wait_for_all(channel, deadline_ms);
    ares_cancel(channel); /* whatever is still open is told ARES_ECANCELLED */
    ares_destroy(channel);
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
        if (i > 0)
            cares->servers[i - 1].next = &cares->servers[i];
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
