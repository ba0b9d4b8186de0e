/*
 * test_verify_record.c - records and lines of the verify socket.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/verify_record.h"

static void records_are_read_or_refused(void **state)
{
    static const struct {
        const char *name, *at;
        size_t len;
        const char *login, *password, *service, *client; /* login NULL: refused */
        bool secured;
    } cases[] = {
#define CASE(name, text, ...) {name, text, sizeof(text) - 1, __VA_ARGS__}
        CASE("NUL form",
             "cs-a\0pw\0smtp\0"
             "192.0.2.1\0",
             "cs-a", "pw", "smtp", "192.0.2.1", false),
        CASE("without last NUL",
             "cs-a\0pw\0smtp\0"
             "192.0.2.1",
             "cs-a", "pw", "smtp", "192.0.2.1", false),
        CASE("options", "cs-a\0pw\0submission\0\0x=1\0secured=yes\0", "cs-a", "pw",
             "submission", "", true),
        CASE("without TLS", "cs-a\0pw\0smtp\0\0secured=no\0", "cs-a", "pw", "smtp", "",
             false),
        CASE("our version", "cs-a\0pw\0\0\0version=1\0secured=yes\0", "cs-a", "pw",
             "smtp", "", true),
        CASE("two fields", "cs-a\0pw\0", "cs-a", "pw", "smtp", "", false),
        CASE("empty service", "cs-a\0pw\0\0\0", "cs-a", "pw", "smtp", "", false),
        CASE("TAB inside the NUL form", "cs-a\0p\tw\0", "cs-a", "p\tw", "smtp", "",
             false),
        CASE("TAB form", "cs-a\tpw\timap\t192.0.2.1\tsecured=yes", "cs-a", "pw", "imap",
             "192.0.2.1", true),
        CASE("escapes", "cs\001ta\tp\0011w", "cs\ta", "p\001w", "smtp", "", false),
        CASE("empty password", "cs-a\t", "cs-a", "", "smtp", "", false),
        CASE("nothing", "", NULL, NULL, NULL, NULL, false),
        CASE("one field", "cs-a", NULL, NULL, NULL, NULL, false),
        CASE("one NUL field", "cs-a\0", NULL, NULL, NULL, NULL, false),
        CASE("no login", "\0pw\0", NULL, NULL, NULL, NULL, false),
        CASE("broken escape", "cs-a\tpw\001x", NULL, NULL, NULL, NULL, false),
        CASE("cut escape", "cs-a\tpw\001", NULL, NULL, NULL, NULL, false),
#undef CASE
    };
    struct strbuf space;

    (void)state;
    strbuf_init(&space, VERIFY_RECORD_MAX);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct verify_request request;
        bool is_good = verify_record_parse(slice_of(cases[i].at, cases[i].len), &space,
                                           &request) == VERIFY_RECORD_GOOD;
        if (is_good != (cases[i].login != NULL))
            fail_msg("%s", cases[i].name);
        if (is_good && (!slice_is(request.login, cases[i].login) ||
                        !slice_is(request.password, cases[i].password) ||
                        !slice_is(request.service, cases[i].service) ||
                        !slice_is(request.client, cases[i].client) ||
                        request.secured != cases[i].secured))
            fail_msg("%s: fields", cases[i].name);
    }
    strbuf_release(&space);
}

static void another_version_is_not_judged(void **state)
{
    static const struct {
        const char *at;
        size_t len;
        enum verify_record want;
    } cases[] = {
#define CASE(text, want) {text, sizeof(text) - 1, want}
        CASE("cs-a\0pw\0smtp\0\0version=2\0", VERIFY_RECORD_FOREIGN),
        CASE("cs-a\0pw\0smtp\0\0version=\0", VERIFY_RECORD_FOREIGN),
        CASE("cs-a\0pw\0smtp\0\0version\0", VERIFY_RECORD_FOREIGN),
        CASE("cs-a\0pw\0smtp\0\0version=2\0secured=yes\0", VERIFY_RECORD_FOREIGN),
        CASE("cs-a\tpw\tsmtp\t\tversion=11", VERIFY_RECORD_FOREIGN),
        CASE("cs-a\tpw\tsmtp\t\tversion=1", VERIFY_RECORD_GOOD),
        CASE("cs-a\tpw\tsmtp\t\tversions=2", VERIFY_RECORD_GOOD),
        /* Only behind the four fields: a password may look like it. */
        CASE("cs-a\tversion=2", VERIFY_RECORD_GOOD),
        CASE("\tpw\tsmtp\t\tversion=2", VERIFY_RECORD_MALFORMED),
#undef CASE
    };
    struct verify_request request;
    struct strbuf out;

    (void)state;
    strbuf_init(&out, VERIFY_RECORD_MAX);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (verify_record_parse(slice_of(cases[i].at, cases[i].len), &out, &request) !=
            cases[i].want)
            fail_msg("case %zu", i);
    strbuf_reset(&out);
    verify_record_foreign(&out);
    assert_true(slice_starts(strbuf_slice(&out), "TEMP\treason="));
    assert_non_null(strstr(out.at, "\tversion=1\n"));
    strbuf_release(&out);
}

static void each_verdict_has_its_line(void **state)
{
    static const struct {
        enum verdict verdict;
        const char *starts;
    } cases[] = {
        {VERDICT_OK,             "OK\tuser=cs-abcdefgh\tlane=clean01\taddress=198.51.100.21\n"},
        {VERDICT_NO_SUCH_LOGIN,  "NO\n"                                                       },
        {VERDICT_WRONG_PASSWORD, "NO\n"                                                       },
        {VERDICT_EXPIRED,        "EXPIRED\treason="                                           },
        {VERDICT_REVOKED,        "REVOKED\treason="                                           },
        {VERDICT_TEMPORARY,      "TEMP\treason="                                              },
    };
    struct verify_line line = {
        .username = "cs-abcdefgh", .lane = "clean01", .address = "198.51.100.21"};
    struct strbuf out;

    (void)state;
    strbuf_init(&out, 1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        strbuf_reset(&out);
        line.verdict = cases[i].verdict;
        verify_record_answer(&line, &out);
        if (!slice_starts(strbuf_slice(&out), cases[i].starts) ||
            out.at[out.len - 1] != '\n')
            fail_msg("\"%s\"", out.at);
    }
    strbuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_or_refused),
        cmocka_unit_test(another_version_is_not_judged),
        cmocka_unit_test(each_verdict_has_its_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
