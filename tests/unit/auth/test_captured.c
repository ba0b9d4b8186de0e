/*
 * test_captured.c - what real Postfix, Exim and nginx wrote (tests/golden/auth), cut at every byte, gets the
 * same answers.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/authd.h"

#include <fcntl.h>
#include <unistd.h>

#include "auth/dialogue.h"
#include "base/file.h"
#include "base/log.h"
#include "tests/support/seed.h"

enum {
    CONVERSATION_MAX = 16 * 1024
};

static const struct {
    const char *name;
    enum config_socket socket;
    enum dialogue_fate end; /* what comes of the last answer */
} conversations[] = {
    {"postfix",                 CONFIG_SOCKET_DOVECOT,   DIALOGUE_GO_ON  },
    {"exim-plain",              CONFIG_SOCKET_DOVECOT,   DIALOGUE_GO_ON  },
    {"exim-plain-wrong",        CONFIG_SOCKET_DOVECOT,   DIALOGUE_GO_ON  },
    {"exim-login",              CONFIG_SOCKET_DOVECOT,   DIALOGUE_GO_ON  },
    {"postfix-policy",          CONFIG_SOCKET_POLICY,    DIALOGUE_GO_ON  },
    {"exim-policy-mail",        CONFIG_SOCKET_POLICY,    DIALOGUE_GO_ON  },
    {"exim-policy-rcpt",        CONFIG_SOCKET_POLICY,    DIALOGUE_GO_ON  },
    {"exim-policy-end",         CONFIG_SOCKET_POLICY,    DIALOGUE_GO_ON  },
    {"exim-policy-forged",      CONFIG_SOCKET_POLICY,    DIALOGUE_GO_ON  },
    {"postfix-socketmap",       CONFIG_SOCKET_SOCKETMAP, DIALOGUE_GO_ON  },
    {"postfix-socketmap-lanes", CONFIG_SOCKET_SOCKETMAP, DIALOGUE_GO_ON  },
    {"postfix-saslauthd",       CONFIG_SOCKET_SASLAUTHD, DIALOGUE_HANG_UP},
    {"exim-saslauthd",          CONFIG_SOCKET_SASLAUTHD, DIALOGUE_HANG_UP},
    {"nginx",                   CONFIG_SOCKET_NGINX,     DIALOGUE_CLOSE  },
    {"nginx-wrong",             CONFIG_SOCKET_NGINX,     DIALOGUE_CLOSE  },
};

static char folder[64];

static int make_state(void **state)
{
    struct error err = {0};

    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/cs-captured-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    return seed_state(folder, 8, clock_now(&clock_system), &err);
}

static int remove_state(void **state)
{
    char command[128];

    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command); // NOLINT(cert-env33-c,concurrency-mt-unsafe)
}

static struct authd *start(void)
{
    struct authd_parts parts = {.clock = clock_system, .random = random_system};
    struct authd *authd = NULL;
    struct error err = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "%s/cleansmtp.conf", folder);
    if (config_load(path, &parts.config, &err) != 0)
        fail_msg("%s", err.text);
    parts.config->auth.nginx_address = "127.0.0.1";
    parts.config->auth.nginx_port = 10587;
    if (authd_new(&parts, &authd, &err) != 0)
        fail_msg("%s", err.text);
    return authd;
}

static void read_golden(const char *name, const char *suffix, struct strbuf *out)
{
    struct error err = {0};
    char path[128];

    (void)snprintf(path, sizeof path, "tests/golden/auth/%s%s", name, suffix);
    strbuf_init(out, CONVERSATION_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || file_read_fd(out, fd, CONVERSATION_MAX, &err) != 0)
        fail_msg("%s: %s", path, err.text);
    (void)close(fd);
}

/* ---- one conversation --------------------------------------------------------------------------- */

/* What was held back; it is answered when the piece was taken in. */
struct host {
    unsigned count;
    uint64_t tickets[32];
    struct authd_login logins[32];
};

static void keep(void *context, uint64_t ticket, const struct authd_login *login)
{
    struct host *host = context;

    assert_true(host->count < ARRAY_LEN(host->tickets));
    host->tickets[host->count] = ticket;
    host->logins[host->count++] = *login;
}

static enum dialogue_fate feed(struct authd *authd, struct dialogue *dialogue,
                               struct host *host, struct slice piece)
{
    enum dialogue_fate fate = dialogue_take(dialogue, piece);

    while (fate == DIALOGUE_GO_ON && dialogue_has_promise(dialogue))
        fate = dialogue_committed(dialogue, authd_commit(authd) == 0);
    for (unsigned i = 0; i < host->count; i++)
        fate = dialogue_answer(dialogue, host->tickets[i], &host->logins[i]);
    host->count = 0;
    return fate;
}

/* Each line of want is in got, and nothing else. */
static bool same_lines(struct slice got, struct slice want)
{
    struct slice line;
    bool is_same = got.len == want.len;

    while (is_same && slice_cut(&want, '\n', &line))
        is_same = slice_find(got, line) >= 0;
    return is_same;
}

/* The conversation in pieces of `first` bytes and then of `step`. */
static bool goes_as_recorded(struct authd *authd, size_t which, size_t first,
                             size_t step)
{
    struct host host = {0};
    struct dialogue *dialogue = dialogue_new(
        authd, conversations[which].socket, 1,
        &(struct dialogue_host){.delay = keep, .context = &host});
    size_t greeting = dialogue_out(dialogue)->len, size = first;
    enum dialogue_fate fate = DIALOGUE_GO_ON;
    struct strbuf in, out;

    read_golden(conversations[which].name, ".in", &in);
    read_golden(conversations[which].name, ".out", &out);
    struct slice rest = strbuf_slice(&in);
    while (rest.len > 0 && fate == DIALOGUE_GO_ON) {
        fate = feed(authd, dialogue, &host, slice_take(rest, size));
        rest = slice_skip(rest, size);
        size = step;
    }
    bool is_same = same_lines(
                       slice_skip(strbuf_slice(dialogue_out(dialogue)), greeting),
                       strbuf_slice(&out)) &&
                   fate == conversations[which].end && rest.len == 0;
    dialogue_free(dialogue);
    strbuf_release(&in);
    strbuf_release(&out);
    return is_same;
}

static size_t length_of(size_t which)
{
    struct strbuf in;

    read_golden(conversations[which].name, ".in", &in);
    size_t len = in.len;
    strbuf_release(&in);
    return len;
}

static void real_requests_are_answered_however_they_are_cut(void **state)
{
    struct authd *authd = start();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(conversations); i++) {
        size_t len = length_of(i);
        assert_true(len > 0);
        for (size_t split = 1; split <= len; split++)
            if (!goes_as_recorded(authd, i, split, len))
                fail_msg("%s, cut behind byte %zu", conversations[i].name, split);
    }
    authd_free(authd);
}

static void real_requests_are_answered_byte_by_byte(void **state)
{
    struct authd *authd = start();

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(conversations); i++)
        for (size_t step = 1; step <= 7; step++)
            if (!goes_as_recorded(authd, i, step, step))
                fail_msg("%s, in pieces of %zu", conversations[i].name, step);
    authd_free(authd);
}

int main(void)
{
#define FRESH(test) cmocka_unit_test_setup_teardown(test, make_state, remove_state)
    const struct CMUnitTest tests[] = {
        FRESH(real_requests_are_answered_however_they_are_cut),
        FRESH(real_requests_are_answered_byte_by_byte),
    };

    secret_startup();
    log_set_level(LOG_LEVEL_ERROR);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
