/*
 * test_checkpassword_record.c - what the helper reads, asks and hears.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth/checkpassword_record.h"

static void records_are_read_or_misused(void **state)
{
    static const struct {
        const char *name, *at;
        size_t len;
        bool is_complete;
        const char *login, *password; /* NULL: misuse */
    } cases[] = {
#define CASE(name, text, ...) {name, text, sizeof(text) - 1, __VA_ARGS__}
        CASE("Dovecot", "u1@clean.msp.test\0tok1\0\0", true, "u1@clean.msp.test",
             "tok1"),
        CASE("no timestamp", "u\0p\0", false, "u", "p"),
        CASE("timestamp without NUL", "u\0p\0Y123", false, "u", "p"),
        CASE("more data", "u\0p\0t\0more\0", true, "u", "p"),
        CASE("empty strings", "\0\0\0", true, "", ""),
        CASE("one NUL", "u\0p", false, NULL, NULL),
        CASE("nothing", "", false, NULL, NULL),
        CASE("no NUL", "user", false, NULL, NULL),
#undef CASE
    };
    struct checkpassword_record record;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice bytes = slice_of(cases[i].at, cases[i].len);
        if (checkpassword_record_is_complete(bytes) != cases[i].is_complete)
            fail_msg("%s: complete", cases[i].name);
        bool is_good = checkpassword_record_parse(bytes, &record);
        if (is_good != (cases[i].login != NULL))
            fail_msg("%s: parse", cases[i].name);
        if (is_good && (!slice_is(record.login, cases[i].login) ||
                        !slice_is(record.password, cases[i].password)))
            fail_msg("%s: fields", cases[i].name);
    }
}

static void more_than_512_bytes_are_misuse(void **state)
{
    char bytes[CHECKPASSWORD_RECORD_MAX + 1];
    struct checkpassword_record record;

    (void)state;
    memset(bytes, 'x', sizeof bytes);
    bytes[10] = bytes[20] = bytes[511] = '\0';
    assert_true(checkpassword_record_parse(slice_of(bytes, 512), &record));
    assert_false(checkpassword_record_parse(slice_of(bytes, 513), &record));
}

static void a_question_is_one_record(void **state)
{
    struct checkpassword_question question = {.login = SLICE("cs-abcdefgh"),
                                              .password = SLICE("secret"),
                                              .service = SLICE("smtp"),
                                              .client = SLICE("192.0.2.50"),
                                              .secured = true};
    static const char want[] = "cs-abcdefgh\0secret\0smtp\0"
                               "192.0.2.50\0secured=yes\0\n";
    char out[VERIFY_RECORD_MAX];

    (void)state;
    size_t len = checkpassword_question_write(&question, out, sizeof out);
    assert_int_equal(len, sizeof want - 1);
    assert_memory_equal(out, want, len);
    for (size_t size = 0; size < sizeof want - 1; size++)
        assert_int_equal(checkpassword_question_write(&question, out, size), 0);
    question.password = SLICE("two\nlines");
    assert_int_equal(checkpassword_question_write(&question, out, sizeof out), 0);
    question.password = SLICE("secret");
    question.login = SLICE("");
    assert_int_equal(checkpassword_question_write(&question, out, sizeof out), 0);
}

static void only_our_own_words_are_answers(void **state)
{
    static const struct {
        const char *line;
        enum checkpassword_answer want;
        const char *username;
    } cases[] = {
        {"OK\tuser=cs-abcdefgh\tlane=clean01\taddress=198.51.100.21",
         CHECKPASSWORD_GOOD,                                                                   "cs-abcdefgh"},
        {"OK\tlane=clean01\tuser=cs-abcdefgh",                        CHECKPASSWORD_GOOD,      "cs-abcdefgh"},
        {"OK",                                                        CHECKPASSWORD_TEMPORARY, NULL         },
        {"OK\tuser=a\001tb",                                          CHECKPASSWORD_TEMPORARY, NULL         },
        {"OKAY\tuser=cs-abcdefgh",                                    CHECKPASSWORD_TEMPORARY, NULL         },
        {"NO",                                                        CHECKPASSWORD_REFUSED,   NULL         },
        {"EXPIRED\treason=over",                                      CHECKPASSWORD_REFUSED,   NULL         },
        {"REVOKED\treason=over",                                      CHECKPASSWORD_REFUSED,   NULL         },
        {"TEMP\treason=later",                                        CHECKPASSWORD_TEMPORARY, NULL         },
        {"",                                                          CHECKPASSWORD_TEMPORARY, NULL         },
        {"no",                                                        CHECKPASSWORD_TEMPORARY, NULL         },
    };
    char username[LOGIN_MAX + 1];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (checkpassword_answer_parse(slice_from(cases[i].line), username) !=
            cases[i].want)
            fail_msg("\"%s\"", cases[i].line);
        if (cases[i].username != NULL)
            assert_string_equal(username, cases[i].username);
    }
}

static void a_name_has_a_ceiling(void **state)
{
    static const char begins[] = {'O', 'K', '\t', 'u', 's', 'e', 'r', '='};
    char line[sizeof begins + LOGIN_MAX + 1], username[LOGIN_MAX + 1];

    (void)state;
    for (size_t len = LOGIN_MAX; len <= LOGIN_MAX + 1; len++) {
        memset(line, 'a', sizeof line);
        memcpy(line, begins, sizeof begins);
        assert_int_equal(
            checkpassword_answer_parse(slice_of(line, sizeof begins + len), username),
            len <= LOGIN_MAX ? CHECKPASSWORD_GOOD : CHECKPASSWORD_TEMPORARY);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_read_or_misused),
        cmocka_unit_test(more_than_512_bytes_are_misuse),
        cmocka_unit_test(a_question_is_one_record),
        cmocka_unit_test(only_our_own_words_are_answers),
        cmocka_unit_test(a_name_has_a_ceiling),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
