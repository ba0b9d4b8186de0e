/*
 * test_bounce.c - whole readings: what never changes a verdict, and what the jail forbids.
 */
#include "base/base.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sandbox.h"
#include "issuer/bounce/bounce.h"

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

static struct bounce_reader *reader;
static struct arena mem;

static int set_up(void **state)
{
    (void)state;
    struct error err = {0};
    arena_init(&mem);
    return bounce_reader_new(NULL, &reader, &err);
}

static int tear_down(void **state)
{
    (void)state;
    bounce_reader_free(reader);
    arena_release(&mem);
    return 0;
}

static const struct bounce_evidence *read_text(const char *text)
{
    const struct bounce_options options = {0};
    struct error err = {0};
    struct bounce_evidence *out = ARENA_NEW(&mem, struct bounce_evidence);
    assert_int_equal(bounce_read(reader, &mem, slice_from(text), &options, out, &err),
                     0);
    return out;
}

#define REPLY \
 "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using bl.spamcop.net"
#define MAIL_HEADER \
 "From: MAILER-DAEMON@mail.example\nTo: a@b.example\nSubject: Undelivered mail\n\n"

static void the_form_does_not_change_the_answer(void **state)
{
    (void)state;
    static const char *const forms[] = {
        REPLY,
        "<c@d.example>: host mx.example[203.0.113.1] said: " REPLY
        " (in reply to RCPT TO command)",
        MAIL_HEADER "<c@d.example>: host mx.example[203.0.113.1] said:\n    " REPLY
                    "\n",
        "Diagnostic-Code: smtp; " REPLY
        "\n\nFinal-Recipient: rfc822; c@d.example\nAction: failed\n",
        "<html><body><p>" REPLY "</p></body></html>",
        "> " REPLY "\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        const struct bounce_evidence *got = read_text(forms[i]);
        assert_true(got->is_bounce);
        assert_true(got->is_grantable);
        assert_string_equal(got->main.blocked_ip, "192.0.2.1");
        assert_string_equal(got->main.list, "bl.spamcop.net");
        assert_int_equal(got->main.smtp_code, 554);
        assert_string_equal(got->main.enhanced_code, "5.7.1");
    }
}

static void the_returned_message_never_gives_a_verdict(void **state)
{
    (void)state;
    const struct bounce_evidence *got = read_text(
        "<c@d.example>:\n552 5.3.4 Message size exceeds fixed limit\n\n"
        "--- Below this line is a copy of the message.\n\n" REPLY "\n");
    assert_true(got->is_bounce);
    assert_false(got->is_grantable);
    assert_int_equal(got->main.class, CLASS_RECIPIENT);
    assert_null(got->main.blocked_ip);
}

static void the_mail_servers_own_address_never_matters(void **state)
{
    (void)state;
    static const char *const servers[] = {"203.0.113.1", "192.0.2.1", "2001:db8::9"};
    for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
        char *text = arena_printf(
            &mem,
            "<c@d.example>: host mx.example[%s] said: 554 Client host "
            "[192.0.2.1] blocked using bl.spamcop.net",
            servers[i]);
        const struct bounce_evidence *got = read_text(text);
        assert_non_null(got->main.blocked_ip);
        assert_string_equal(got->main.blocked_ip, "192.0.2.1");
    }
}

static void special_addresses_are_never_the_answer(void **state)
{
    (void)state;
    static const char *const special[] = {"127.0.0.2",   "10.1.2.3",  "192.168.1.1",
                                          "169.254.1.1", "224.0.0.1", "0.0.0.0",
                                          "100.64.0.1"};
    for (size_t i = 0; i < ARRAY_LEN(special); i++) {
        char *text = arena_printf(
            &mem, "554 Client host [%s] blocked using bl.spamcop.net", special[i]);
        const struct bounce_evidence *got = read_text(text);
        assert_null(got->main.blocked_ip);
        assert_false(got->is_grantable);
    }
}

static void two_recipients_have_two_reasons(void **state)
{
    (void)state;
    const struct bounce_evidence *got = read_text(
        "<x@y.example>: host mx.y.example[203.0.113.1] said: 550 5.1.1 User unknown\n"
        "\n<c@d.example>: host mx.d.example[203.0.113.2] said: " REPLY "\n");
    assert_int_equal(got->recipient_count, 2);
    assert_int_equal(got->recipients[0].class, CLASS_RECIPIENT);
    assert_int_equal(got->recipients[1].class, CLASS_DNSBL);
    assert_string_equal(got->main.recipient, "c@d.example");
    assert_string_equal(got->main.remote_mta, "mx.d.example");
}

static void nesting_beyond_the_limit_is_refused(void **state)
{
    (void)state;
    static const char layer[] = "Content-Type: multipart/mixed; boundary=b\n\n--b\n";
    const size_t len = sizeof(layer) - 1;
    char *text = arena_alloc(&mem, sizeof(MAIL_HEADER) + 300 * len);
    memcpy(text, MAIL_HEADER, sizeof(MAIL_HEADER) - 2);
    size_t at = sizeof(MAIL_HEADER) - 2;
    for (size_t i = 0; i < 300; i++) {
        memcpy(text + at, layer, len);
        at += len;
    }
    const struct bounce_options options = {0};
    struct error err = {0};
    struct bounce_evidence *out = ARENA_NEW(&mem, struct bounce_evidence);
    assert_int_equal(bounce_read(reader, &mem, slice_of(text, at), &options, out, &err),
                     -1);
    assert_int_equal(err.kind, ERROR_EXHAUSTED);
}

static void an_empty_or_ordinary_text_is_no_bounce(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "\n \n", "Hello, how are you?",
        "From: a@b.example\nTo: c@d.example\nSubject: x\n\nhello\n"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct bounce_evidence *got = read_text(texts[i]);
        assert_false(got->is_bounce);
        assert_false(got->is_grantable);
        assert_null(got->main.recipient);
    }
}

/* How a child ends that enters the jail and then does the forbidden act. */
static int end_of_child(void (*act)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct error err = {0};
        if (sandbox_basics(&err) != 0 || sandbox_compute_only(&err) != 0) {
            _exit(99);
        }
        act();
        _exit(7);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void open_a_file(void)
{
    _exit(open("/etc/passwd", O_RDONLY) < 0 ? 7
                                            : 9); /* glibc may try, and gets nothing */
}

static void open_a_socket(void)
{
    (void)socket(AF_INET, SOCK_STREAM, 0);
}

static void start_a_process(void)
{
    (void)fork();
}

static void only_compute(void)
{
    char *block = malloc(1 << 20);
    if (block == NULL) {
        _exit(8);
    }
    memset(block, 1, 1 << 20);
    if (block[4711] != 1) {
        _exit(8);
    }
    free(block);
}

static void the_jail_lets_a_parser_compute_and_nothing_else(void **state)
{
    (void)state;
    if (HAS_SANITIZER) {
        skip(); /* it needs calls that the jail forbids */
    }
    int status = end_of_child(only_compute);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    status = end_of_child(open_a_file);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
    assert_true(WIFSIGNALED(end_of_child(open_a_socket)));
    assert_true(WIFSIGNALED(end_of_child(start_a_process)));
}

/* Each ends with 7 when its limit held, with 8 when it did not. */
static void take_much_memory(void)
{
    const size_t size = (size_t)64 * 1024 * 1024;
    char *block = malloc(size);
    if (block != NULL) {
        memset(block, 1, size);
        _exit(block[size - 1] == 1 ? 8 : 9);
    }
    _exit(7);
}

static void compute_for_ever(void)
{
    for (volatile unsigned i = 0;; i++) {
    }
}

static void open_many_descriptors(void)
{
    int made = 0;
    for (int i = 0; i < 64 && dup(STDERR_FILENO) >= 0; i++) {
        made++;
    }
    _exit(made < 16 ? 7 : 8);
}

/* The descriptor was opened before the limits. */
static int output_fd = -1;

static void write_much(void)
{
    static const char block[4096];
    (void)signal(SIGXFSZ, SIG_IGN);
    ssize_t total = 0;
    ssize_t put = 0;
    while (total < (ssize_t)64 * 4096 &&
           (put = write(output_fd, block, sizeof(block))) > 0) {
        total += put;
    }
    _exit(total == 2 * (ssize_t)sizeof(block) ? 7 : 8);
}

static void each_limit_holds_by_itself(void **state)
{
    (void)state;
    if (HAS_SANITIZER) {
        skip(); /* it reserves more address space than any limit */
    }
    char path[] = "/tmp/bounce-limit-XXXXXX";
    output_fd = mkstemp(path);
    assert_true(output_fd >= 0);
    assert_int_equal(unlink(path), 0);
    static const struct {
        struct sandbox_limits limits;
        void (*act)(void);
        int signal_number; /* 0: it ends by itself */
    } rows[] = {
        {{.memory_bytes = (uint64_t)32 << 20}, take_much_memory,      0      },
        {{.cpu_s = 1},                         compute_for_ever,      SIGXCPU},
        {{.descriptors = 16},                  open_many_descriptors, 0      },
        {{.output_bytes = 8192},               write_much,            0      },
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct error err = {0};
            if (sandbox_basics(&err) != 0 ||
                sandbox_limit(&rows[i].limits, &err) != 0) {
                _exit(99);
            }
            rows[i].act();
            _exit(8);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        bool is_signal = rows[i].signal_number != 0 && WIFSIGNALED(status) &&
                         (WTERMSIG(status) == rows[i].signal_number ||
                          WTERMSIG(status) == SIGKILL); /* soft and hard are one */
        bool is_end = rows[i].signal_number == 0 && WIFEXITED(status) &&
                      WEXITSTATUS(status) == 7;
        if (!is_signal && !is_end) {
            fail_msg("limit %zu: status %d", i, status);
        }
    }
    assert_int_equal(close(output_fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_form_does_not_change_the_answer),
        cmocka_unit_test(the_returned_message_never_gives_a_verdict),
        cmocka_unit_test(the_mail_servers_own_address_never_matters),
        cmocka_unit_test(special_addresses_are_never_the_answer),
        cmocka_unit_test(two_recipients_have_two_reasons),
        cmocka_unit_test(nesting_beyond_the_limit_is_refused),
        cmocka_unit_test(an_empty_or_ordinary_text_is_no_bounce),
        cmocka_unit_test(the_jail_lets_a_parser_compute_and_nothing_else),
        cmocka_unit_test(each_limit_holds_by_itself),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
