/*
 * test_timezone.c - the tables say what glibc says, in every thread its own.
 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/arena.h"
#include "base/timetext.h"
#include "base/timezone.h"

enum {
    NOW = 1795000000, /* 2026-11-18 */
    DAY_S = 86400
};

/* Half hours and quarters, a change of half an hour, one at midnight, one that follows the moon, a day
 * that was left out (30 December 2011), a zone that gave up its changes, one that never had any. */
static const char *const names[] = {
    "Europe/Berlin",     "Asia/Kolkata", "Asia/Kathmandu",    "Australia/Lord_Howe",
    "America/Santiago",  "Asia/Beirut",  "Africa/Casablanca", "Pacific/Apia",
    "America/Sao_Paulo", "Etc/UTC",      "Europe/Dublin",     "America/St_Johns",
};

static void set_tz(const char *name)
{
    /* One thread here. NOLINTNEXTLINE(concurrency-mt-unsafe) */
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
}

static int load(void **state UNUSED)
{
    struct error err = {0};

    set_tz("UTC");
    if (timezones_load(names, ARRAY_LEN(names), NOW, &err) != 0)
        fail_msg("%s", err.text);
    return 0;
}

static int forget(void **state UNUSED)
{
    struct error err = {0};

    return timezones_load(NULL, 0, NOW, &err);
}

static void must_agree(const char *name, int64_t when)
{
    time_t at = (time_t)when;
    struct tm theirs = {0};
    struct tm ours = {0};

    timezone_local(when, &ours);
    assert_non_null(localtime_r(&at, &theirs));
    if (ours.tm_year != theirs.tm_year || ours.tm_yday != theirs.tm_yday ||
        ours.tm_wday != theirs.tm_wday || ours.tm_hour != theirs.tm_hour ||
        ours.tm_min != theirs.tm_min || ours.tm_sec != theirs.tm_sec ||
        ours.tm_isdst != theirs.tm_isdst || ours.tm_gmtoff != theirs.tm_gmtoff ||
        strcmp(ours.tm_zone, theirs.tm_zone) != 0)
        fail_msg("%s at %lld: %02d:%02d %s, glibc %02d:%02d %s", name, (long long)when,
                 ours.tm_hour, ours.tm_min, ours.tm_zone, theirs.tm_hour, theirs.tm_min,
                 theirs.tm_zone);
}

static void tables_say_what_glibc_says_for_forty_years(void **state UNUSED)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        set_tz(names[i]);
        timezone_use(timezone_find(names[i]));
        /* 9 h 1 min: every hour of the day in its turn. */
        for (int64_t at = NOW - (int64_t)19 * 365 * DAY_S;
             at < NOW + (int64_t)19 * 365 * DAY_S; at += 32460)
            must_agree(names[i], at);
    }
    timezone_use(NULL);
    set_tz("UTC");
}

/* The seconds around every change in ten years. */
static void changes_are_right_to_the_second(void **state UNUSED)
{
    size_t changes = 0;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct tm before;
        struct tm after;
        set_tz(names[i]);
        timezone_use(timezone_find(names[i]));
        timezone_local(NOW - (int64_t)5 * 365 * DAY_S, &before);
        for (int64_t at = NOW - (int64_t)5 * 365 * DAY_S;
             at < NOW + (int64_t)5 * 365 * DAY_S; at += DAY_S, before = after) {
            timezone_local(at + DAY_S, &after);
            if (before.tm_gmtoff == after.tm_gmtoff)
                continue;
            changes++;
            for (int64_t second = at; second <= at + DAY_S; second++)
                must_agree(names[i], second);
        }
    }
    timezone_use(NULL);
    set_tz("UTC");
    assert_true(changes > 50);
}

static void a_day_begins_where_the_day_before_ends(void **state UNUSED)
{
    struct arena mem;

    arena_init(&mem);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        timezone_use(timezone_find(names[i]));
        for (int64_t at = NOW - (int64_t)10 * 365 * DAY_S;
             at < NOW + (int64_t)10 * 365 * DAY_S; at += DAY_S) {
            const char *date = timetext_date(&mem, at);
            int64_t begin = 0;
            assert_true(timetext_date_parse(slice_from(date), &begin));
            if (strcmp(timetext_date(&mem, begin), date) != 0 ||
                strcmp(timetext_date(&mem, begin - 1), date) == 0)
                fail_msg("%s: %s begins at %lld", names[i], date, (long long)begin);
        }
    }
    timezone_use(NULL);
    arena_release(&mem);
}

static void the_word_of_the_zone_goes_along(void **state UNUSED)
{
    struct arena mem;

    arena_init(&mem);
    assert_string_equal(timetext_person(&mem, NOW, NOW), "11:06");
    assert_string_equal(timetext_zone(&mem, NOW), "UTC");
    timezone_use(timezone_find("Asia/Kathmandu"));
    assert_string_equal(timetext_person(&mem, NOW, NOW), "16:51");
    assert_int_equal(timetext_floor(NOW, 21600), NOW - 4 * 3600 - 51 * 60 - 40);
    timezone_use(timezone_find("Europe/Berlin"));
    assert_string_equal(timetext_zone(&mem, NOW), "CET");
    assert_string_equal(timetext_zone(&mem, NOW - (int64_t)90 * DAY_S), "CEST");
    timezone_use(NULL);
    assert_string_equal(timetext_person(&mem, NOW, NOW), "11:06");
    arena_release(&mem);
}

static void an_unknown_zone_is_refused_and_tz_comes_back(void **state UNUSED)
{
    static const char *const bad[] = {"Europe/Berlin", "Europe/Atlantis"};
    struct error err = {0};

    set_tz("Asia/Tokyo");
    assert_int_equal(timezones_load(bad, 2, NOW, &err), -1);
    assert_int_equal(err.kind, ERROR_INVALID);
    assert_non_null(strstr(err.text, "Europe/Atlantis"));
    assert_int_equal(timezone_count(), 0);
    assert_null(timezone_find("Europe/Berlin"));
    /* NOLINTNEXTLINE(concurrency-mt-unsafe) */
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    set_tz("UTC");
}

struct reader {
    pthread_t thread;
    const char *name;
    int64_t offset_s;
    bool is_good;
};

static void *read_many(void *context)
{
    struct reader *reader = context;

    reader->is_good = timezone_used() == NULL;
    timezone_use(timezone_find(reader->name));
    for (int i = 0; i < 100000; i++) {
        struct tm parts;
        timezone_local(NOW, &parts);
        reader->is_good = reader->is_good && parts.tm_gmtoff == reader->offset_s;
    }
    return NULL;
}

static void each_thread_has_its_own(void **state UNUSED)
{
    struct reader readers[] = {
        {.name = "Europe/Berlin",  .offset_s = 3600 },
        {.name = "Asia/Kathmandu", .offset_s = 20700},
        {.name = "Asia/Kolkata",   .offset_s = 19800},
    };

    for (size_t i = 0; i < ARRAY_LEN(readers); i++)
        assert_int_equal(
            pthread_create(&readers[i].thread, NULL, read_many, &readers[i]), 0);
    for (size_t i = 0; i < ARRAY_LEN(readers); i++) {
        assert_int_equal(pthread_join(readers[i].thread, NULL), 0);
        assert_true(readers[i].is_good);
    }
    assert_null(timezone_used());
}

#define LOADED(test) cmocka_unit_test_setup_teardown(test, load, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LOADED(tables_say_what_glibc_says_for_forty_years),
        LOADED(changes_are_right_to_the_second),
        LOADED(a_day_begins_where_the_day_before_ends),
        LOADED(the_word_of_the_zone_goes_along),
        LOADED(an_unknown_zone_is_refused_and_tz_comes_back),
        LOADED(each_thread_has_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
