/*
 * zone.c - what is known about a block list.
 */
#include "base/base.h"

#include "core/zone.h"

#include "core/listing.h"

static const struct zone_code *find_answer(const struct zone *zone,
                                           const struct address *answer)
{
    if (zone == NULL || !address_is_v4(answer))
        return NULL;
    const uint8_t *octets = answer->bytes + 12;
    for (size_t i = 0; i < zone->codes_count; i++) {
        const struct zone_code *row = &zone->codes[i];
        if (memcmp(row->octets, octets, 3) == 0 && octets[3] >= row->octets[3] &&
            octets[3] <= row->last)
            return row;
    }
    return NULL;
}

static const struct zone_code *find_code(const struct zone *zone, const char *code)
{
    struct address answer;

    return address_parse(slice_from(code), &answer) ? find_answer(zone, &answer) : NULL;
}

const char *zone_code_meaning(const struct zone *zone, const char *code)
{
    const struct zone_code *row = find_code(zone, code);

    return row != NULL ? row->meaning : NULL;
}

bool zone_answer_may_grant(const struct zone *zone, const struct address *answer)
{
    const struct zone_code *row = find_answer(zone, answer);

    return row != NULL && row->may_grant;
}

struct zone_expiry zone_code_expiry(const struct zone *zone, const char *code)
{
    const struct zone_code *row = find_code(zone, code);

    if (row != NULL && row->expiry.how != ZONE_EXPIRES_UNKNOWN)
        return row->expiry;
    return zone != NULL ? zone->clears : (struct zone_expiry){0};
}

const char *zone_lookup_url(struct arena *mem, const struct zone *zone,
                            const struct address *address)
{
    char text[ADDRESS_TEXT_MAX + 1];

    if (zone == NULL || zone->lookup_url == NULL)
        return NULL;
    struct slice url = slice_from(zone->lookup_url);
    ptrdiff_t mark = slice_find(url, SLICE("{ip}"));
    if (mark < 0)
        return zone->lookup_url;
    /* Dots, colons and hex digits may stand in a path or a query as they are (RFC 3986 3.3). */
    address_format(address, text);
    return arena_printf(mem, "%.*s%s%s", (int)mark, url.at, text,
                        slice_skip(url, (size_t)mark + strlen("{ip}")).at);
}

const char *zone_asked_name(const struct zone *zone)
{
    return zone->asked_name != NULL ? zone->asked_name : zone->name;
}
