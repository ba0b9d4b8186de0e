/*
 * test_clearing.c - when a listing clears: the list's own words, our history, and neither.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/support/clearing_lists.h"

struct row {
    const char *name;
    struct seen_listing seen;
    struct {
        enum clearing_basis basis;
        int64_t not_before, probably_by, latest; /* from NOON; NONE: 0 */
        bool is_overdue, is_due;
        size_t past_count;
    } want;
};
#define NONE INT64_MIN

/* clang-format 14 indents these rows beyond reading. */
/* clang-format off */
static const struct row rows[] = {
    {.name = "the list's own time",
     .seen.zone = &spamcop,
     .seen.since = -3 * HOUR,
     .want = {CLEARING_FROM_RULE, 0, 21 * HOUR, 25 * HOUR, false, false, 0}},
    {.name = "found this moment",
     .seen.zone = &spamcop,
     .want = {CLEARING_FROM_RULE, 0, 24 * HOUR, 28 * HOUR, false, false, 0}},
    {.name = "today still",
     .seen.zone = &spamcop,
     .seen.since = -22 * HOUR,
     .want = {CLEARING_FROM_RULE, 0, 2 * HOUR, 6 * HOUR, false, false, 0}},
    {.name = "in the time of the mirrors",
     .seen.zone = &spamcop,
     .seen.since = -26 * HOUR,
     .want = {CLEARING_FROM_RULE, 0, 0, 2 * HOUR, false, false, 0}},
    {.name = "the last second of its time",
     .seen.zone = &spamcop,
     .seen.since = -28 * HOUR,
     .want = {CLEARING_FROM_RULE, 0, 0, 0, false, false, 0}},
    {.name = "longer than the list says: reported again",
     .seen.zone = &spamcop,
     .seen.since = -28 * HOUR - 1,
     .want = {CLEARING_FROM_RULE, 0, 24 * HOUR, 28 * HOUR, true, false, 0}},
    {.name = "overdue, counted from our last look",
     .seen.zone = &spamcop,
     .seen.since = -40 * HOUR,
     .seen.checked_at = -10 * HOUR,
     .want = {CLEARING_FROM_RULE, 0, 14 * HOUR, 18 * HOUR, true, false, 0}},
    {.name = "over by now, and nobody looked",
     .seen.zone = &spamcop,
     .seen.since = -40 * HOUR,
     .seen.checked_at = -30 * HOUR,
     .want = {CLEARING_FROM_RULE, 0, 0, 0, false, true, 0}},
    {.name = "a clock that was set back",
     .seen.zone = &spamcop,
     .seen.since = 2 * HOUR,
     .seen.checked_at = 2 * HOUR,
     .want = {CLEARING_FROM_RULE, 0, 26 * HOUR, 30 * HOUR, false, false, 0}},
    {.name = "no time for mirrors, no title",
     .seen.zone = &exact,
     .seen.since = -DAY,
     .want = {CLEARING_FROM_RULE, 0, 29 * DAY, 29 * DAY, false, false, 0}},
    {.name = "two stretches say nothing",
     .seen.zone = &spamcop,
     .seen.past_h = {9, 26},
     .want = {CLEARING_FROM_RULE, 0, 24 * HOUR, 28 * HOUR, false, false, 0}},
    {.name = "three do",
     .seen.zone = &spamcop,
     .seen.past_h = {9, 26, 12},
     .want = {CLEARING_FROM_RULE, 9 * HOUR, 26 * HOUR, 28 * HOUR, false, false, 3}},
    {.name = "history that outlasts the rule",
     .seen.zone = &spamcop,
     .seen.past_h = {9, 40, 50, 41, 12},
     .want = {CLEARING_FROM_RULE, 9 * HOUR, 41 * HOUR, 50 * HOUR, false, false, 5}},
    {.name = "overdue beside history",
     .seen.zone = &spamcop,
     .seen.since = -30 * HOUR,
     .seen.past_h = {9, 40, 50, 41, 12},
     .want = {CLEARING_FROM_RULE, 0, 24 * HOUR, 28 * HOUR, true, false, 5}},
    {.name = "by hand",
     .seen.zone = &by_hand,
     .seen.since = -HOUR,
     .seen.past_h = {9, 12},
     .want = {CLEARING_BY_HAND, NONE, NONE, NONE, false, false, 0}},
    {.name = "by hand, and yet we know",
     .seen.zone = &by_hand,
     .seen.since = -HOUR,
     .seen.past_h = {20, 10, 40, 30, 50},
     .want = {CLEARING_FROM_HISTORY, 9 * HOUR, 39 * HOUR, 49 * HOUR, false, false, 5}},
    {.name = "by hand, longer than ever",
     .seen.zone = &by_hand,
     .seen.since = -51 * HOUR,
     .seen.past_h = {20, 10, 40, 30, 50},
     .want = {CLEARING_BY_HAND, NONE, NONE, NONE, true, false, 5}},
    {.name = "not known",
     .seen.zone = &silent,
     .want = {CLEARING_UNKNOWN, NONE, NONE, NONE, false, false, 0}},
    {.name = "not known, longer than ever",
     .seen.zone = &silent,
     .seen.since = -DAY,
     .seen.past_h = {3, 3, 3},
     .want = {CLEARING_UNKNOWN, NONE, NONE, NONE, true, false, 3}},
    {.name = "not known, but seen",
     .seen.zone = &silent,
     .seen.past_h = {3, 4, 5},
     .want = {CLEARING_FROM_HISTORY, 3 * HOUR, 5 * HOUR, 5 * HOUR, false, false, 3}},
    {.name = "seen, over by now",
     .seen.zone = &silent,
     .seen.since = -DAY,
     .seen.checked_at = -22 * HOUR,
     .seen.past_h = {3, 4, 5},
     .want = {CLEARING_FROM_HISTORY, 0, 0, 0, false, true, 3}},
    {.name = "of twelve the newest ten",
     .seen.zone = &silent,
     .seen.past_h = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 1, 99},
     .want = {CLEARING_FROM_HISTORY, 11 * HOUR, 18 * HOUR, 20 * HOUR, false, false, 10}},
    {.name = "no list",
     .seen.zone = NULL,
     .want = {CLEARING_UNKNOWN, NONE, NONE, NONE, false, false, 0}},
    {.name = "a code that clears otherwise",
     .seen.zone = &mixed,
     .seen.code = "127.0.0.2",
     .want = {CLEARING_BY_HAND, NONE, NONE, NONE, false, false, 0}},
    {.name = "a code that clears as the list",
     .seen.zone = &mixed,
     .seen.code = "127.0.0.3",
     .want = {CLEARING_FROM_RULE, 0, 72 * HOUR, 72 * HOUR, false, false, 0}},
};
/* clang-format on */

static int64_t at(int64_t from_noon)
{
    return from_noon == NONE ? 0 : NOON + from_noon;
}

static void each_row_gives_its_estimate(void **state UNUSED)
{
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *row = &rows[i];
        struct seen_facts made;
        struct clearing c;
        estimate_seen(&row->seen, &made, &c);
        if (c.basis != row->want.basis || c.not_before != at(row->want.not_before) ||
            c.probably_by != at(row->want.probably_by) ||
            c.latest != at(row->want.latest) || c.is_overdue != row->want.is_overdue ||
            c.is_due != row->want.is_due || c.past_count != row->want.past_count)
            fail_msg("%s: %s, %lld %lld %lld, %d %d, %zu", row->name,
                     clearing_basis_name(c.basis), (long long)c.not_before - NOON,
                     (long long)c.probably_by - NOON, (long long)c.latest - NOON,
                     c.is_overdue, c.is_due, c.past_count);
        bool is_said = c.basis == CLEARING_FROM_RULE && !c.is_overdue && !c.is_due;
        int64_t left_s = c.latest > NOON ? c.latest - NOON : 1;
        assert_int_equal(clearing_within_s(&c, NOON), is_said ? left_s : 0);
        assert_true(sentence_is(clearing_sentence(&mem, &made.facts, &c),
                                "said.clearing.sentence"));
    }
    arena_release(&mem);
}

static void a_stretch_without_sense_does_not_count(void **state UNUSED)
{
    static const struct clearing_stretch good = {NOON - 20 * HOUR, NOON - 11 * HOUR,
                                                 NOON - 10 * HOUR};
    static const struct {
        const char *name;
        int64_t since, last_listed_at, until;
        bool counts;
    } cases[] = {
        {"as the others",             NOON - 9,        NOON - 9,                        NOON,            true },
        {"without a beginning",       0,               NOON - HOUR,                     NOON,            false},
        {"before time",               -5,              NOON - HOUR,                     NOON,            false},
        {"of no length",              NOON - HOUR,     NOON - HOUR,                     NOON - HOUR,     false},
        {"ends before it begins",     NOON - HOUR,     NOON - HOUR,                     NOON - 2 * HOUR, false},
        {"listed before it begins",   NOON - HOUR,     NOON - 2 * HOUR,                 NOON,            false},
        {"listed after its end",      NOON - 3 * HOUR, NOON - HOUR,                     NOON - 2 * HOUR, false},
        {"ends tomorrow",             NOON - HOUR,     NOON,                            NOON + DAY,      false},
        {"nobody looked for a while", NOON - DAY,      NOON - CLEARING_BLIND_MAX_S,     NOON,
         true                                                                                                 },
        {"nobody looked for longer",  NOON - DAY,      NOON - CLEARING_BLIND_MAX_S - 1, NOON,
         false                                                                                                },
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct clearing_stretch past[] = {good, good, good};
        past[1].since = cases[i].since;
        past[1].last_listed_at = cases[i].last_listed_at;
        past[1].until = cases[i].until;
        const struct clearing_facts facts = {.zone = &silent,
                                             .since = NOON,
                                             .checked_at = NOON,
                                             .past = past,
                                             .past_count = ARRAY_LEN(past)};
        struct clearing c;
        clearing_estimate(&facts, NOON, &c);
        if (c.past_count != (cases[i].counts ? 3 : 0) ||
            c.basis != (cases[i].counts ? CLEARING_FROM_HISTORY : CLEARING_UNKNOWN))
            fail_msg("%s: %zu", cases[i].name, c.past_count);
    }
}

static void the_times_stand_in_order_whatever_is_known(void **state UNUSED)
{
    static const struct zone *const zones[] = {NULL,     &spamcop, &exact,
                                               &by_hand, &silent,  &mixed};
    static const int64_t offsets[] = {-90 * DAY, -51 * HOUR, -28 * HOUR, -24 * HOUR,
                                      -HOUR,     -1,         0,          1,
                                      HOUR,      29 * HOUR,  90 * DAY};
    /* clang-format 14 falls over rows of different lengths. */
    /* clang-format off */
    static const int pasts[][PAST_ROWS] = {
        {0},
        {9, 26, 12},
        {3, 3, 3},
        {700, 1, 20, 30, 40},
        {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12},
    };
    /* clang-format on */
    size_t combinations = 0;

    for (size_t z = 0; z < ARRAY_LEN(zones); z++)
        for (size_t s = 0; s < ARRAY_LEN(offsets); s++)
            for (size_t k = 0; k < ARRAY_LEN(offsets); k++)
                for (size_t p = 0; p < ARRAY_LEN(pasts); p++) {
                    struct seen_listing seen = {.zone = zones[z],
                                                .since = offsets[s],
                                                .checked_at = offsets[k]};
                    struct seen_facts made;
                    struct clearing c;
                    memcpy(seen.past_h, pasts[p], sizeof seen.past_h);
                    estimate_seen(&seen, &made, &c);
                    bool has_times = c.basis == CLEARING_FROM_RULE ||
                                     c.basis == CLEARING_FROM_HISTORY;
                    assert_int_equal(c.latest != 0, has_times);
                    assert_int_equal(c.probably_by != 0, has_times);
                    assert_int_equal(c.not_before != 0, has_times);
                    assert_true(!has_times || NOON <= c.not_before);
                    assert_true(c.not_before <= c.probably_by);
                    assert_true(c.probably_by <= c.latest);
                    assert_true(has_times || !c.is_due);
                    assert_true(c.past_min_s <= c.past_max_s);
                    combinations++;
                }
    assert_int_equal(combinations, 6 * 11 * 11 * 5);
}

static void each_basis_has_its_own_name(void **state UNUSED)
{
    for (int i = 0; i < CLEARING_BASIS_COUNT; i++)
        for (int j = 0; j < i; j++)
            assert_string_not_equal(clearing_basis_name((enum clearing_basis)i),
                                    clearing_basis_name((enum clearing_basis)j));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_gives_its_estimate),
        cmocka_unit_test(a_stretch_without_sense_does_not_count),
        cmocka_unit_test(the_times_stand_in_order_whatever_is_known),
        cmocka_unit_test(each_basis_has_its_own_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
