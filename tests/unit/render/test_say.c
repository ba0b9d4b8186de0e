/*
 * test_say.c - sentences in words: nested, counted, with times in the reader's zone.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/timetext.h"
#include "core/diagnosis.h"
#include "core/doubt.h"
#include "tests/support/issuer/english.h"

/* Tue 24 Nov 2026, 12:00:00 UTC */
#define NOON INT64_C(1795521600)
#define HOUR INT64_C(3600)

static void sentences_become_words(void **state UNUSED)
{
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"{said.listed.question}",                                          "Is it listed?"                                               },
        {"{said.listed.yes_meaning|code=127.0.0.4|meaning=XBL: exploited}",
         "yes, 127.0.0.4 (XBL: exploited)"                                                                                                },
        {"{said.listed.cannot_tell|why:{said.listing.once|then:{said.listing.timeout|"
         "list=SpamCop}}}",                                        "cannot tell: seen once, then: SpamCop did not answer in time"},
        {"{said.others.lists|count#1}",                                     "1 more list"                                                 },
        {"{said.others.lists|count#2}",                                     "2 more lists"                                                },
 /* A second time of the same day comes without it. */
        {"{said.clearing.by|by@1795525200}",                                ": probably by 13:00"                                         },
        {"{said.clearing.by_or|by@1795597200|latest@1795611600}",
         ": probably by Wed 25 Nov, 09:00, or 13:00"                                                                                      },
        {"{said.clearing.by_or|by@1795597200|latest@1795698000}",
         ": probably by Wed 25 Nov, 09:00, or Thu 26 Nov, 13:00"                                                                          },
        {"{said.clearing.itself|after~86400}",                              "clears 24 h after the last report"                           },
 /* Marks of texts and of lines are nothing in what is filled in. */
        {"{said.spf.term|term=*\\{domain\\}`\\|\\\\|domain=a.example}",
         "*{domain}`|\\ of a.example"                                                                                                     },
 /* Words are words: of an older version, of somebody else. */
        {"yes, 127.0.0.2",                                                  "yes, 127.0.0.2"                                              },
        {"{|=\\{said.x\\}}",                                                "{said.x}"                                                    },
        {"",                                                                ""                                                            },
        {"{said.broken|a",                                                  "{said.broken|a"                                              },
    };
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(english(&mem, (struct sentence){cases[i].line}, NOON),
                            cases[i].words);
    const struct speaker speaker = english_speaker(&mem, NOON);
    assert_null(say(&speaker, (struct sentence){NULL}));
    arena_release(&mem);
}

/* The command line and the pages tell the same time in the same way. */
static void times_and_spans_are_those_of_timetext(void **state UNUSED)
{
    static const int64_t whens[] = {0,          -HOUR,     9 * HOUR,
                                    -14 * HOUR, 14 * HOUR, -800 * HOUR};
    static const int64_t spans[] = {60,        3599,      3600, 3660, 47 * HOUR + 120,
                                    48 * HOUR, 720 * HOUR};
    struct arena mem;

    arena_init(&mem);
    const struct speaker speaker = english_speaker(&mem, NOON);
    for (size_t i = 0; i < ARRAY_LEN(whens); i++)
        assert_string_equal(say_when(&speaker, NOON + whens[i]),
                            timetext_person(&mem, NOON + whens[i], NOON));
    for (size_t i = 0; i < ARRAY_LEN(spans); i++)
        assert_string_equal(say_span(&speaker, spans[i]),
                            timetext_span(&mem, spans[i]));
    arena_release(&mem);
}

static void verdicts_and_doubts_are_whole_sentences(void **state UNUSED)
{
    struct sentence all[2 * DIAGNOSIS_VERDICT_COUNT + DOUBT_COUNT];
    size_t count = 0;
    struct arena mem;

    arena_init(&mem);
    for (int i = 0; i < DIAGNOSIS_VERDICT_COUNT; i++) {
        all[count++] = diagnosis_row((enum diagnosis_verdict)i)->headline;
        all[count++] = diagnosis_row((enum diagnosis_verdict)i)->advice;
    }
    for (int i = 0; i < DOUBT_COUNT; i++)
        all[count++] = doubt_sentence((enum doubt)i);
    for (size_t i = 0; i < count; i++) {
        const char *words = english(&mem, all[i], NOON);
        if (words[0] < 'A' || words[0] > 'Z' || words[strlen(words) - 1] != '.')
            fail_msg("\"%s\"", words);
    }
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sentences_become_words),
        cmocka_unit_test(times_and_spans_are_those_of_timetext),
        cmocka_unit_test(verdicts_and_doubts_are_whole_sentences),
    };

    /* One thread. */
    (void)setenv("TZ", "UTC", 1); // NOLINT(concurrency-mt-unsafe)
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
