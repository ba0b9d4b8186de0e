/*
 * zones.c - the catalogue, a row a list.
 *
 * Codes and lifetimes were collected in November 2026 from the source named at each row. A code
 * that is not here is never a listing, so a row may miss a new code, but must never name one that
 * means something else: hostkarma's 127.0.0.1 is praise.
 */
#include "base/base.h"

#include "issuer/dnsbl/zones.h"

enum {
    HOUR_S = 3600,
    DAY_S = 24 * HOUR_S
};

static const struct zone zones[] = {
  /* spamcop.net/fom-serve/cache/297.html and 298.html, 2026-11 */
    {.name = "bl.spamcop.net",
     .title = "SpamCop",
     .listed_codes = {"127.0.0.2"},
     .lookup_url = "https://www.spamcop.net/bl.shtml?",
     .expiry = "clears by itself within 24 hours after the last report",
     .typical_expiry_s = DAY_S,
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* docs.spamhaus.com, datasets and zones, 2026-11: SBL, CSS, XBL, DROP, PBL; answers in
     * 127.255.255.0/24 are about the asker */
    {.name = "zen.spamhaus.org",
     .title = "Spamhaus",
     .listed_codes = {"127.0.0.2-4", "127.0.0.9-11", "127.0.0.30"},
     .lookup_url = "https://check.spamhaus.org/results/?query=",
     .expiry =
         "automatic entries (CSS, XBL) expire within days, others are removed on request",
     .typical_expiry_s = INT64_C(3) * DAY_S,
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* docs.spamhaus.com, 2026-11: says that an address should not send at all; our request to the
     * list helps, a lease would hide the mistake */
    {.name = "pbl.spamhaus.org",
     .title = "Spamhaus PBL",
     .listed_codes = {"127.0.0.10-11"},
     .lookup_url = "https://check.spamhaus.org/results/?query=",
     .expiry = "stays until the owner of the network removes it",
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true},
 /* barracudacentral.org/rbl, 2026-11: the resolver's address must be registered there */
    {.name = "b.barracudacentral.org",
     .title = "Barracuda",
     .listed_codes = {"127.0.0.2"},
     .lookup_url = "https://www.barracudacentral.org/rbl/removal-request/",
     .expiry = "is removed on request, usually within 12 to 24 hours",
     .typical_expiry_s = DAY_S,
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* uceprotect.net m=7 s=6, 2026-11 */
    {.name = "dnsbl-1.uceprotect.net",
     .title = "UCEPROTECT Level 1",
     .listed_codes = {"127.0.0.2"},
     .lookup_url = "http://www.uceprotect.net/en/rblcheck.php?ipr=",
     .expiry = "clears by itself 7 days after the last event",
     .typical_expiry_s = INT64_C(7) * DAY_S,
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* backscatterer.org/?target=usage, 2026-11: meant for mail without a sender */
    {.name = "ips.backscatterer.org",
     .title = "Backscatterer",
     .listed_codes = {"127.0.0.2"},
     .lookup_url = "http://www.backscatterer.org/?target=test&ip=",
     .expiry = "clears by itself 4 weeks after the last event",
     .typical_expiry_s = INT64_C(28) * DAY_S,
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* psbl.org/about, 2026-11 */
    {.name = "psbl.surriel.com",
     .title = "PSBL",
     .listed_codes = {"127.0.0.2"},
     .lookup_url = "https://psbl.org/listing?ip=",
     .expiry =
         "anyone can remove an address at once, otherwise it clears after some weeks", .typical_expiry_s = INT64_C(30) * DAY_S,
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* mailspike.org; rspamd conf/modules.d/rbl.conf, 2026-11 */
    {.name = "bl.mailspike.net",
     .title = "Mailspike",
     .listed_codes = {"127.0.0.2", "127.0.0.10-12"},
     .lookup_url = "https://mailspike.org/iplookup.html",
     .expiry = "is removed on request within 6 to 36 hours",
     .typical_expiry_s = DAY_S,
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* rspamd rbl.conf, 2026-11: its code is .38, so 127.0.0.2 is no listing of its
     * own, and nothing says that it keeps the test points */
    {.name = "spam.spamrats.com",
     .title = "SpamRATS",
     .listed_codes = {"127.0.0.38"},
     .lookup_url = "https://www.spamrats.com/lookup.php?ip=",
     .expiry = "is removed on request",
     .lists_addresses = true,
     .is_alive = true},
 /* whatismyipaddress.com/blacklist/s5h, 2026-11 */
    {.name = "all.s5h.net",
     .title = "s5h",
     .listed_codes = {"127.0.0.2"},
     .lookup_url = "http://www.usenix.org.uk/content/rbl.html",
     .expiry = "is removed by a visit to its page from the listed address",
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* rspamd rbl.conf; lifetime by glockapps.com, 2026-11 */
    {.name = "bl.spameatingmonkey.net",
     .title = "Spam Eating Monkey",
     .listed_codes = {"127.0.0.2"},
     .lookup_url = "https://spameatingmonkey.com/lookup/",
     .expiry = "clears by itself about 15 days after the last event",
     .typical_expiry_s = INT64_C(15) * DAY_S,
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* blocklist.de, 2026-11: the last octet names the attacked service; lifetime not confirmed */
    {.name = "bl.blocklist.de",
     .title = "blocklist.de",
     .listed_codes = {"127.0.0.2-254"},
     .lookup_url = "https://www.blocklist.de/en/view.html?ip=",
     .expiry = "clears by itself 48 hours after the last attack",
     .typical_expiry_s = INT64_C(2) * DAY_S,
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* rspamd rbl.conf, 2026-11 */
    {.name = "bl.nordspam.com",
     .title = "NordSpam",
     .listed_codes = {"127.0.0.2"},
     .lookup_url = "https://www.nordspam.com/",
     .expiry = "is removed on request",
     .has_test_points = true,
     .lists_addresses = true,
     .is_alive = true,
     .may_grant = true},
 /* Closed in June 2024 (its operator's notice); a reply that names it proves nothing. */
    {.name = "dnsbl.sorbs.net",
     .title = "SORBS",
     .expiry = "has closed",
     .lists_addresses = true},
};

const struct zone *zones_all(size_t *out_count)
{
    *out_count = ARRAY_LEN(zones);
    return zones;
}

const struct zone *zone_find(const char *name)
{
    if (name == NULL)
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(zones); i++)
        if (slice_is_nocase(slice_from(name), zones[i].name))
            return &zones[i];
    return NULL;
}

static bool is_in(const struct zone *zone, const struct zone *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (list[i] == zone)
            return true;
    return false;
}

size_t zones_used(const struct config *config, const struct zone **out)
{
    size_t count = 0;

    for (size_t i = 0; i < config->zones.use.count; i++) {
        const struct zone *zone = zone_find(config->zones.use.at[i]);
        if (zone != NULL && zone->is_alive && zone->lists_addresses &&
            !is_in(zone, out, count))
            out[count++] = zone;
    }
    return count;
}

bool zone_is_used(const struct config *config, const struct zone *zone)
{
    const struct zone *used[CONFIG_LIST_MAX] = {NULL};

    return zone != NULL && is_in(zone, used, zones_used(config, used));
}
