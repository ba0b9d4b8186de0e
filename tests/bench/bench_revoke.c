/*
 * bench_revoke.c - from the acknowledgement of a revocation to the refusal: each of TRIALS leases logs
 * in, is revoked through the store (what cleansmtpd does before it answers), and is asked for again at
 * once, on connections that are open: a login, and a message of its session. Nothing may be accepted.
 */
#include "base/base.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/encode.h"
#include "base/secret.h"
#include "base/socket.h"
#include "db/store.h"
#include "tests/support/authd_process.h"
#include "tests/support/seed.h"

enum {
    TRIALS = 10000,
    LEASES = TRIALS + 4, /* those below 4 are not good */
    CONNECT_MS = 10000
};

static double now_s(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Ask, and read until the answer has its end; does it begin so? */
static bool answers(int fd, const struct strbuf *request, const char *end,
                    const char *begin)
{
    char buffer[1024];
    size_t len = 0;

    if (send(fd, request->at, request->len, MSG_NOSIGNAL) != (ssize_t)request->len)
        return false;
    while (slice_find(slice_of(buffer, len), slice_from(end)) < 0) {
        ssize_t count = recv(fd, buffer + len, sizeof buffer - len, 0);
        if (count <= 0)
            return false;
        len += (size_t)count;
    }
    return slice_starts(slice_of(buffer, len), begin);
}

/* Each from an address of its own, so that no delay for guessers is measured. */
static void ask_login(unsigned number, unsigned id, struct strbuf *out)
{
    char username[USERNAME_LEN + 1], password[PASSWORD_SHOWN_LEN + 1], message[64];

    seed_username(number, username);
    seed_password(number, password);
    int len = snprintf(message, sizeof message, "%c%s%c%s", 0, username, 0, password);
    strbuf_reset(out);
    strbuf_printf(out, "AUTH\t%u\tPLAIN\tservice=smtp\trip=10.0.%u.%u\tresp=", id,
                  number >> 8, number & 255);
    base64_append(out, message, (size_t)len);
    strbuf_putc(out, '\n');
}

static void ask_message(unsigned number, struct strbuf *out)
{
    char username[USERNAME_LEN + 1], mailbox[64];

    seed_username(number, username);
    seed_mailbox(number, mailbox);
    strbuf_reset(out);
    strbuf_printf(
        out,
        "request=smtpd_access_policy\nprotocol_state=RCPT\nsender=%s\n"
        "recipient=anna@remote.example\ninstance=1.2.%u\nsasl_username=%s\n\n",
        mailbox, number, username);
}

struct trials {
    struct store *store;
    int auth_fd, policy_fd;
    double login_us[TRIALS], message_us[TRIALS];
};

static int try_one(struct trials *trials, unsigned trial, struct strbuf *text,
                   struct error *err)
{
    unsigned number = trial + 4;

    ask_login(number, 2 * trial + 1, text);
    if (!answers(trials->auth_fd, text, "\n", "OK\t"))
        return error_set(err, ERROR_INTERNAL, "login %u was not good before", number);
    if (store_lease_end(trials->store, (int64_t)number + 1, LEASE_END_REVOKED,
                        "agent:bench", "", clock_now(&clock_system), err) != 0)
        return -1;
    double acknowledged = now_s();
    ask_login(number, 2 * trial + 2, text);
    if (!answers(trials->auth_fd, text, "\n", "FAIL\t"))
        return error_set(err, ERROR_INTERNAL, "login %u was good after", number);
    double refused = now_s();
    ask_message(number, text);
    if (!answers(trials->policy_fd, text, "\n\n", "action=550 "))
        return error_set(err, ERROR_INTERNAL, "a message of %u was good after", number);
    trials->login_us[trial] = (refused - acknowledged) * 1e6;
    trials->message_us[trial] = (now_s() - refused) * 1e6;
    return 0;
}

/* The value below which so many of a thousand lie; sorted. */
static double at_most(const double us[TRIALS], size_t of_thousand)
{
    return us[TRIALS * of_thousand / 1000 - 1];
}

static void report(const char *what, double us[TRIALS])
{
    double middle = median(us, TRIALS); /* sorts */

    (void)printf("revocation acknowledged, %s refused: %d of %d at once; after %.0f us "
                 "(median), %.0f (95%%), %.0f (99%%), %.0f (99.9%%), %.0f (longest)\n",
                 what, TRIALS, TRIALS, middle, at_most(us, 950), at_most(us, 990),
                 at_most(us, 999), at_most(us, 1000));
}

static int try_all(const struct authd_process *authd, struct error *err)
{
    static struct trials trials = {.auth_fd = -1, .policy_fd = -1};
    char auth[128], policy[128], database[128];
    struct strbuf text;
    int result = -1;

    (void)snprintf(auth, sizeof auth, "%s/run/auth", authd->folder);
    (void)snprintf(policy, sizeof policy, "%s/run/policy", authd->folder);
    (void)snprintf(database, sizeof database, "%s/state/cleansmtp.db", authd->folder);
    strbuf_init(&text, 1024);
    if (store_open(database, STORE_WRITE, &trials.store, err) != 0 ||
        socket_connect_unix(auth, CONNECT_MS, &trials.auth_fd, err) != 0 ||
        socket_connect_unix(policy, CONNECT_MS, &trials.policy_fd, err) != 0)
        goto out;
    if (!answers(trials.auth_fd, &text, "DONE\n", "VERSION")) {
        (void)error_set(err, ERROR_INTERNAL, "no greeting");
        goto out;
    }
    for (unsigned i = 0; i < TRIALS; i++)
        if (try_one(&trials, i, &text, err) != 0)
            goto out;
    report("login", trials.login_us);
    report("message", trials.message_us);
    result = 0;
out:
    strbuf_release(&text);
    if (trials.store != NULL)
        store_close(trials.store);
    if (trials.auth_fd >= 0)
        (void)close(trials.auth_fd);
    if (trials.policy_fd >= 0)
        (void)close(trials.policy_fd);
    return result;
}

int main(int argc, char **argv)
{
    const char *build = argc > 1 ? argv[1] : "build/release";
    struct authd_process authd;
    struct error err = {0};

    secret_startup();
    int result = authd_process_start(build, LEASES, &authd, &err);
    if (result == 0) {
        result = try_all(&authd, &err);
        authd_process_stop(&authd);
    }
    if (result != 0)
        (void)fprintf(stderr, "bench_revoke: %s\n", err.text);
    return result == 0 ? 0 : 1;
}
