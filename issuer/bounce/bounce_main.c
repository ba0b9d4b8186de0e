/*
 * cleansmtp-bounce - read one bounce on standard input, print what it claims as JSON.
 *
 * Everything is loaded and the input is read whole before the jail closes; behind it there is
 * only computing and one write. Time and memory are limited: whoever made a message that needs
 * more gets exit status 70, not our processor.
 */
#include "base/base.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/sandbox.h"
#include "issuer/bounce/bounce.h"
#include "issuer/bounce/evidence_json.h"

#if defined(__SANITIZE_ADDRESS__)
# define HAS_SANITIZER 1
#elif defined(__has_feature)
# if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#  define HAS_SANITIZER 1
# endif
#endif
#ifndef HAS_SANITIZER
# define HAS_SANITIZER 0
#endif

enum {
    EXIT_USAGE = 2,
    EXIT_TOO_LARGE = 65, /* EX_DATAERR */
    EXIT_LIMIT = 70,     /* EX_SOFTWARE */
    EXIT_CONFIG = 78,    /* EX_CONFIG */
    TIME_MAX_S = 2,
    MEMORY_MAX = 256 * 1024 * 1024
};

static const char usage_text[] =
    "usage: cleansmtp-bounce [--explain] [--rules DIR] [--shared CIDR]... < MESSAGE\n"
    "Prints what a bounce claims as one JSON object.\n"
    "  --explain      say which row of which table decided, and on what text\n"
    "  --rules DIR    rows of DIR/lists.tsv, rules.tsv, roles.tsv go before the built-in\n"
    "  --shared CIDR  an outbound address or network of ours; may be repeated\n";

static int say(const char *text)
{
    (void)fprintf(stderr, "cleansmtp-bounce: %s\n", text);
    return 1;
}

static int usage(const char *what)
{
    (void)say(what);
    (void)fputs(usage_text, stderr);
    return EXIT_USAGE;
}

struct arguments {
    struct network shared[BOUNCE_SHARED_MAX];
    size_t shared_count;
    const char *rules_folder; /* NULL: only what is built in */
    bool wants_explanation;
};

/* The value of option NAME at argv[*at], as "--NAME VALUE" or "--NAME=VALUE"; NULL: it is another
 * option, or the value is missing. */
static const char *value_of(int argc, char **argv, int *at, const char *name)
{
    struct slice word = slice_from(argv[*at]);
    if (!slice_starts(word, name)) {
        return NULL;
    }
    struct slice rest = slice_skip(word, strlen(name));
    if (rest.len > 0) {
        return rest.at[0] == '=' ? rest.at + 1 : NULL;
    }
    return *at + 1 < argc ? argv[++*at] : NULL;
}

/* 0: go on; otherwise the status to end with. */
static int read_arguments(int argc, char **argv, struct arguments *out)
{
    for (int i = 1; i < argc; i++) {
        struct error err = {0};
        const char *shared = value_of(argc, argv, &i, "--shared");
        const char *rules = shared == NULL ? value_of(argc, argv, &i, "--rules") : NULL;
        if (shared != NULL) {
            if (out->shared_count == BOUNCE_SHARED_MAX) {
                return usage("too many shared networks");
            }
            if (network_parse(slice_from(shared), &out->shared[out->shared_count],
                              &err) != 0) {
                return usage(err.text);
            }
            out->shared_count++;
        } else if (rules != NULL) {
            out->rules_folder = rules;
        } else if (slice_is(slice_from(argv[i]), "--explain")) {
            out->wants_explanation = true;
        } else {
            return usage("unknown or incomplete option");
        }
    }
    return 0;
}

/* Nothing is half-written: the only write is the last act. */
static void end_at_limit(int signal_number)
{
    (void)signal_number;
    _exit(EXIT_LIMIT);
}

/* Processor time, not the clock: a busy host must not change an answer. SIGABRT is how the
 * allocators say that memory ran out. */
static int arm_limits(struct error *err)
{
    const struct itimerval timer = {.it_value = {.tv_sec = TIME_MAX_S}};
    struct sigaction action = {.sa_handler = end_at_limit};
    bool is_set = sigaction(SIGPROF, &action, NULL) == 0 &&
                  sigaction(SIGXCPU, &action, NULL) == 0 &&
                  setitimer(ITIMER_PROF, &timer, NULL) == 0;
    if (is_set && !HAS_SANITIZER) {
        is_set = sigaction(SIGABRT, &action, NULL) == 0;
    }
    return is_set ? 0 : error_set(err, ERROR_INTERNAL, "could not set the time limit");
}

/* How far standard output may grow when it is a file: what is there, and one answer. */
static uint64_t output_limit(void)
{
    struct stat status;
    bool is_file = fstat(STDOUT_FILENO, &status) == 0 && S_ISREG(status.st_mode);
    return (uint64_t)EVIDENCE_MAX + EXPLAIN_MAX +
           (is_file ? (uint64_t)status.st_size : 0);
}

static int enter_jail(struct error *err)
{
    const struct sandbox_limits limits = {.memory_bytes = MEMORY_MAX,
                                          .cpu_s = TIME_MAX_S + 1,
                                          .output_bytes = output_limit(),
                                          .descriptors = 16};
    if (sandbox_basics(err) != 0 || arm_limits(err) != 0) {
        return -1;
    }
    if (HAS_SANITIZER) {
        return 0;
    }
    return sandbox_limit(&limits, err) != 0 ? -1 : sandbox_compute_only(err);
}

/* A first reading makes the libraries load and register whatever they do at first use. */
static int warm_up(const struct bounce_reader *reader, struct error *err)
{
    static const char sample[] =
        "From: MAILER-DAEMON@mail.example\nTo: a@b.example\nSubject: Undelivered\n"
        "Date: Mon, 23 Nov 2026 16:59:29 +0000\nMessage-ID: <1@mail.example>\n"
        "MIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n"
        "--b\nContent-Type: text/plain; charset=utf-8\n"
        "Content-Transfer-Encoding: quoted-printable\n\nx=3Dy\n"
        "--b\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n"
        "UmVwb3J0aW5nLU1UQTogZG5zOyBtYWlsLmV4YW1wbGUK\n"
        "--b\nContent-Type: message/rfc822\n\nFrom: a@b.example\nSubject: x\n\ny\n--b--\n";
    const struct bounce_options options = {0};
    struct arena mem;
    arena_init(&mem);
    struct bounce_evidence *evidence = ARENA_NEW(&mem, struct bounce_evidence);
    int result = bounce_read(reader, &mem, slice_of(sample, sizeof(sample) - 1),
                             &options, evidence, err);
    arena_release(&mem);
    return result;
}

static int print_evidence(const struct bounce_evidence *evidence)
{
    struct error err = {0};
    struct strbuf text;
    strbuf_init(&text, EVIDENCE_MAX +
                           (evidence->explanations != NULL ? (size_t)EXPLAIN_MAX : 0));
    int status = 0;
    if (!evidence_json(evidence, &text)) {
        status = EXIT_LIMIT;
    } else if (file_write_fd(STDOUT_FILENO, strbuf_slice(&text), &err) != 0) {
        status = 1;
    }
    strbuf_release(&text);
    return status;
}

static int run(const struct bounce_reader *reader, struct slice input, bool is_readable,
               const struct bounce_options *options)
{
    struct error err = {0};
    struct arena mem;
    arena_init(&mem);
    struct bounce_evidence *evidence = ARENA_NEW(&mem, struct bounce_evidence);
    int status = 0;
    if (bounce_read(reader, &mem, input, options, evidence, &err) != 0) {
        (void)say(err.text);
        status = EXIT_LIMIT;
    } else {
        evidence->flags |= is_readable ? 0U : (unsigned)FLAG_UNREADABLE;
        status = print_evidence(evidence);
    }
    arena_release(&mem);
    return status;
}

int main(int argc, char **argv)
{
    static struct arguments arguments;
    struct bounce_reader *reader = NULL;
    struct error err = {0};
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        return fputs(usage_text, stdout) < 0 ? 1 : 0;
    }
    int status = read_arguments(argc, argv, &arguments);
    if (status != 0) {
        return status;
    }
    if (bounce_reader_new(arguments.rules_folder, &reader, &err) != 0) {
        (void)say(err.text);
        return err.kind == ERROR_INVALID ? EXIT_CONFIG : 1;
    }
    const struct bounce_options options = {
        .shared = arguments.shared,
        .shared_count = arguments.shared_count,
        .wants_explanation = arguments.wants_explanation};
    struct strbuf input;
    strbuf_init(&input, BOUNCE_MAX);
    bool is_readable = file_read_fd(&input, STDIN_FILENO, BOUNCE_MAX, &err) == 0;
    if (!is_readable && err.kind == ERROR_INVALID) {
        (void)say("the message is larger than 2 MiB");
        status = EXIT_TOO_LARGE;
    } else if (warm_up(reader, &err) != 0) {
        status = say(err.text);
    } else {
        evidence_json_init();
        status = enter_jail(&err) != 0
                     ? say(err.text)
                     : run(reader, strbuf_slice(&input), is_readable, &options);
    }
    bounce_reader_free(reader);
    strbuf_release(&input);
    return status;
}
