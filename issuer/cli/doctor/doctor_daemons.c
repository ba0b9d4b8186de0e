/*
 * doctor_daemons.c - do the daemons answer, each on each of its sockets, in its own protocol?
 *
 * That authd can read database and pepper shows in its answer to a login that does not exist: it
 * says "no" only when it could look.
 */
#include "base/base.h"

#include "issuer/cli/doctor/doctor.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/socket.h"
#include "issuer/cli/output.h"

enum {
    ANSWER_MS = 6000, /* a refusal may be held back for 5 s */
    ANSWER_MAX = 4096
};

/* Does somebody look at the lists, and does he keep up? */
static void check_watch(struct doctor *doctor, const json_t *watch)
{
    struct findings *found = &doctor->found;
    long long asked = json_integer_value(json_object_get(watch, "asked"));
    long long unknown = json_integer_value(json_object_get(watch, "unknown"));
    const char *sentence = member(watch, "sentence");

    if (json_integer_value(json_object_get(watch, "every_s")) == 0)
        findings_add(found, FINDING_WARNING, "rounds over the lists",
                     "set zones.check_every: nobody learns that a reserved address is "
                     "listed",
                     "%s", sentence);
    else if (json_is_null(json_object_get(watch, "ended_at")))
        findings_add(found, FINDING_UNKNOWN, "rounds over the lists",
                     "ask again in a few minutes", "%s", sentence);
    else if (json_is_true(json_object_get(watch, "is_behind")))
        findings_add(found, FINDING_WARNING, "rounds over the lists",
                     "raise zones.questions_per_second or zones.check_every, or use "
                     "fewer lists",
                     "%s", sentence);
    else if (asked > 0 && unknown == asked)
        findings_add(found, FINDING_PROBLEM, "rounds over the lists",
                     "no list answers: look at dns.servers and at the resolver", "%s",
                     sentence);
    else
        findings_add(found, FINDING_OK, "rounds over the lists", NULL, "%s", sentence);
    long long left_out = json_integer_value(json_object_get(watch, "left_out"));
    if (left_out > 0)
        findings_add(found, FINDING_WARNING, "shared networks",
                     "add the addresses that send, instead of their network",
                     "of %lld only addresses are asked about that were named before",
                     left_out);
}

void doctor_check_issuer(struct doctor *doctor)
{
    struct findings *found = &doctor->found;
    struct error why = {0};
    json_t *health = NULL;

    if (!doctor_has_config(doctor, "answers"))
        return;
    if (cli_get(doctor->cli, "/api/v1/health", &health, &why) != 0) {
        bool is_denied = why.kind == ERROR_DENIED;
        findings_add(found, is_denied ? FINDING_UNKNOWN : FINDING_PROBLEM, "answers",
                     is_denied ? "run doctor as root"
                               : "start cleansmtpd; its log says why it ended",
                     "%s", why.text);
        return;
    }
    findings_add(found, FINDING_OK, "answers", NULL, "version %s",
                 member(health, "version"));
    if (strcmp(member(health, "version"), CLEANSMTP_VERSION) != 0)
        findings_add(found, FINDING_WARNING, "version", "restart cleansmtpd",
                     "the daemon is %s, this program " CLEANSMTP_VERSION,
                     member(health, "version"));
    if (json_is_true(json_object_get(health, "is_writable")))
        findings_add(found, FINDING_OK, "database", NULL, "it takes writes");
    else
        findings_add(found, FINDING_PROBLEM, "database",
                     "mend what it names: no lease is given now", "%s",
                     member(health, "why"));
    check_watch(doctor, json_object_get(health, "watch"));
    json_decref(health);
    if (cli_list(doctor->cli, "/api/v1/pool", 0, &doctor->pool, &why) != 0) {
        doctor->pool = NULL;
        findings_add(found, FINDING_UNKNOWN, "pool", NULL, "%s", why.text);
    }
}

/* ---- the sockets of authd ---- */

/* What to say, and how a right answer begins. */
struct probe {
    struct slice question, answer;
    const char *means;
};

/* A login is asked for where there is nothing else to ask: one that does not exist. No default: the
 * compiler says when a socket has no probe. */
static struct probe probe_of(enum config_socket socket)
{
    switch (socket) {
    case CONFIG_SOCKET_DOVECOT:
        return (struct probe){SLICE(""), SLICE("VERSION\t1\t"), "it greets"};
    case CONFIG_SOCKET_VERIFY:
        return (struct probe){SLICE("cs-dddddddd\tdoctor\tsmtp\t::1\n"), SLICE("NO"),
                              "it looks logins up"};
    case CONFIG_SOCKET_POLICY:
        return (struct probe){
            SLICE("request=smtpd_access_policy\nprotocol_state=CONNECT\n\n"),
            SLICE("action=DUNNO"), "it answers"};
    case CONFIG_SOCKET_SOCKETMAP:
        return (struct probe){SLICE("13:egress doctor,"), SLICE("9:NOTFOUND ,"),
                              "it answers"};
    case CONFIG_SOCKET_SASLAUTHD: /* four empty fields */
        return (struct probe){SLICE("\0\0\0\0\0\0\0\0"), SLICE("\0\2NO"), "it answers"};
    case CONFIG_SOCKET_NGINX:
        return (struct probe){
            SLICE("GET / HTTP/1.0\r\nAuth-Method: plain\r\nAuth-Protocol: smtp\r\n"
                  "Auth-User: cs-dddddddd\r\nAuth-Pass: doctor\r\n\r\n"),
            SLICE("HTTP/1.0 200 OK\r\n"), "it answers"};
    case CONFIG_SOCKET_COUNT: break;
    }
    abort();
}

/* Send the question and read what comes first. The answer's length, or -1. */
static ssize_t ask(const char *path, const struct probe *probe, char *answer,
                   struct error *err)
{
    ssize_t got = -1;
    int fd = -1;

    if (socket_connect_unix(path, ANSWER_MS, &fd, err) != 0)
        return -1;
    if (send(fd, probe->question.at, probe->question.len, MSG_NOSIGNAL) !=
        (ssize_t)probe->question.len)
        error_set_errno(err, ERROR_UNAVAILABLE, errno, "\"%s\" takes no question",
                        path);
    else if ((got = recv(fd, answer, ANSWER_MAX, 0)) < 0)
        error_set_errno(err, ERROR_UNAVAILABLE, errno, "\"%s\" does not answer", path);
    else if (got == 0)
        got = error_set(err, ERROR_UNAVAILABLE, "\"%s\" closes without an answer",
                        path);
    close(fd);
    return got;
}

static void check_socket(struct doctor *doctor, enum config_socket which)
{
    const char *path = config_socket_path(doctor->config, which);
    const char *name = config_sockets[which].name;
    const struct probe probe = probe_of(which);
    char answer[ANSWER_MAX];
    struct error why = {0};

    if (path == NULL || path[0] == '\0') {
        findings_add(&doctor->found, FINDING_OK, name, NULL, "switched off");
        return;
    }
    ssize_t got = ask(path, &probe, answer, &why);
    bool is_closed_to_us = got < 0 && access(path, W_OK) != 0 && errno == EACCES;
    if (is_closed_to_us)
        findings_add(&doctor->found, FINDING_UNKNOWN, name, "run doctor as root", "%s",
                     why.text);
    else if (got < 0)
        findings_add(&doctor->found, FINDING_PROBLEM, name,
                     "start cleansmtp-authd; until it answers, our logins are told to "
                     "try later",
                     "%s", why.text);
    else if (slice_equal(slice_take(slice_of(answer, (size_t)got), probe.answer.len),
                         probe.answer))
        findings_add(&doctor->found, FINDING_OK, name, NULL, "%s at %s", probe.means,
                     path);
    else
        findings_add(
            &doctor->found, FINDING_PROBLEM, name,
            "read the log of cleansmtp-authd: it cannot read the database or "
            "the pepper, or something else listens there",
            "\"%s\" answers \"%.*s\"", path,
            (int)strcspn(arena_strndup(doctor->mem, answer, (size_t)got), "\r\n"),
            answer);
}

void doctor_check_sockets(struct doctor *doctor)
{
    if (!doctor_has_config(doctor, "sockets"))
        return;
    for (int i = 0; i < CONFIG_SOCKET_COUNT; i++)
        check_socket(doctor, (enum config_socket)i);
}
