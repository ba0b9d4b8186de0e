/*
 * bench_policy.c - messages on the policy socket, 16 clients, against a server that answers a constant:
 * at RCPT, where only questions are asked, and at the end of a message, where a record is on the disk
 * before the answer; there the constant's server makes a record durable as well, once a round.
 */
#include "base/base.h"

#include <unistd.h>

#include "base/secret.h"
#include "tests/support/authd_process.h"
#include "tests/support/load.h"

enum {
    LEASES = 100000,
    ROUNDS = 7,
    CLIENTS = 16
};

#define GOAL 0.6

static const struct stage {
    const char *name, *floor; /* socket of the floor, below the folder */
    const struct load_protocol *protocol;
    unsigned requests; /* a round */
} stages[] = {
    {"RCPT",           "constant", &load_policy_rcpt, 12000},
    {"END-OF-MESSAGE", "durable",  &load_policy_end,  4000 },
};

/* Requests a second, or a negative number. */
static double measure(const char *folder, const char *socket, const struct stage *stage,
                      size_t round, struct error *err)
{
    char path[128];
    double s;

    (void)snprintf(path, sizeof path, "%s/%s", folder, socket);
    /* Others in each round and stage: a lease may send a few messages an hour. */
    const struct load load = {.path = path,
                              .protocol = stage->protocol,
                              .clients = CLIENTS,
                              .requests = stage->requests,
                              .first = 1 + (unsigned)round * stage->requests,
                              .logins = LEASES};
    return load_run(&load, &s, err) == 0 ? stage->requests / s : -1;
}

/* Each login once, at RCPT, which changes nothing: so much is known of logins that send. */
static int warm_up(const char *folder, struct error *err)
{
    char path[128];
    double s;

    (void)snprintf(path, sizeof path, "%s/run/policy", folder);
    return load_run(&(struct load){.path = path,
                                   .protocol = &load_policy_rcpt,
                                   .clients = CLIENTS,
                                   .requests = LEASES,
                                   .first = 1,
                                   .logins = LEASES},
                    &s, err);
}

static int compare_stage(const char *folder, const struct stage *stage,
                         struct error *err)
{
    double ours[ROUNDS], floor[ROUNDS], ratio[ROUNDS];

    if (warm_up(folder, err) != 0)
        return -1;
    for (size_t i = 0; i < ROUNDS; i++) {
        floor[i] = measure(folder, stage->floor, stage, i, err);
        ours[i] = measure(folder, "run/policy", stage, i, err);
        if (floor[i] < 0 || ours[i] < 0)
            return -1;
        ratio[i] = ours[i] / floor[i];
    }
    (void)printf(
        "policy, %d clients, %s: %.2f of the rate of a %s answer (goal: at least "
        "%.1f; medians of %d rounds of %u in turns: %.0f and %.0f a second)\n",
        CLIENTS, stage->name, median(ratio, ROUNDS), stage->floor, GOAL, ROUNDS,
        stage->requests, median(ours, ROUNDS), median(floor, ROUNDS));
    return 0;
}

/* Both floors; *out_pids are to be stopped. */
static int start_floors(const char *folder, pid_t out_pids[2], struct error *err)
{
    char program[128], constant[128], durable[128], record[128];

    (void)snprintf(program, sizeof program, "%s/floor", folder);
    (void)snprintf(constant, sizeof constant, "%s/constant", folder);
    (void)snprintf(durable, sizeof durable, "%s/durable", folder);
    (void)snprintf(record, sizeof record, "%s/records", folder);
    const char *const compile[] = {
        "cc", "-O2", "-o", program, "tests/bench/floor_policy.c", NULL};
    const char *const asked[] = {program, constant, NULL};
    const char *const kept[] = {program, durable, record, NULL};
    if (process_run(compile, err) != 0 ||
        process_start(asked, &out_pids[0], err) != 0 ||
        process_start(kept, &out_pids[1], err) != 0 ||
        process_wait_socket(constant, err) != 0)
        return -1;
    return process_wait_socket(durable, err);
}

int main(int argc, char **argv)
{
    const char *build = argc > 1 ? argv[1] : "build/release";
    struct authd_process authd;
    pid_t pids[2] = {0};
    struct error err = {0};

    secret_startup();
    int result = authd_process_start(build, LEASES, &authd, &err);
    if (result == 0) {
        result = start_floors(authd.folder, pids, &err);
        for (size_t i = 0; result == 0 && i < ARRAY_LEN(stages); i++)
            result = compare_stage(authd.folder, &stages[i], &err);
        process_stop(pids[0]);
        process_stop(pids[1]);
        authd_process_stop(&authd);
    }
    if (result != 0)
        (void)fprintf(stderr, "bench_policy: %s\n", err.text);
    return result == 0 ? 0 : 1;
}
