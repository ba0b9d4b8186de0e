/*
 * bench_growth.c - what more credentials cost: logins on the auth socket and authd's memory with 1,000
 * leases and with many more, in turns.
 *
 * Many are 1,000,000; CLEANSMTP_BENCH_LEASES says another number (10,000,000 take a quarter of an hour
 * to make, and 5 GB).
 */
#include "base/base.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/secret.h"
#include "tests/support/authd_process.h"
#include "tests/support/load.h"

enum {
    FEW = 1000,
    MANY = 1000000,
    ROUNDS = 7,
    LOGINS = 16000,
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
static double measure(const struct authd_process *authd, unsigned leases, size_t series,
                      struct error *err)
{
    char path[128];
    double s;

    (void)snprintf(path, sizeof path, "%s/run/auth", authd->folder);
    const struct load load = {.path = path,
                              .protocol = &load_auth,
                              .clients = CLIENTS,
                              .requests = LOGINS,
                              .first = 1 + (unsigned)series * LOGINS,
                              .logins = leases};
    return load_run(&load, &s, err) == 0 ? s / LOGINS * 1e6 : -1;
}

/* Logins that are in use: the same ones in each round, or, with is_new, such as never logged in before. */
static int compare_logins(const struct authd_process authd[2], const unsigned leases[2],
                          bool is_new, struct error *err)
{
    double few[ROUNDS], many[ROUNDS], ratio[ROUNDS];

    for (size_t i = 0; i < ROUNDS; i++) {
        size_t series = is_new ? 1 + i : 0;
        few[i] = measure(&authd[0], leases[0], series, err);
        many[i] = measure(&authd[1], leases[1], series, err);
        if (few[i] < 0 || many[i] < 0)
            return -1;
        ratio[i] = many[i] / few[i];
    }
    (void)printf(
        "growth, %u to %u credentials: a login %s takes %.2f of the time (goal: at "
        "most %.1f; medians of %d rounds of %d in turns, %d clients: %.1f and "
        "%.1f us)\n",
        leases[0], leases[1],
        is_new ? "of the many for the first time" : "that is in use",
        median(ratio, ROUNDS), GOAL, ROUNDS, LOGINS, CLIENTS, median(few, ROUNDS),
        median(many, ROUNDS));
    return 0;
}

static int compare_sizes(const struct authd_process authd[2], const unsigned leases[2],
                         struct error *err)
{
    unsigned at_rest[2];

    for (size_t i = 0; i < 2; i++) {
        at_rest[i] = memory_kib(authd[i].pid, "RssAnon");
        if (measure(&authd[i], leases[i], 0, err) < 0) /* from now on they are in use */
            return -1;
    }
    if (compare_logins(authd, leases, false, err) != 0 ||
        compare_logins(authd, leases, true, err) != 0)
        return -1;
    unsigned after[2];
    for (size_t i = 0; i < 2; i++) {
        after[i] = memory_kib(authd[i].pid, "RssAnon");
        (void)printf(
            "memory of authd, %u credentials: %u KiB of its own at rest, %u after "
            "the logins; %u KiB of files are mapped, the database in them\n",
            leases[i], at_rest[i], after[i], memory_kib(authd[i].pid, "RssFile"));
    }
    (void)printf("memory of authd: %.2f bytes of its own for each credential more\n",
                 1024.0 * ((double)after[1] - after[0]) / (leases[1] - leases[0]));
    return 0;
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
