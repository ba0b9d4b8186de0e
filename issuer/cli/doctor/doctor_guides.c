/*
 * doctor_guides.c - are the guides for customers still true? Mail programs move their menus: what was
 * not compared for a year is told.
 */
#include "base/base.h"

#include "issuer/cli/doctor/doctor.h"

#include "base/number.h"
#include "issuer/cli/output.h"

enum {
    OLD_MONTHS = 12
};

/* "2026-11" as months since year 0; 0 when it is no month. */
static int64_t months_of(const char *month)
{
    struct slice text = slice_from(month);
    uint64_t year;
    uint64_t number;

    if (text.len != 7 || text.at[4] != '-' ||
        !number_u64(slice_take(text, 4), 9999, &year) ||
        !number_u64(slice_skip(text, 5), 12, &number) || number == 0)
        return 0;
    return (int64_t)(year * 12 + number - 1);
}

static int64_t months_now(int64_t now)
{
    time_t at = (time_t)now;
    struct tm utc;

    return gmtime_r(&at, &utc) != NULL ? (int64_t)(utc.tm_year + 1900) * 12 + utc.tm_mon
                                       : 0;
}

void doctor_check_guides(struct doctor *doctor)
{
    struct findings *found = &doctor->found;
    struct error why = {0};
    json_t *guides = NULL;
    size_t old = 0;

    if (cli_list(doctor->cli, "/api/v1/guides", 0, &guides, &why) != 0) {
        findings_add(found, FINDING_UNKNOWN, "checked", NULL, "%s", why.text);
        return;
    }
    for (size_t i = 0; i < json_array_size(guides); i++) {
        const json_t *guide = json_array_get(guides, i);
        const char *checked = member(guide, "checked");
        if (months_now(doctor->now) - months_of(checked) <= OLD_MONTHS)
            continue;
        old++;
        findings_add(
            found, FINDING_WARNING,
            arena_printf(doctor->mem, "%s (%s)", member(guide, "program"),
                         member(guide, "language")),
            "compare its steps with the program, and set the month in the file",
            "was last checked in %s", checked);
    }
    if (old == 0)
        findings_add(found, FINDING_OK, "checked", NULL,
                     "%zu guides, each checked within a year", json_array_size(guides));
    json_decref(guides);
}
