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
    struct seen_listing seen;
    const char *sentence;
};

/* clang-format 14 indents these rows beyond reading. */
/* clang-format off */
static const struct row rows[] = {
    {.name = "the list's own time",
     .seen.zone = &spamcop,
     .seen.since = -3 * HOUR,
     .sentence = "SpamCop clears 24 h after the last report, plus up to 4 h: probably "
                 "by Wed 25 Nov, 09:00, or 13:00"},
    {.name = "today still",
     .seen.zone = &spamcop,
     .seen.since = -22 * HOUR,
     .sentence = "SpamCop clears 24 h after the last report, plus up to 4 h: probably "
                 "by 14:00, or 18:00"},
    {.name = "longer than the list says: reported again",
     .seen.zone = &spamcop,
     .seen.since = -28 * HOUR - 1,
     .sentence = "SpamCop clears 24 h after the last report, plus up to 4 h, and was "
                 "probably told again: probably by Wed 25 Nov, 12:00, or 16:00"},
    {.name = "over by now, and nobody looked",
     .seen.zone = &spamcop,
     .seen.since = -40 * HOUR,
     .seen.checked_at = -30 * HOUR,
     .sentence = "SpamCop clears 24 h after the last report, plus up to 4 h: it should "
                 "be over by now, ask again"},
    {.name = "no time for mirrors, no title",
     .seen.zone = &exact,
     .seen.since = -DAY,
     .sentence = "bl.exact.example clears 30 days after the last report: probably by Wed "
                 "23 Dec, 12:00"},
    {.name = "three do",
     .seen.zone = &spamcop,
     .seen.past_h = {9, 26, 12},
     .sentence = "SpamCop clears 24 h after the last report, plus up to 4 h: probably "
                 "by Wed 25 Nov, 14:00, or 16:00; our last 3 listings there took 9 h to "
                 "26 h"},
    {.name = "by hand",
     .seen.zone = &by_hand,
     .seen.since = -HOUR,
     .seen.past_h = {9, 12},
     .sentence = "Hand does not clear by itself"},
    {.name = "by hand, and yet we know",
     .seen.zone = &by_hand,
     .seen.since = -HOUR,
     .seen.past_h = {20, 10, 40, 30, 50},
     .sentence = "Hand does not clear by itself: probably by Thu 26 Nov, 03:00, or 13:00; "
                 "our last 5 listings there took 10 h to 2 days"},
    {.name = "by hand, longer than ever",
     .seen.zone = &by_hand,
     .seen.since = -51 * HOUR,
     .seen.past_h = {20, 10, 40, 30, 50},
     .sentence = "Hand does not clear by itself; our last 5 listings there took 10 h to 2 "
                 "days"},
    {.name = "not known",
     .seen.zone = &silent,
     .sentence = "Silent does not say when it clears, and we cannot tell"},
    {.name = "not known, longer than ever",
     .seen.zone = &silent,
     .seen.since = -DAY,
     .seen.past_h = {3, 3, 3},
     .sentence = "Silent does not say when it clears, and we cannot tell; our last 3 "
                 "listings there took 3 h to 3 h"},
    {.name = "not known, but seen",
     .seen.zone = &silent,
     .seen.past_h = {3, 4, 5},
     .sentence = "Silent does not say when it clears: probably by 17:00; our last 3 "
                 "listings there took 3 h to 5 h"},
    {.name = "no list",
     .seen.zone = NULL,
     .sentence = "the list does not say when it clears, and we cannot tell"},
    {.name = "a code that clears otherwise",
     .seen.zone = &mixed,
     .seen.code = "127.0.0.2",
     .sentence = "Mixed does not clear by itself"},
    {.name = "a code that clears as the list",
     .seen.zone = &mixed,
     .seen.code = "127.0.0.3",
     .sentence = "Mixed clears 3 days after the last report: probably by Fri 27 Nov, 12:00"},
};
/* clang-format on */

static void each_estimate_is_said(void **state UNUSED)
{
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        struct seen_facts made;
        struct clearing c;
        estimate_seen(&row->seen, &made, &c);
        const char *words = english(&mem, clearing_sentence(&mem, &made.facts, &c),
                                    NOON);
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
