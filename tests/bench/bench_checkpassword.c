/*
 * bench_checkpassword.c - the whole process, from spawn to the end of PROG, with 100,000 and with
 * 1,000,000 leases in the database, against a static program that only reads and executes.
 */
#include "base/base.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "tests/support/authd_process.h"
#include "tests/support/seed.h"

enum {
    SIZES = 2,
    ROUNDS = 9,
    RUNS = 200
};

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* One login on descriptor 3 of argv; its exit status. */
static int log_in(char *const *argv, const char *record, size_t len)
{
    posix_spawn_file_actions_t actions;
    int pipes[2], status = -1;
    pid_t pid;

    if (pipe2(pipes, O_CLOEXEC) != 0 || write(pipes[1], record, len) != (ssize_t)len)
        return -1;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_adddup2(&actions, pipes[0], 3);
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) == 0)
        (void)waitpid(pid, &status, 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    (void)close(pipes[0]);
    (void)close(pipes[1]);
    return status;
}

static const unsigned leases[SIZES] = {100000, 1000000};

/* Microseconds a login, or a negative number. */
static double measure(char *const *argv, unsigned count, unsigned *number)
{
    char record[128], username[USERNAME_LEN + 1], password[PASSWORD_SHOWN_LEN + 1];
    double start = now_s();

    for (int i = 0; i < RUNS; i++) {
        /* Other leases each time; 4 to the end are all good. */
        *number = 4 + (*number * 7919 + 17) % (count - 4);
        seed_username(*number, username);
        seed_password(*number, password);
        int len = snprintf(record, sizeof record, "%s%c%s%c%c", username, 0, password,
                           0, 0);
        if (log_in(argv, record, (size_t)len) != 0)
            return -1;
    }
    return (now_s() - start) / RUNS * 1e6;
}

static int compare_programs(const char *build, const struct authd_process authd[SIZES],
                            struct error *err)
{
    char helper[256], floor[128], sockets[SIZES][160];
    char option[] = "--socket", program[] = "/bin/true";
    double helper_us[SIZES][ROUNDS], floor_us[ROUNDS], ratio[SIZES][ROUNDS];
    unsigned number = 0;

    (void)snprintf(helper, sizeof helper, "%s/cleansmtp-checkpassword", build);
    (void)snprintf(floor, sizeof floor, "%s/floor", authd[0].folder);
    const char *const compile[] = {
        "cc", "-static", "-O2", "-o", floor, "tests/bench/floor_checkpassword.c", NULL};
    char *const floor_argv[] = {floor, program, NULL};
    if (process_run(compile, err) != 0)
        return -1;
    for (size_t i = 0; i < ROUNDS; i++) {
        floor_us[i] = measure(floor_argv, leases[0], &number);
        for (size_t size = 0; size < SIZES; size++) {
            (void)snprintf(sockets[size], sizeof sockets[size], "%s/run/verify",
                           authd[size].folder);
            char *const argv[] = {helper, option, sockets[size], program, NULL};
            helper_us[size][i] = measure(argv, leases[size], &number);
            ratio[size][i] = helper_us[size][i] / floor_us[i];
            if (floor_us[i] < 0 || helper_us[size][i] < 0)
                return error_set(err, ERROR_INTERNAL, "a login failed");
        }
    }
    for (size_t size = 0; size < SIZES; size++)
        (void)printf(
            "checkpassword, %u leases: %.2f times a static program that only reads and "
            "execs (goal: at most 1.25; medians of %d rounds of %d logins in turns: %.0f "
            "and %.0f us)\n",
            leases[size], median(ratio[size], ROUNDS), ROUNDS, RUNS,
            median(helper_us[size], ROUNDS), median(floor_us, ROUNDS));
    return 0;
}

int main(int argc, char **argv)
{
    const char *build = argc > 1 ? argv[1] : "build/release";
    struct authd_process authd[SIZES];
    struct error err = {0};
    size_t running = 0;
    int result = 0;

    secret_startup();
    while (result == 0 && running < SIZES) {
        result = authd_process_start(build, leases[running], &authd[running], &err);
        if (result == 0)
            running++;
    }
    if (result == 0)
        result = compare_programs(build, authd, &err);
    while (running > 0)
        authd_process_stop(&authd[--running]);
    if (result != 0)
        (void)fprintf(stderr, "bench_checkpassword: %s\n", err.text);
    return result == 0 ? 0 : 1;
}
