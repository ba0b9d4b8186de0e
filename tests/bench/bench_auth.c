/*
 * bench_auth.c - logins on the auth socket, beside an echo server on the same kind of socket and
 * what a site would use instead of us (tests/support/bench_peers.py), in turns, by the same clients.
 * All have answered each login once before.
 */
#include "base/base.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"
#include "tests/support/authd_process.h"
#include "tests/support/load.h"
#include "tests/support/seed.h"

enum {
    LEASES = 100000,
    ROUNDS = 21,
    ONE_LOGINS = 4000, /* a round of one client */
    MANY_LOGINS = 16000,
    CLIENTS = 16,
    PEERS_S = 120 /* until they have made their tables of users */
};

enum who {
    OURS,
    ECHO,
    DOVECOT_FILE,
    DOVECOT_SQLITE,
    SASLAUTHD,
    WHO_COUNT
};

static const struct {
    const char *name, *socket; /* below the folder */
    const struct load_protocol *protocol;
} servers[] = {
    [OURS] = {"authd",                       "run/auth",            &load_auth},
    [ECHO] = {"echo server",                 "echo",                &load_echo},
    [DOVECOT_FILE] = {"Dovecot, passwd-file",        "peers/file/client",   &load_auth},
    [DOVECOT_SQLITE] = {"Dovecot, SQLite",             "peers/sqlite/client", &load_auth},
    [SASLAUTHD] = {"saslauthd, sasldb (its mux)", "peers/saslauthd/mux",
              &load_saslauthd                                                 },
};
_Static_assert(ARRAY_LEN(servers) == WHO_COUNT, "a row a server");

/* What is said about us: seconds of us and of the other, for as many logins. */
static const struct {
    enum who other;
    unsigned clients;
    double goal;
    bool is_rate; /* at least goal times its rate; else at most goal times its time */
} figures[] = {
    {ECHO,           1,       1.5, false},
    {DOVECOT_FILE,   1,       0.7, false},
    {DOVECOT_FILE,   CLIENTS, 2,   true },
    {DOVECOT_SQLITE, CLIENTS, 6,   true },
    {SASLAUTHD,      CLIENTS, 8,   true },
    {ECHO,           CLIENTS, 0,   true },
};

/* Each login once, unmeasured: users of a site log in again and again, and whoever remembers anything
 * about them may do so. */
static int warm_up(const char *folder, enum who who, struct error *err)
{
    char path[128];
    double s;

    (void)snprintf(path, sizeof path, "%s/%s", folder, servers[who].socket);
    return load_run(&(struct load){.path = path,
                                   .protocol = servers[who].protocol,
                                   .clients = CLIENTS,
                                   .requests = LEASES,
                                   .first = 1,
                                   .logins = LEASES},
                    &s, err);
}

/* Seconds a login of each round; [0] with one client, [1] with many. */
struct measured {
    bool is_there;
    double s[2][ROUNDS];
};

static int measure(const char *folder, enum who who, size_t round, struct measured *out,
                   struct error *err)
{
    static const unsigned clients[] = {1, CLIENTS},
                          logins[] = {ONE_LOGINS, MANY_LOGINS};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/%s", folder, servers[who].socket);
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        /* The slow ones are asked less often. */
        unsigned requests = who == SASLAUTHD ? logins[i] / 4 : logins[i];
        const struct load load = {.path = path,
                                  .protocol = servers[who].protocol,
                                  .clients = clients[i],
                                  .requests = requests,
                                  .first = (unsigned)round * MANY_LOGINS + 1,
                                  .logins = LEASES};
        if (load_run(&load, &out->s[i][round], err) != 0)
            return -1;
        out->s[i][round] /= requests;
    }
    return 0;
}

static void report(const struct measured all[WHO_COUNT])
{
    for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
        size_t which = figures[i].clients == 1 ? 0 : 1;
        const struct measured *ours = &all[OURS], *other = &all[figures[i].other];
        double ratio[ROUNDS], our_s[ROUNDS], other_s[ROUNDS];
        if (!other->is_there) {
            (void)printf("auth: %s is not installed here, or we are not root\n",
                         servers[figures[i].other].name);
            continue;
        }
        for (size_t r = 0; r < ROUNDS; r++) {
            our_s[r] = ours->s[which][r];
            other_s[r] = other->s[which][r];
            ratio[r] = figures[i].is_rate ? other_s[r] / our_s[r]
                                          : our_s[r] / other_s[r];
        }
        (void)printf("auth, %2u client%s: %5.2f of the %s of %s (", figures[i].clients,
                     figures[i].clients == 1 ? "" : "s", median(ratio, ROUNDS),
                     figures[i].is_rate ? "rate" : "time",
                     servers[figures[i].other].name);
        if (figures[i].goal > 0)
            (void)printf("goal: %s %.1f; ", figures[i].is_rate ? "at least" : "at most",
                         figures[i].goal);
        (void)printf("%.1f and %.1f us a login)\n", median(our_s, ROUNDS) * 1e6,
                     median(other_s, ROUNDS) * 1e6);
    }
}

static int compare_servers(const char *folder, struct error *err)
{
    static struct measured all[WHO_COUNT];
    struct stat about;
    char path[128];

    for (size_t i = 0; i < WHO_COUNT; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, servers[i].socket);
        all[i].is_there = stat(path, &about) == 0;
        if (all[i].is_there && warm_up(folder, (enum who)i, err) != 0)
            return -1;
    }
    for (size_t round = 0; round < ROUNDS; round++)
        for (size_t i = 0; i < WHO_COUNT; i++)
            if (all[i].is_there &&
                measure(folder, (enum who)i, round, &all[i], err) != 0)
                return -1;
    (void)printf("auth: medians of %d rounds in turns, %d users each\n", ROUNDS,
                 LEASES);
    report(all);
    return 0;
}

/* The echo server and the peers; *out_pids are to be stopped. */
static int start_others(const char *folder, pid_t out_pids[2], struct error *err)
{
    char floor[128], echo[128], peers[128], ready[128], count[16];

    (void)snprintf(floor, sizeof floor, "%s/floor", folder);
    (void)snprintf(echo, sizeof echo, "%s/echo", folder);
    (void)snprintf(peers, sizeof peers, "%s/peers", folder);
    (void)snprintf(ready, sizeof ready, "%s/peers/ready", folder);
    (void)snprintf(count, sizeof count, "%d", LEASES);
    const char *const compile[] = {"cc", "-O2", "-o", floor, "tests/bench/floor_echo.c",
                                   NULL};
    const char *const serve[] = {floor, echo, NULL};
    const char *const others[] = {"tests/support/bench_peers.py", peers, count, NULL};
    if (mkdir(peers, 0755) != 0 || chmod(folder, 0755) != 0)
        return error_set(err, ERROR_INTERNAL, "could not make \"%s\"", peers);
    if (process_run(compile, err) != 0 ||
        process_start(serve, &out_pids[0], err) != 0 ||
        process_wait_socket(echo, err) != 0 ||
        process_start(others, &out_pids[1], err) != 0)
        return -1;
    return process_wait_file(ready, PEERS_S, err);
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
        result = start_others(authd.folder, pids, &err);
        if (result == 0)
            result = compare_servers(authd.folder, &err);
        process_stop(pids[0]);
        process_stop(pids[1]);
        authd_process_stop(&authd);
    }
    if (result != 0)
        (void)fprintf(stderr, "bench_auth: %s\n", err.text);
    return result == 0 ? 0 : 1;
}
