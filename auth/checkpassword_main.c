/*
 * checkpassword_main.c - cleansmtp-checkpassword: the checkpassword interface, for one login.
 *
 * Runs once per login beside a network-facing mail server, as whoever calls it, and therefore
 * holds nothing: no database, no key, no heap, libc alone. It asks cleansmtp-authd and runs PROG
 * when the answer is good, or tells the answer itself where the caller likes that better (enum
 * manner). Its own trouble is exit 111, never 1: a mail client that hears "wrong password" throws
 * the password away.
 *
 * Standard output stays silent (it may be the network), but with --show; messages go to standard
 * error, and the password goes nowhere. Source: http://cr.yp.to/checkpwd/interface.html, and Dovecot 2.3
 * src/auth/db-checkpassword.c for the environment and the exit statuses.
 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "auth/checkpassword_record.h"
#include "base/socket.h"

#define DEFAULT_SOCKET "/run/cleansmtp/verify"
#define TROUBLE "cleansmtp-checkpassword: "

enum exit_status {
    EXIT_GOOD = 0, /* unless PROG runs */
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
    EXIT_NO_LOOKUPS = 3, /* Dovecot: user unknown to a lookup */
    EXIT_TROUBLE = 111
};

enum {
    RECORD_FD = 3,
    REPLY_FD = 4, /* where Dovecot's checkpassword-reply answers */
    FIRST_FOREIGN_FD = 5,
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

    /* By number: not every C library has the function yet. */
    if (syscall(SYS_close_range, FIRST_FOREIGN_FD, ~0U, 0) == 0 ||
        getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    for (rlim_t fd = FIRST_FOREIGN_FD; fd < limit.rlim_cur && fd < 65536; fd++)
        (void)close((int)fd);
}

/* How a good login is told, and where the record is. */
enum manner {
    MANNER_PROGRAM, /* run PROG: the interface as it is documented */
    MANNER_REPLY,   /* say to Dovecot what PROG would say, and spare it */
    MANNER_STATUS,  /* standard input; exit status alone: 0 is good */
    MANNER_SHOW,    /* the same, and the fields of a good answer on standard output */
    MANNER_REFUSED  /* the same, and 0 is refused: for a second line of pam_exec */
};

struct call {
    const char *socket_path;
    char **program; /* NULL-ended; NULL without a PROG */
    enum manner manner;
};

static bool reads_stdin(const struct call *call)
{
    return call->manner != MANNER_PROGRAM && call->manner != MANNER_REPLY;
}

static int usage(void)
{
    complain(
        "usage: cleansmtp-checkpassword [--socket PATH] [--reply] PROG [ARG...] 3< "
        "record, or cleansmtp-checkpassword [--socket PATH] --stdin|--show|--refused < "
        "record",
        "");
    return EXIT_USAGE;
}

static const struct {
    const char *name;
    enum manner manner;
} manners[] = {
    {"--reply",   MANNER_REPLY  },
    {"--stdin",   MANNER_STATUS },
    {"--show",    MANNER_SHOW   },
    {"--refused", MANNER_REFUSED},
};

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
    for (size_t i = 0; i < ARRAY_LEN(manners) && next < argc; i++) {
        if (strcmp(argv[next], manners[i].name) != 0)
            continue;
        out->manner = manners[i].manner;
        next++;
        break;
    }
    if (reads_stdin(out))
        return next == argc ? 0 : usage();
    if (next >= argc || argv[next][0] == '-')
        return usage();
    out->program = argv + next;
    return 0;
}

/* What the login is for: Dovecot's word, or the name of the PAM service. "" when nobody says. */
static const char *service_name(void)
{
    const char *service = environment("SERVICE");

    return service[0] != '\0' ? service : environment("PAM_SERVICE");
}

/* What the login may be used for. 0, or the status to end with. */
static int check_purpose(void)
{
    const char *service = service_name();

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

    if (!reads_stdin(call) || user.len == 0)
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

/* Ask and hear one line; in answer its LF stands behind it. */
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

/* The ids of "nobody" keep Dovecot from taking its own for those of a mailbox. */
#define UID_FIELD "userdb_uid=65534"
#define GID_FIELD "userdb_gid=65534"

/* Run PROG as the good login. ORIG_UID stays: checkpassword-reply refuses without it. */
static int run(char **program, const char *username)
{
    static char user[sizeof "USER=" + LOGIN_MAX];
    static char extra[] = "EXTRA=userdb_uid userdb_gid";
    static char uid[] = UID_FIELD, gid[] = GID_FIELD;
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
    complain(program[0], error_words(errno));
    return EXIT_TROUBLE;
}

/* What checkpassword-reply would write, with its own guard: never for another user than the one
 * that asked. Dovecot 2.3 reads fields up to the end of the stream and takes status 0 for good; that
 * nothing else ran it does not see. */
static int reply(const char *username)
{
    char line[sizeof "user=\t" UID_FIELD "\t" GID_FIELD "\t" + LOGIN_MAX], uid[24];
    int len = snprintf(line, sizeof line, "user=%s\t" UID_FIELD "\t" GID_FIELD "\t",
                       username);

    if (len < 0 || (size_t)len >= sizeof line ||
        snprintf(uid, sizeof uid, "%lu", (unsigned long)getuid()) < 0)
        return EXIT_TROUBLE;
    if (strcmp(environment("ORIG_UID"), uid) != 0) {
        complain("ORIG_UID is not the user that runs this", "");
        return EXIT_TROUBLE;
    }
    /* A pipe takes this much as a whole or not at all. */
    if (write(REPLY_FD, line, (size_t)len) == (ssize_t)len)
        return EXIT_GOOD;
    complain("could not answer on descriptor 4", error_words(errno));
    return EXIT_TROUBLE;
}

/* The question for the record; its length, or 0 for a login that cannot be ours. -1 is the status
 * in *out_status. The record is read even when nothing will be asked: whoever writes it must not
 * find its pipe without a reader. */
static ssize_t make_question(const struct call *call, char *question, int *out_status)
{
    char record[CHECKPASSWORD_RECORD_MAX + 1];
    struct checkpassword_record fields;
    int fd = reads_stdin(call) ? STDIN_FILENO : RECORD_FD;
    ssize_t len = read_record(fd, record, sizeof record);
    ssize_t result = -1;

    *out_status = EXIT_USAGE;
    if (len < 0 && errno == EBADF) {
        (void)usage(); /* somebody tries it by hand */
        return -1;
    }
    if (len < 0) {
        complain("could not read the login", error_words(errno));
        explicit_bzero(record, sizeof record); /* it may have begun */
        *out_status = EXIT_TROUBLE;
        return -1;
    }
    (void)close(fd);
    int purpose = check_purpose();
    if (purpose != 0) {
        *out_status = purpose;
    } else if (read_fields(call, slice_of(record, (size_t)len), &fields)) {
        const struct checkpassword_question asked = {
            .login = fields.login,
            .password = fields.password,
            .service = service_name()[0] == '\0' ? SLICE("smtp")
                                                 : slice_from(service_name()),
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

/* The fields behind "OK", as authd wrote them; line is of ask, with its LF behind it. */
static int show(struct slice line)
{
    struct slice fields = line, word;

    (void)slice_cut(&fields, '\t', &word);
    if (write(STDOUT_FILENO, fields.at, fields.len + 1) == (ssize_t)fields.len + 1)
        return EXIT_GOOD;
    complain("could not show the answer", error_words(errno));
    return EXIT_TROUBLE;
}

/* The good login, in the manner that was asked for. */
static int tell_good(const struct call *call, const char *username)
{
    switch (call->manner) {
    case MANNER_PROGRAM: return run(call->program, username);
    case MANNER_REPLY: return reply(username);
    case MANNER_STATUS: return EXIT_GOOD;
    case MANNER_SHOW: /* shown already, while the answer was there */
    case MANNER_REFUSED: break;
    }
    return EXIT_REFUSED;
}

static int tell_refused(const struct call *call)
{
    return call->manner == MANNER_REFUSED ? EXIT_GOOD : EXIT_REFUSED;
}

static int check(const struct call *call)
{
    char question[QUESTION_MAX], answer[ANSWER_MAX], username[LOGIN_MAX + 1];
    enum checkpassword_answer verdict = CHECKPASSWORD_TEMPORARY;
    struct error err = {0};
    struct slice line = {0};
    int status;
    ssize_t len = make_question(call, question, &status);

    if (len == 0 || (len < 0 && status == EXIT_REFUSED))
        return tell_refused(call);
    if (len < 0)
        return status;
    int result = ask(call->socket_path, slice_of(question, (size_t)len), answer,
                     sizeof answer, &line, &err);
    if (result == 0)
        verdict = checkpassword_answer_parse(line, username);
    if (verdict == CHECKPASSWORD_GOOD && call->manner == MANNER_SHOW)
        status = show(line);
    /* Nothing of the login may be in memory when PROG runs: not what was asked, and not what came
     * back, which names it. */
    explicit_bzero(question, sizeof question);
    explicit_bzero(answer, sizeof answer);
    switch (verdict) {
    case CHECKPASSWORD_GOOD:
        return call->manner == MANNER_SHOW ? status : tell_good(call, username);
    case CHECKPASSWORD_REFUSED: return tell_refused(call);
    case CHECKPASSWORD_TEMPORARY: break;
    }
    complain(result != 0 ? err.text : "cleansmtp-authd cannot tell now", "");
    return EXIT_TROUBLE;
}

/* Whoever started us may have blocked the signal. */
static void limit_time(void)
{
    sigset_t set;

    (void)signal(SIGALRM, on_alarm);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGALRM);
    /* One thread. */
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL); // NOLINT(concurrency-mt-unsafe)
    (void)alarm(ALARM_S);
}

int main(int argc, char **argv)
{
    struct call call;
    int status;

    close_foreign_descriptors();
    limit_time();
    status = read_call(argc, argv, &call);
    return status != 0 ? status : check(&call);
}
