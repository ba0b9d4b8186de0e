/*
 * exim_lanes.c - the table of lanes in the recipe for Exim, against the pool.
 */
#include "base/base.h"

#include "base/address.h"
#include "issuer/mtacheck/exim.h"

static const struct mtacheck_rule pool_empty = {
    "pool.empty", MTACHECK_MISSING, "the pool has no address, so no lease can be given",
    "cleansmtp pool add ADDRESS --lane NAME --helo NAME"};
static const struct mtacheck_rule lane_absent = {
    "lane.absent", MTACHECK_MISSING,
    "Exim knows no address for it: its mail is deferred",
    "write CLEAN_ADDRESSES as \"cleansmtp mta exim\" prints it now"};
static const struct mtacheck_rule lane_bind = {
    "lane.bind", MTACHECK_LEAK, "mail of these leases leaves by another address",
    "write CLEAN_ADDRESSES as \"cleansmtp mta exim\" prints it now"};
static const struct mtacheck_rule lane_helo = {
    "lane.helo", MTACHECK_MISSING,
    "receivers compare this name with the address's reverse name, and refuse",
    "write CLEAN_HELOS as \"cleansmtp mta exim\" prints it now"};
static const struct mtacheck_rule lane_address = {
    "lane.address", MTACHECK_MISSING,
    "the address is not on this host: mail of these leases is deferred",
    "add it to the network interface, for good"};

/* "a" of "clean1=a clean2=b" for clean1; NULL: none. */
static const char *table_value(struct arena *mem, const char *table, const char *lane)
{
    struct slice rest = slice_from(table);
    struct slice word;

    while (settings_word(&rest, &word)) {
        ptrdiff_t equals = slice_find_byte(word, '=');
        if (equals > 0 && slice_is(slice_take(word, (size_t)equals), lane))
            return arena_slice(mem, slice_skip(word, (size_t)equals + 1));
    }
    return NULL;
}

static bool is_same_address(const char *a, const char *b)
{
    struct address first;
    struct address second;

    return address_parse(slice_from(a), &first) &&
           address_parse(slice_from(b), &second) && address_equal(&first, &second);
}

static void check_lane(const struct exim_look *look, const struct mtacheck_lane *lane,
                       struct mtacheck_findings *out)
{
    const char *where = arena_printf(look->mem, "lane %s", lane->lane);
    const char *address = table_value(look->mem, look->addresses, lane->lane);
    const char *helo = table_value(look->mem, look->helos, lane->lane);

    if (address == NULL)
        mtacheck_report(
            out, (struct mtacheck_finding){&lane_absent, where, NULL, lane->address});
    else if (!is_same_address(address, lane->address))
        mtacheck_report(
            out, (struct mtacheck_finding){&lane_bind, where, address, lane->address});
    if (address != NULL && (helo == NULL || strcmp(helo, lane->helo) != 0))
        mtacheck_report(out,
                        (struct mtacheck_finding){&lane_helo, where, helo, lane->helo});
    if (strcmp(mtacheck_host(look->facts, "address", lane->address), "here") != 0)
        mtacheck_report(
            out, (struct mtacheck_finding){&lane_address, where, NULL, lane->address});
}

void exim_check_lanes(const struct exim_look *look, struct mtacheck_findings *out)
{
    if (look->facts->lanes_count == 0)
        mtacheck_report(
            out, (struct mtacheck_finding){.rule = &pool_empty, .where = "the pool"});
    for (size_t i = 0; i < look->facts->lanes_count; i++)
        check_lane(look, &look->facts->lanes[i], out);
}
