/*
 * test_clears.c - when a listing clears, as people read it.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "tests/support/clearing_lists.h"
#include "tests/support/issuer/english.h"

struct row {
    const char *name;
    const struct zone *zone;
    const char *code;
    int64_t since, checked_at; /* from NOON */
    int past_h[PAST_ROWS];
    const char *sentence;
};

/* clang-format 14 indents these rows beyond reading. */
/* clang-format off */
static const struct row rows[] = {
    {.name = "the list's own time",
     .zone = &spamcop,
     .since = -3 * HOUR,
     .sentence = "SpamCop clears 24 h after the last report, plus up to 4 h: probably "
                 "by Wed 25 Nov, 09:00, or 13:00"},
    {.name = "today still",
     .zone = &spamcop,
     .since = -22 * HOUR,
     .sentence = "SpamCop clears 24 h after the last report, plus up to 4 h: probably "
                 "by 14:00, or 18:00"},
    {.name = "longer than the list says: reported again",
     .zone = &spamcop,
     .since = -28 * HOUR - 1,
     .sentence = "SpamCop clears 24 h after the last report, plus up to 4 h, and was "
                 "probably told again: probably by Wed 25 Nov, 12:00, or 16:00"},
    {.name = "over by now, and nobody looked",
     .zone = &spamcop,
     .since = -40 * HOUR,
     .checked_at = -30 * HOUR,
     .sentence = "SpamCop clears 24 h after the last report, plus up to 4 h: it should "
                 "be over by now, ask again"},
    {.name = "no time for mirrors, no title",
     .zone = &exact,
     .since = -DAY,
     .sentence = "bl.exact.example clears 30 days after the last report: probably by Wed "
                 "23 Dec, 12:00"},
    {.name = "three do",
     .zone = &spamcop,
     .past_h = {9, 26, 12},
     .sentence = "SpamCop clears 24 h after the last report, plus up to 4 h: probably "
                 "by Wed 25 Nov, 14:00, or 16:00; our last 3 listings there took 9 h to "
                 "26 h"},
    {.name = "by hand",
     .zone = &by_hand,
     .since = -HOUR,
     .past_h = {9, 12},
     .sentence = "Hand does not clear by itself"},
    {.name = "by hand, and yet we know",
     .zone = &by_hand,
     .since = -HOUR,
     .past_h = {20, 10, 40, 30, 50},
     .sentence = "Hand does not clear by itself: probably by Thu 26 Nov, 03:00, or 13:00; "
                 "our last 5 listings there took 10 h to 2 days"},
    {.name = "by hand, longer than ever",
     .zone = &by_hand,
     .since = -51 * HOUR,
     .past_h = {20, 10, 40, 30, 50},
     .sentence = "Hand does not clear by itself; our last 5 listings there took 10 h to 2 "
                 "days"},
    {.name = "not known",
     .zone = &silent,
     .sentence = "Silent does not say when it clears, and we cannot tell"},
    {.name = "not known, longer than ever",
     .zone = &silent,
     .since = -DAY,
     .past_h = {3, 3, 3},
     .sentence = "Silent does not say when it clears, and we cannot tell; our last 3 "
                 "listings there took 3 h to 3 h"},
    {.name = "not known, but seen",
     .zone = &silent,
     .past_h = {3, 4, 5},
     .sentence = "Silent does not say when it clears: probably by 17:00; our last 3 "
                 "listings there took 3 h to 5 h"},
    {.name = "no list",
     .zone = NULL,
     .sentence = "the list does not say when it clears, and we cannot tell"},
    {.name = "a code that clears otherwise",
     .zone = &mixed,
     .code = "127.0.0.2",
     .sentence = "Mixed does not clear by itself"},
    {.name = "a code that clears as the list",
     .zone = &mixed,
     .code = "127.0.0.3",
     .sentence = "Mixed clears 3 days after the last report: probably by Fri 27 Nov, 12:00"},
};
/* clang-format on */

static void each_estimate_is_said(void **state UNUSED)
{
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        struct clearing_stretch past[PAST_ROWS];
        struct clearing_facts facts = {.zone = row->zone,
                                       .code = row->code,
                                       .since = NOON + row->since,
                                       .checked_at = NOON + row->checked_at,
                                       .past = past};
        struct clearing c;
        facts.past_count = make_past(row->past_h, past);
        clearing_estimate(&facts, NOON, &c);
        const char *words = english(&mem, clearing_sentence(&mem, &facts, &c), NOON);
        if (strcmp(words, row->sentence) != 0)
            fail_msg("%s: \"%s\" instead of \"%s\"", row->name, words, row->sentence);
    }
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_estimate_is_said),
    };

    /* One thread. */
    (void)setenv("TZ", "UTC", 1); // NOLINT(concurrency-mt-unsafe)
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
