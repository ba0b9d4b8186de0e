/*
 * ask.c - one round through the real resolver, for tests/integration/30-resolver.t.
 *
 *     ask PORT TIMEOUT_MS ZONE ADDRESS...
 *
 * asks the server at 127.0.0.1:PORT and prints "ADDRESS state code why|text" lines, then how long
 * it took.
 */
#include "base/base.h"

#include "base/clock.h"
#include "base/number.h"
#include "issuer/dnsbl/check.h"
#include "issuer/dnsbl/zones.h"

enum {
    CHECKS_MAX = 64
};

static int run(int argc, char **argv, struct dnsbl_check *checks)
{
    static const char *const servers[] = {"127.0.0.1"};
    struct resolver *resolver = NULL;
    struct error err = {0};
    uint64_t port;
    uint64_t timeout_ms;
    size_t count = 0;

    if (argc < 5 || argc - 4 > CHECKS_MAX ||
        !number_u64(slice_from(argv[1]), 65535, &port) ||
        !number_u64(slice_from(argv[2]), 60000, &timeout_ms) ||
        zone_find(argv[3]) == NULL)
        return 2;
    for (int i = 4; i < argc; i++, count++) {
        checks[count].zone = zone_find(argv[3]);
        if (!address_parse(slice_from(argv[i]), &checks[count].address))
            return 2;
    }
    if (resolver_cares_new(servers, 1, (unsigned)port, &resolver, &err) != 0) {
        (void)fprintf(stderr, "ask: %s\n", err.text);
        return 1;
    }
    int64_t start_ms = clock_monotonic_ms(&clock_system);
    dnsbl_check_all(resolver, checks, count, (int64_t)timeout_ms, 0);
    int64_t took_ms = clock_monotonic_ms(&clock_system) - start_ms;
    for (size_t i = 0; i < count; i++)
        printf("%s %s %s %s|%s\n", argv[4 + i],
               listing_state_name(checks[i].listing.state),
               checks[i].listing.code[0] != '\0' ? checks[i].listing.code : "-",
               checks[i].listing.why, checks[i].text);
    printf("took %lld ms\n", (long long)took_ms);
    resolver_cares_free(resolver);
    return 0;
}

int main(int argc, char **argv)
{
    static struct dnsbl_check checks[CHECKS_MAX];

    return run(argc, argv, checks);
}
