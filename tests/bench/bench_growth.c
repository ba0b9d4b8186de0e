/*
 * bench_growth.c - what more credentials cost: logins on the auth socket and authd's memory with 1,000
 * leases and with many more, in turns.
 *
 * Two kinds of login: one that is in use, and one that authd does not remember, so that it asks the
 * database. Of the many, each of these is asked for the first time; of the few, authd is made to forget
 * all before each round, by a change of the pool (docs/decisions/login-cache.md). Both have as much in
 * memory as they ever will by then.
 *
 * Many are 1,000,000; CLEANSMTP_BENCH_LEASES says another number (10,000,000 take half an hour
 * to make, and 6 GB).
 */
#include "base/base.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/secret.h"
#include "db/store.h"
#include "tests/support/authd_process.h"
#include "tests/support/load.h"

enum {
    FEW = 1000,
    MANY = 1000000,
    ROUNDS = 7,
    LOGINS = 16000,
    NEW_ROUNDS = 41, /* short ones: of 1,000 leases no more are new */
    NEW_LOGINS = 990,
    REMEMBERED = 131072, /* LOGIN_CACHE_MAX of auth/login_cache.h */
    CLIENTS = 16,
    STATUS_MAX = 8192
};

#define GOAL 1.2

/* A line of /proc/PID/status, in KiB. */
static unsigned memory_kib(pid_t pid, const char *name)
{
    struct strbuf text;
    struct error err;
    struct slice rest, line, digits;
    uint64_t kib = 0;
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    strbuf_init(&text, STATUS_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0 && file_read_fd(&text, fd, STATUS_MAX, &err) == 0) {
        rest = strbuf_slice(&text);
        while (slice_line(&rest, &line))
            if (slice_starts(line, name)) {
                line = slice_trim(slice_skip(line, strlen(name) + 1));
                if (!slice_cut(&line, ' ', &digits) ||
                    !number_u64(digits, UINT32_MAX, &kib))
                    kib = 0;
            }
    }
    if (fd >= 0)
        (void)close(fd);
    strbuf_release(&text);
    return (unsigned)kib;
}

/* Microseconds a login, or a negative number. */
static double measure(const struct authd_process *authd, unsigned leases,
                      unsigned first, unsigned logins, struct error *err)
{
    char path[128];
    double s;

    (void)snprintf(path, sizeof path, "%s/run/auth", authd->folder);
    const struct load load = {.path = path,
                              .protocol = &load_auth,
                              .clients = CLIENTS,
                              .requests = logins,
                              .first = first,
                              .logins = leases};
    return load_run(&load, &s, err) == 0 ? s / logins * 1e6 : -1;
}

/* As cleansmtpd does when an address of the pool changes: authd remembers nothing in its next turn. */
static int forget_all(const struct authd_process *authd, size_t round,
                      struct error *err)
{
    struct store *store = NULL;
    char path[160];

    (void)snprintf(path, sizeof path, "%s/state/cleansmtp.db", authd->folder);
    if (store_open(path, STORE_WRITE, &store, err) != 0)
        return -1;
    int result = store_pool_set_state(
        store, 1, round % 2 == 0 ? POOL_DRAINING : POOL_ACTIVE, err);
    store_close(store);
    return result;
}

/* The same logins in each round. */
static int compare_used(const struct authd_process authd[2], const unsigned leases[2],
                        struct error *err)
{
    double took[2][ROUNDS], ratio[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++) {
        for (size_t size = 0; size < 2; size++) {
            took[size][i] = measure(&authd[size], leases[size], 1, LOGINS, err);
            if (took[size][i] < 0)
                return -1;
        }
        ratio[i] = took[1][i] / took[0][i];
    }
    (void)printf("growth, %u to %u credentials: a login that is in use takes %.2f of "
                 "the time (goal: at most %.1f; medians of %d rounds of %d in turns, "
                 "%d clients: %.1f and %.1f us)\n",
                 leases[0], leases[1], median(ratio, ROUNDS), GOAL, ROUNDS, LOGINS,
                 CLIENTS, median(took[0], ROUNDS), median(took[1], ROUNDS));
    return 0;
}

/* Logins that authd does not remember, and the same ones once more, for what remembering them saves. */
static int compare_new(const struct authd_process authd[2], const unsigned leases[2],
                       struct error *err)
{
    double took[2][NEW_ROUNDS], ratio[NEW_ROUNDS], again[NEW_ROUNDS];
    const unsigned others = LOGINS + NEW_ROUNDS * NEW_LOGINS;

    if (measure(&authd[1], leases[1], others, REMEMBERED, err) < 0)
        return -1;
    for (size_t i = 0; i < NEW_ROUNDS; i++) {
        if (forget_all(&authd[0], i, err) != 0)
            return -1;
        for (size_t size = 0; size < 2; size++) {
            unsigned first = LOGINS + (unsigned)i * NEW_LOGINS;
            took[size][i] = measure(&authd[size], leases[size], first, NEW_LOGINS, err);
            double used = measure(&authd[size], leases[size], first, NEW_LOGINS, err);
            if (took[size][i] < 0 || used < 0)
                return -1;
            again[i] = took[size][i] / used;
        }
        ratio[i] = took[1][i] / took[0][i];
    }
    (void)printf("growth, %u to %u credentials: a login that is not remembered takes "
                 "%.2f of the time (goal: at most %.1f; medians of %d rounds of %d in "
                 "turns, %d clients: %.1f and %.1f us; of the many, %.2f times as long "
                 "as one that is)\n",
                 leases[0], leases[1], median(ratio, NEW_ROUNDS), GOAL, NEW_ROUNDS,
                 NEW_LOGINS, CLIENTS, median(took[0], NEW_ROUNDS),
                 median(took[1], NEW_ROUNDS), median(again, NEW_ROUNDS));
    return 0;
}

static int compare_sizes(const struct authd_process authd[2], const unsigned leases[2],
                         struct error *err)
{
    unsigned at_rest[2];

    for (size_t i = 0; i < 2; i++) {
        at_rest[i] = memory_kib(authd[i].pid, "RssAnon");
        if (measure(&authd[i], leases[i], 1, LOGINS, err) < 0) /* now they are in use */
            return -1;
    }
    if (compare_used(authd, leases, err) != 0)
        return -1;
    unsigned after[2];
    for (size_t i = 0; i < 2; i++) {
        after[i] = memory_kib(authd[i].pid, "RssAnon");
        (void)printf(
            "memory of authd, %u credentials: %u KiB of its own at rest, %u after "
            "the logins; %u KiB of files are mapped\n",
            leases[i], at_rest[i], after[i], memory_kib(authd[i].pid, "RssFile"));
    }
    (void)printf("memory of authd: %.2f bytes of its own for each credential more\n",
                 1024.0 * ((double)after[1] - after[0]) / (leases[1] - leases[0]));
    return compare_new(authd, leases, err);
}

int main(int argc, char **argv)
{
    const char *build = argc > 1 ? argv[1] : "build/release";
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    const char *wanted = getenv("CLEANSMTP_BENCH_LEASES");
    struct authd_process authd[2] = {{.pid = 0}, {.pid = 0}};
    struct error err = {0};
    uint64_t many = MANY;

    secret_startup();
    if (wanted != NULL && !number_u64(slice_from(wanted), 20000000, &many)) {
        (void)fprintf(stderr, "bench_growth: CLEANSMTP_BENCH_LEASES is no number\n");
        return 2;
    }
    const unsigned leases[] = {FEW, (unsigned)many};
    int result = authd_process_start(build, leases[0], &authd[0], &err);
    if (result == 0) {
        result = authd_process_start(build, leases[1], &authd[1], &err);
        if (result == 0) {
            result = compare_sizes(authd, leases, &err);
            authd_process_stop(&authd[1]);
        }
        authd_process_stop(&authd[0]);
    }
    if (result != 0)
        (void)fprintf(stderr, "bench_growth: %s\n", err.text);
    return result == 0 ? 0 : 1;
}
