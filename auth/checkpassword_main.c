/*
 * checkpassword_main.c - cleansmtp-checkpassword: the checkpassword interface, for one login.
 *
 * Runs once per login beside a network-facing mail server, as whoever calls it, and therefore
 * holds nothing: no database, no key, no heap, libc alone. It asks cleansmtp-authd and runs PROG
 * when the answer is good. Its own trouble is exit 111, never 1: a mail client that hears
 * "wrong password" throws the password away.
 *
 * Standard output stays silent (it may be the network), messages go to standard error, and the
 * password goes nowhere. Source: http://cr.yp.to/checkpwd/interface.html, and Dovecot 2.3
 * src/auth/db-checkpassword.c for the environment and the exit statuses.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "auth/checkpassword_record.h"
#include "base/socket.h"

#define DEFAULT_SOCKET "/run/cleansmtp/verify"
#define TROUBLE "cleansmtp-checkpassword: "

enum exit_status {
    EXIT_GOOD = 0, /* --stdin only: otherwise PROG runs */
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_LOOKUPS = 3, /* Dovecot: user unknown to a lookup */
    EXIT_TROUBLE = 111
};

enum {
    RECORD_FD = 3,
    FIRST_FOREIGN_FD = 5, /* 4 is where checkpassword-reply answers */
    CONNECT_MS = 1000,
    ANSWER_S =
        6, /* authd holds a refusal back for at most 5 s; Postfix gives us 10 s */
    ALARM_S = 8,
    QUESTION_MAX = VERIFY_RECORD_MAX,
    ANSWER_MAX = 1024,
    ENVIRONMENT_MAX = 1024 /* variables; Dovecot sets about 80 */
};

static void complain(const char *what, const char *why)
{
    char line[512];
    int len = snprintf(line, sizeof line, TROUBLE "%s%s%s\n", what,
                       why[0] == '\0' ? "" : ": ", why);

    if (len > 0 && write(STDERR_FILENO, line,
                         (size_t)len < sizeof line ? (size_t)len : sizeof line - 1) < 0)
        return; /* there is nobody left to tell */
}

static const char *environment(const char *name)
{
    /* One thread. */
    const char *value = getenv(name); // NOLINT(concurrency-mt-unsafe)

    return value == NULL ? "" : value;
}

static void on_alarm(int number)
{
    (void)number;
    _exit(EXIT_TROUBLE);
}

/* Dovecot leaks the pipes of other logins into us: holding them would hold those up. */
static void close_foreign_descriptors(void)
{
    struct rlimit limit;

    if (close_range(FIRST_FOREIGN_FD, ~0U, 0) == 0 ||
        getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    for (rlim_t fd = FIRST_FOREIGN_FD; fd < limit.rlim_cur && fd < 65536; fd++)
        (void)close((int)fd);
}

struct call {
    const char *socket_path;
    char **program; /* NULL-ended; NULL with is_stdin */
    bool is_stdin;
};

static int usage(void)
{
    complain(
        "usage: cleansmtp-checkpassword [--socket PATH] PROG [ARG...] 3< record, or "
        "cleansmtp-checkpassword [--socket PATH] --stdin < record",
        "");
    return EXIT_USAGE;
}

/* The interface has no options of its own, so ours stand before PROG. 0, or EXIT_USAGE. */
static int read_call(int argc, char **argv, struct call *out)
{
    /* Never from the environment where we would run with more rights than the caller. */
    const char *path = secure_getenv("CLEANSMTP_VERIFY");
    int next = 1;

    *out = (struct call){.socket_path = path == NULL || path[0] == '\0' ? DEFAULT_SOCKET
                                                                        : path};
    if (next + 1 < argc && strcmp(argv[next], "--socket") == 0) {
        out->socket_path = argv[next + 1];
        next += 2;
    }
    if (next < argc && strcmp(argv[next], "--stdin") == 0) {
        out->is_stdin = true;
        next++;
    }
    if (out->is_stdin)
        return next == argc ? 0 : usage();
    if (next >= argc || argv[next][0] == '-')
        return usage();
    out->program = argv + next;
    return 0;
}

/* What the login may be used for, before anything is read. 0, or the status to end with. */
static int check_purpose(void)
{
    const char *service = environment("SERVICE");

    if (environment("AUTHORIZED")[0] != '\0' ||
        environment("CREDENTIALS_LOOKUP")[0] != '\0')
        return EXIT_NO_LOOKUPS;
    if (service[0] != '\0' && strcmp(service, "smtp") != 0 &&
        strcmp(service, "submission") != 0)
        return EXIT_REFUSED;
    return 0;
}

/* Up to the third NUL, the end, or one byte too much. Bytes read, or -1. */
static ssize_t read_record(int fd, char *buffer, size_t size)
{
    size_t len = 0;

    while (len < size && !checkpassword_record_is_complete(slice_of(buffer, len))) {
        ssize_t count = read(fd, buffer + len, size - len);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return -1;
        if (count == 0)
            break;
        len += (size_t)count;
    }
    return (ssize_t)len;
}

/* pam_exec(8) with expose_authtok gives the password alone, and the rest in the environment. */
static bool read_fields(const struct call *call, struct slice bytes,
                        struct checkpassword_record *out)
{
    struct slice user = slice_from(environment("PAM_USER"));
    struct slice rest = bytes;

    if (!call->is_stdin || user.len == 0)
        return checkpassword_record_parse(bytes, out);
    out->login = user;
    return slice_cut(&rest, '\0', &out->password) &&
           bytes.len <= CHECKPASSWORD_RECORD_MAX;
}

static struct slice client_address(void)
{
    struct slice client = slice_from(environment("TCPREMOTEIP"));

    if (client.len == 0)
        client = slice_from(environment("PAM_RHOST"));
    return client.len <= ADDRESS_TEXT_MAX && slice_is_printable(client) ? client
                                                                        : SLICE("");
}

static int connect_authd(const char *path, struct error *err)
{
    const struct timeval limit = {.tv_sec = ANSWER_S};
    int fd;

    if (socket_connect_unix(path, CONNECT_MS, &fd, err) != 0)
        return -1;
    /* Away from 0 to 4, should the caller have closed one of them. */
    int high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_FOREIGN_FD);
    (void)close(fd);
    if (high < 0 ||
        setsockopt(high, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) != 0)
        return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not set up \"%s\"",
                               path);
    return high;
}

/* Ask and hear one line. */
static int ask(const char *path, struct slice question, char *answer, size_t size,
               struct slice *out, struct error *err)
{
    size_t len = 0;
    ptrdiff_t end = -1;
    int fd = connect_authd(path, err);

    if (fd < 0)
        return -1;
    if (send(fd, question.at, question.len, MSG_NOSIGNAL) != (ssize_t)question.len) {
        (void)close(fd);
        return error_set_errno(err, ERROR_UNAVAILABLE, errno, "could not ask \"%s\"",
                               path);
    }
    while (end < 0 && len < size) {
        ssize_t count = recv(fd, answer + len, size - len, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0) {
            (void)close(fd);
            return error_set(err, ERROR_UNAVAILABLE, "no answer from \"%s\"", path);
        }
        len += (size_t)count;
        end = slice_find_byte(slice_of(answer, len), '\n');
    }
    (void)close(fd);
    if (end < 0)
        return error_set(err, ERROR_UNAVAILABLE, "no line from \"%s\"", path);
    *out = slice_of(answer, (size_t)end);
    return 0;
}

static bool is_ours(const char *variable)
{
    static const char *const ours[] = {"USER=", "EXTRA=", "userdb_uid=", "userdb_gid="};

    for (size_t i = 0; i < ARRAY_LEN(ours); i++)
        if (strncmp(variable, ours[i], strlen(ours[i])) == 0)
            return true;
    return false;
}

/* Run PROG as the good login. ORIG_UID stays: checkpassword-reply refuses without it. The ids of
 * "nobody" keep Dovecot from taking its own for those of a mailbox. */
static int run(char **program, const char *username)
{
    static char user[sizeof "USER=" + LOGIN_MAX];
    static char extra[] = "EXTRA=userdb_uid userdb_gid";
    static char uid[] = "userdb_uid=65534", gid[] = "userdb_gid=65534";
    static char *variables[ENVIRONMENT_MAX];
    char *const added[] = {user, extra, uid, gid};
    size_t count = 0;

    if (snprintf(user, sizeof user, "USER=%s", username) >= (int)sizeof user)
        return EXIT_TROUBLE;
    for (char **at = environ; *at != NULL; at++) {
        if (is_ours(*at))
            continue;
        if (count + ARRAY_LEN(added) + 1 >= ENVIRONMENT_MAX) {
            complain("the environment is too large", "");
            return EXIT_TROUBLE;
        }
        variables[count++] = *at;
    }
    for (size_t i = 0; i < ARRAY_LEN(added); i++)
        variables[count++] = added[i];
    variables[count] = NULL;
    (void)alarm(0); /* it would outlive the exec and end PROG */
    (void)execvpe(program[0], program, variables);
    complain(program[0], strerrordesc_np(errno));
    return EXIT_TROUBLE;
}

/* The question for the record; its length, or 0 for a login that cannot be ours. -1 is the status
 * in *out_status. */
static ssize_t make_question(const struct call *call, char *question, int *out_status)
{
    char record[CHECKPASSWORD_RECORD_MAX + 1];
    struct checkpassword_record fields;
    int fd = call->is_stdin ? STDIN_FILENO : RECORD_FD;
    ssize_t len = read_record(fd, record, sizeof record);
    ssize_t result = -1;

    *out_status = EXIT_USAGE;
    if (len < 0 && errno == EBADF) {
        (void)usage(); /* somebody tries it by hand */
        return -1;
    }
    if (len < 0) {
        complain("could not read the login", strerrordesc_np(errno));
        *out_status = EXIT_TROUBLE;
        return -1;
    }
    (void)close(fd);
    if (read_fields(call, slice_of(record, (size_t)len), &fields)) {
        const struct checkpassword_question asked = {
            .login = fields.login,
            .password = fields.password,
            .service = environment("SERVICE")[0] == '\0'
                           ? SLICE("smtp")
                           : slice_from(environment("SERVICE")),
            .client = client_address(),
            .secured = environment("AUTH_SECURED")[0] != '\0',
        };
        result = (ssize_t)checkpassword_question_write(&asked, question, QUESTION_MAX);
    } else {
        complain("the login is not login NUL password NUL, within 512 bytes", "");
    }
    explicit_bzero(record, sizeof record);
    return result;
}

static int check(const struct call *call)
{
    char question[QUESTION_MAX], answer[ANSWER_MAX], username[LOGIN_MAX + 1];
    struct error err = {0};
    struct slice line = {0};
    int status;
    ssize_t len = make_question(call, question, &status);

    if (len < 0)
        return status;
    if (len == 0)
        return EXIT_REFUSED;
    int result = ask(call->socket_path, slice_of(question, (size_t)len), answer,
                     sizeof answer, &line, &err);
    explicit_bzero(question, sizeof question);
    if (result != 0) {
        complain(err.text, "");
        return EXIT_TROUBLE;
    }
    switch (checkpassword_answer_parse(line, username)) {
    case CHECKPASSWORD_GOOD: break;
    case CHECKPASSWORD_REFUSED: return EXIT_REFUSED;
    case CHECKPASSWORD_TEMPORARY:
        complain("cleansmtp-authd cannot tell now", "");
        return EXIT_TROUBLE;
    }
    return call->is_stdin ? EXIT_GOOD : run(call->program, username);
}

int main(int argc, char **argv)
{
    struct call call;
    int status;

    close_foreign_descriptors();
    (void)signal(SIGALRM, on_alarm);
    (void)alarm(ALARM_S);
    status = read_call(argc, argv, &call);
    if (status == 0)
        status = check_purpose();
    if (status == 0)
        status = check(&call);
    return status;
}
