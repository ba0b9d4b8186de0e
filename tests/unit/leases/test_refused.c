/*
 * test_refused.c - why was I refused, as an agent reads it.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "issuer/leases/refused.h"
#include "tests/support/issuer/english.h"

/* 2026-11-26, a Thursday: the details were shown again at 10:02, the login came at 10:14. */
enum {
    REPLACED = 1795687320,
    CAME = REPLACED + 12 * 60,
    NOW = CAME + 600
};

static void each_record_gets_its_sentence(void **state UNUSED)
{
    static const struct {
        const char *kind, *detail;
        unsigned code;
        const char *why;
    } cases[] = {
        {"refused_login",   "earlier_password 1 1795687320",                      535,
         "the password of the first reveal, replaced at 10:02"                                                                            },
        {"refused_login",   "wrong_password",                                     535,
         "a wrong password, and none that was shown before"                                                                               },
        {"refused_login",   "wrong_service imap",                                 535,
         "the login is for sending only, and \"imap\" was asked for"                                                                      },
        {"refused_login",   "not_revealed",                                       535,
         "its password was not shown to anybody yet"                                                                                      },
        {"refused_login",   "our_fault",                                          454,
         "our own fault: the login could not be checked"                                                                                  },
        {"refused_login",   "of_a_newer_version",                                 535, "of_a_newer_version"                               },
        {"refused_message", "sender, from x@other.example",                       550,
         "the details are for other senders (from x@other.example)"                                                                       },
        {"refused_message", "unasked, 2 recipients, from anna@kunde.example",     450,
         "the mail server did not ask about each recipient: see \"cleansmtp mta postfix --check\" (2 recipients, from anna@kunde.example)"},
        {"refused_message", "too_fast, from anna@kunde.example",                  450,
         "all messages of this hour are used up: it may go later (from "
         "anna@kunde.example)"                                                                                                            },
        {"refused_message", "recipients, 80 recipients, from anna@kunde.example", 550,
         "more recipients in one message than the details allow (80 recipients, from "
         "anna@kunde.example)"                                                                                                            },
        {"refused_message", "our_fault, from anna@kunde.example",                 450,
         "our own fault: it could not be judged (from anna@kunde.example)"                                                                },
        {"refused_message", "of_a_newer_version",                                 550, "of_a_newer_version"                               },
        {"refused_message", "",                                                   550, ""                                                 },
        {"login",           "with TLS",                                           0,   NULL                                               },
        {"message",         "sender, from x@other.example",                       0,   NULL                                               },
    };
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct usage_row row = {
            .at = CAME, .kind = cases[i].kind, .detail = cases[i].detail};
        const struct refused told = refused_tell(&mem, &row);
        const char *why = told.why.line != NULL ? english(&mem, told.why, NOW) : NULL;
        bool is_same = why == NULL || cases[i].why == NULL
                           ? why == cases[i].why
                           : strcmp(why, cases[i].why) == 0;
        if (told.code != cases[i].code || !is_same)
            fail_msg("%s %s: %u %s", cases[i].kind, cases[i].detail, told.code,
                     why == NULL ? "(none)" : why);
    }
    arena_release(&mem);
}

/* Each as one line of a list; what authd noted is said in parts, what it never does is told as it is. */
static void each_record_is_told_in_one_line(void **state UNUSED)
{
    static const struct {
        const char *kind, *detail, *said;
    } cases[] = {
        {"login",           "with TLS",                                   "with TLS"               },
        {"login",           "without TLS",                                "without TLS"            },
        {"login",           "TLS unknown",                                "TLS unknown"            },
        {"message",         "to bob@other.example",                       "to bob@other.example"   },
        {"message",         "to 1 recipients",                            "to 1 recipient"         },
        {"message",         "to 3 recipients",                            "to 3 recipients"        },
        {"message",         "something new, {said.x}",                    "something new, {said.x}"},
        {"message",         "",                                           ""                       },
        {"refused_login",   "wrong_password",
         "535: a wrong password, and none that was shown before"                                   },
        {"refused_message", "size, 12345 bytes, from anna@kunde.example",
         "550: larger than the details allow (12345 bytes, from anna@kunde.example)"               },
        {"refused_message", "held, asked by login only",
         "450: the details or their address are on hold: it may go later (asked by login "
         "only)"                                                                                   },
    };
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct usage_row row = {
            .at = CAME, .kind = cases[i].kind, .detail = cases[i].detail};
        const struct sentence line = refused_line(&mem, &row);
        assert_string_equal(english(&mem, line, NOW), cases[i].said);
    }
    arena_release(&mem);
}

static void the_newest_refusal_is_told_in_one_line(void **state UNUSED)
{
    const struct usage_row rows[] = {
        {.at = CAME + 60, .kind = "login",         .detail = "with TLS"      },
        {.at = CAME,
         .kind = "refused_login",
         .detail = "earlier_password 1 1795687320"                           },
        {.at = CAME - 60, .kind = "refused_login", .detail = "wrong_password"},
    };
    struct arena mem;

    arena_init(&mem);
    assert_string_equal(
        english(&mem, refused_newest(&mem, rows, ARRAY_LEN(rows)), NOW),
        "535 at 10:14: the password of the first reveal, replaced at 10:02");
    assert_ptr_equal(refused_last(&mem, rows, ARRAY_LEN(rows)), &rows[1]);
    assert_null(refused_last(&mem, rows, 1));
    assert_null(refused_newest(&mem, rows, 1).line);
    assert_null(refused_newest(&mem, NULL, 0).line);
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_record_gets_its_sentence),
        cmocka_unit_test(each_record_is_told_in_one_line),
        cmocka_unit_test(the_newest_refusal_is_told_in_one_line),
    };

    /* One thread. */
    (void)setenv("TZ", "UTC", 1); // NOLINT(concurrency-mt-unsafe)
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
