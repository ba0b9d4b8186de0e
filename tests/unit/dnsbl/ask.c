/*
 * ask.c - one check through the real resolver, for tests/integration/30-resolver.t and
 * 31-dns-playground.t.
 *
 *     ask [SERVER,SERVER...:]PORT TIMEOUT_MS ZONE ADDRESS...
 *
 * asks the servers, without any the one at 127.0.0.1, and prints "ADDRESS state code why|text" lines, then how long
 * it took.
 */
#include "base/base.h"

#include "base/clock.h"
#include "base/number.h"
#include "issuer/dnsbl/check.h"
#include "issuer/dnsbl/zones.h"
#include "tests/support/issuer/english.h"

enum {
    CHECKS_MAX = 64,
    SERVERS_MAX = 8
};

/* "192.0.2.1,192.0.2.2:53", or only a port. */
static int make_resolver(struct arena *mem, const char *text, struct resolver **out)
{
    const char *servers[SERVERS_MAX] = {"127.0.0.1"};
    size_t count = 0;
    struct slice rest = slice_from(text);
    struct slice names, server;
    struct error err = {0};
    uint64_t port;

    if (slice_find_byte(rest, ':') >= 0 && slice_cut(&rest, ':', &names))
        while (count < SERVERS_MAX && slice_cut(&names, ',', &server))
            servers[count++] = arena_slice(mem, server);
    if (!number_u64(rest, 65535, &port))
        return -1;
    if (resolver_cares_new(servers, count > 0 ? count : 1, (unsigned)port, out, &err) ==
        0)
        return 0;
    (void)fprintf(stderr, "ask: %s\n", err.text);
    return -1;
}

static int run(struct arena *mem, int argc, char **argv, struct dnsbl_check *checks)
{
    struct resolver *resolver = NULL;
    uint64_t timeout_ms;
    size_t count = 0;

    if (argc < 5 || argc - 4 > CHECKS_MAX ||
        !number_u64(slice_from(argv[2]), 60000, &timeout_ms) ||
        zone_find(argv[3]) == NULL)
        return 2;
    for (int i = 4; i < argc; i++, count++) {
        checks[count].zone = zone_find(argv[3]);
        if (!address_parse(slice_from(argv[i]), &checks[count].address))
            return 2;
    }
    if (make_resolver(mem, argv[1], &resolver) != 0)
        return 1;
    int64_t start_ms = clock_monotonic_ms(&clock_system);
    dnsbl_check_all(resolver, checks, count, (int64_t)timeout_ms, 0);
    int64_t took_ms = clock_monotonic_ms(&clock_system) - start_ms;
    for (size_t i = 0; i < count; i++)
        printf("%s %s %s %s|%s\n", argv[4 + i],
               listing_state_name(checks[i].listing.state),
               checks[i].listing.code[0] != '\0' ? checks[i].listing.code : "-",
               english(mem, listing_why(&checks[i].listing), 0), checks[i].text);
    printf("took %lld ms\n", (long long)took_ms);
    resolver_cares_free(resolver);
    return 0;
}

int main(int argc, char **argv)
{
    static struct dnsbl_check checks[CHECKS_MAX];

    struct arena mem;

    arena_init(&mem);
    int result = run(&mem, argc, argv, checks);
    arena_release(&mem);
    return result;
}
