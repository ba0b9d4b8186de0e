/*
 * test_picture.c - strips of days and positions on an axis.
 */
#include "base/base.h"

#include "issuer/web/picture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define NOW INT64_C(1795510800) /* 2026-11-24T09:00:00Z */
#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)

static const struct {
    const char *name;
    struct picture_stretch stretches[3];
    size_t count;
    const char *listed, *unknown, *clear;
    unsigned times, unknown_days, asked_days;
    int64_t listed_s;
} strips[] = {
    {"nobody asked",                                                {{0}}, 0, "",                 "", "",                   0, 0, 0, 0        },
    {"listed for half of the last day",
     {{LISTING_LISTED, NOW - 12 * HOUR, 0}},
     1,                                                                       "M4 21v-10h.8v10z",
     "",                                                                                              "",
     1,                                                                                                                        0,
     1,                                                                                                                              12 * HOUR},
    {"listed from before the first day to this moment",
     {{LISTING_LISTED, NOW - 30 * DAY, 0}},
     1,                                                                       "M0 21v-18h.8v18zM1 21v-18h.8v18zM2 21v-18h.8v18zM3 21v-18h.8v18zM4 "
     "21v-18h.8v18z",                                                                      "",
     "",                                                                                                                    1,
     0,                                                                                                                           5,
     5 * DAY                                                                                                                                  },
    {"over before the first day",
     {{LISTING_LISTED, NOW - 30 * DAY, NOW - 6 * DAY}},
     1,                                                                       "",
     "",                                                                                              "",
     0,                                                                                                                        0,
     0,                                                                                                                              0        },
    {"a listing counts more than clear, clear more than no answer",
     {{LISTING_CLEAR, NOW - 5 * DAY, NOW - 3 * DAY},
      {LISTING_LISTED, NOW - 3 * DAY, NOW - 2 * DAY - 12 * HOUR},
      {LISTING_UNKNOWN, NOW - 2 * DAY - 12 * HOUR, NOW - DAY}},
     3,                                                                       "M2 21v-10h.8v10z",
     "M3 19v-4h.8v4z",                                                                                "M0 23h.75M1 23h.75",
     1,                                                                                                                        1,
     4,                                                                                                                              12 * HOUR},
    {"a look of this very moment is a look",
     {{LISTING_CLEAR, NOW, 0}},
     1,                                                                       "",
     "",                                                                                              "M4 23h.75",
     0,                                                                                                                        0,
     1,                                                                                                                              0        },
    {"the shortest listing has a bar",
     {{LISTING_LISTED, NOW - 2 * DAY, NOW - 2 * DAY + 1}},
     1,                                                                       "M3 21v-3h.8v3z",
     "",                                                                                              "",
     1,                                                                                                                        0,
     1,                                                                                                                              1        },
};

static void a_strip_draws_what_is_known_and_nothing_else(void **state UNUSED)
{
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(strips); i++) {
        struct picture_strip strip;
        picture_strip(&mem, strips[i].stretches, strips[i].count, 5, NOW, &strip);
        if (strcmp(strip.listed, strips[i].listed) != 0 ||
            strcmp(strip.unknown, strips[i].unknown) != 0 ||
            strcmp(strip.clear, strips[i].clear) != 0)
            fail_msg("%s: \"%s\" \"%s\" \"%s\"", strips[i].name, strip.listed,
                     strip.unknown, strip.clear);
        assert_int_equal(strip.times, strips[i].times);
        assert_int_equal(strip.unknown_days, strips[i].unknown_days);
        assert_int_equal(strip.asked_days, strips[i].asked_days);
        assert_int_equal(strip.listed_s, strips[i].listed_s);
    }
    arena_release(&mem);
}

static void a_moment_has_its_place_on_an_axis(void **state UNUSED)
{
    const struct picture_axis axis = {.from = 1000, .until = 2000};
    struct arena mem;

    arena_init(&mem);
    assert_string_equal(picture_at(&mem, &axis, 0), "0.00%");
    assert_string_equal(picture_at(&mem, &axis, 1000), "0.00%");
    assert_string_equal(picture_at(&mem, &axis, 1333), "33.30%");
    assert_string_equal(picture_at(&mem, &axis, 2000), "100.00%");
    assert_string_equal(picture_at(&mem, &axis, INT64_MAX), "100.00%");
    assert_string_equal(picture_width(&mem, &axis, 500, 1500), "50.00%");
    assert_string_equal(picture_width(&mem, &axis, 1500, 1400), "0.00%");
    assert_string_equal(picture_width(&mem, &axis, 3000, 4000), "0.00%");
    arena_release(&mem);
}

static int64_t moment_of(const json_t *marks, size_t i)
{
    return json_integer_value(json_object_get(json_array_get(marks, i), "at"));
}

static void an_axis_shows_whole_steps_of_the_clock_on_the_wall(void **state UNUSED)
{
    struct picture_axis axis;
    struct arena mem;

    arena_init(&mem);
    // NOLINTNEXTLINE(concurrency-mt-unsafe)
    assert_int_equal(setenv("TZ", "Europe/Berlin", 1), 0);
    tzset();
    /* 05:12 to 29 hours later, 06:12 in Berlin: steps of six hours. */
    json_t *marks = picture_marks(&mem, NOW - 4 * HOUR + INT64_C(720), NOW + 25 * HOUR,
                                  &axis);
    assert_int_equal(axis.from, NOW - 4 * HOUR);
    assert_int_equal(axis.until, NOW + 26 * HOUR);
    assert_int_equal(json_array_size(marks), 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(moment_of(marks, i), NOW + (6 * (int64_t)i - 4) * HOUR);
    json_decref(marks);
    /* A moment is shown as an hour. */
    marks = picture_marks(&mem, NOW, NOW, &axis);
    assert_int_equal(axis.until - axis.from, HOUR);
    assert_int_equal(json_array_size(marks), 2);
    json_decref(marks);
    arena_release(&mem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_strip_draws_what_is_known_and_nothing_else),
        cmocka_unit_test(a_moment_has_its_place_on_an_axis),
        cmocka_unit_test(an_axis_shows_whole_steps_of_the_clock_on_the_wall),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
