/*
 * bench_growth.c - what more credentials cost: logins on the auth socket and authd's memory with 1,000
 * leases and with many more, in turns.
 *
 * Two kinds of login: one that is in use, and one that nobody asked about before. authd has read in what
 * logins are judged by when the clock starts (docs/decisions/login-cache.md), as it has a moment after its
 * start; how long that moment is, is printed.
 *
 * authd notes twenty logins of a name in a minute and no more, so that a name that is asked more often
 * would cost less: with few names there are short rounds, and a pause between the kinds.
 *
 * Many are 10,000,000; CLEANSMTP_BENCH_LEASES says another number. Ten million need 6 GB of disk, 1 GB of
 * memory, and a few minutes to be made.
 */
#include "base/base.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/number.h"
#include "base/secret.h"
#include "tests/support/authd_process.h"
#include "tests/support/load.h"

enum {
    FEW = 1000,
    MANY = 10000000,
    ROUNDS = 17,
    LOGINS = 990,     /* of the few, each once */
    NOTED_MS = 61000, /* until a name may be noted again */
    READING_S = 300,
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

static void pause_ms(unsigned ms)
{
    const struct timespec pause = {.tv_sec = ms / 1000,
                                   .tv_nsec = ms % 1000 * 1000000L};

    (void)nanosleep(&pause, NULL);
}

/* Until it has read in all it will: its memory grows until then. *out_s: that took so long. */
static int wait_until_read(const struct authd_process *authd, double *out_s,
                           struct error *err)
{
    enum {
        STEP_MS = 100,
        STILL = 20 /* steps without growth */
    };
    unsigned before = 0, still = 0;

    for (unsigned i = 0; i < READING_S * 1000 / STEP_MS; i++) {
        unsigned kib = memory_kib(authd->pid, "RssAnon");
        still = kib == before ? still + 1 : 0;
        if (still == STILL) {
            *out_s = (i - STILL) * STEP_MS / 1000.0;
            return 0;
        }
        before = kib;
        pause_ms(STEP_MS);
    }
    return error_set(err, ERROR_UNAVAILABLE, "authd has not read in all logins in %d s",
                     READING_S);
}

/* Rounds in turns, each beginning `stride` logins behind the one before. */
static int compare(const struct authd_process authd[2], const unsigned leases[2],
                   const char *kind, unsigned first, unsigned stride, struct error *err)
{
    double took[2][ROUNDS], ratio[ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        for (size_t size = 0; size < 2; size++) {
            took[size][i] = measure(&authd[size], leases[size], first + i * stride,
                                    LOGINS, err);
            if (took[size][i] < 0)
                return -1;
        }
        ratio[i] = took[1][i] / took[0][i];
    }
    (void)printf(
        "growth, %u to %u credentials: a login that %s takes %.2f of the time "
        "(goal: at most %.1f; medians of %d rounds of %d in turns, %d clients: "
        "%.1f and %.1f us)\n",
        leases[0], leases[1], kind, median(ratio, ROUNDS), GOAL, ROUNDS, LOGINS,
        CLIENTS, median(took[0], ROUNDS), median(took[1], ROUNDS));
    return 0;
}

static int compare_sizes(const struct authd_process authd[2], const unsigned leases[2],
                         struct error *err)
{
    unsigned kib[2];
    double reading_s = 0;

    if (wait_until_read(&authd[1], &reading_s, err) != 0)
        return -1;
    for (size_t i = 0; i < 2; i++) {
        if (measure(&authd[i], leases[i], 1, LOGINS, err) < 0) /* now they are in use */
            return -1;
        kib[i] = memory_kib(authd[i].pid, "RssAnon");
        (void)printf(
            "memory of authd, %u credentials: %u KiB of its own at rest; %u KiB "
            "of files are mapped\n",
            leases[i], kib[i], memory_kib(authd[i].pid, "RssFile"));
    }
    (void)printf(
        "memory of authd: %.1f bytes of its own for each credential more; read "
        "in %.1f s behind its start\n",
        1024.0 * ((double)kib[1] - kib[0]) / (leases[1] - leases[0]), reading_s);
    if (compare(authd, leases, "is in use", 1, 0, err) != 0)
        return -1;
    pause_ms(NOTED_MS);
    return compare(authd, leases, "nobody asked about before", 1 + LOGINS, LOGINS, err);
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
