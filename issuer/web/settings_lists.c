/*
 * settings_lists.c - the block lists that are asked: what each means, and whether it answers now.
 */
#include "base/base.h"

#include "issuer/web/pages.h"
#include "issuer/web/settings.h"
#include "issuer/web/speak.h"

#include "issuer/dnsbl/check.h"
#include "issuer/dnsbl/zones.h"

static const char *const kinds[ZONE_KIND_COUNT] = {
    [ZONE_ADDRESS] = "console.lists.kind.address",
    [ZONE_WIDE] = "console.lists.kind.wide",
    [ZONE_POLICY] = "console.lists.kind.policy",
    [ZONE_REPUTATION] = "console.lists.kind.reputation",
    [ZONE_DOMAIN] = "console.lists.kind.domain",
    [ZONE_WHITE] = "console.lists.kind.white",
    [ZONE_PRIVATE] = "console.lists.kind.private",
};
static const char *const askers[ZONE_ASKER_COUNT] = {
    [ZONE_ASK_ANYONE] = "console.lists.asker.anyone",
    [ZONE_ASK_REGISTERED] = "console.lists.asker.registered",
    [ZONE_ASK_KEY] = "console.lists.asker.key",
    [ZONE_ASK_NOBODY] = "console.lists.asker.nobody",
};

/* ---- what a list means ---- */

static const char *ends(struct page *page, const struct zone_expiry *expiry)
{
    switch (expiry->how) {
    case ZONE_EXPIRES_ITSELF:
        return speak_with(page, "console.lists.ends.itself", "after",
                          speak_span(page, expiry->after_s), "slack",
                          speak_span(page, expiry->slack_s), NULL);
    case ZONE_EXPIRES_BY_HAND: return speak(page, "console.lists.ends.by_hand");
    case ZONE_EXPIRES_UNKNOWN:
    case ZONE_EXPIRES_COUNT: break;
    }
    return speak(page, "console.lists.ends.unknown");
}

/* "127.0.0.2" or "127.0.0.4–7" */
static const char *answer_of(struct arena *mem, const struct zone_code *code)
{
    const uint8_t *o = code->octets;
    const char *first = arena_printf(mem, "%u.%u.%u.%u", o[0], o[1], o[2], o[3]);

    return code->last == o[3] ? first : arena_printf(mem, "%s–%u", first, code->last);
}

static json_t *code_line(struct page *page, const struct zone *zone,
                         const struct zone_code *code)
{
    const char *answer = answer_of(page->mem, code);
    struct zone_expiry expiry = code->expiry.how != ZONE_EXPIRES_UNKNOWN ? code->expiry
                                                                         : zone->clears;
    json_t *line = json_object();

    view_text(line, "answer", answer);
    view_text(line, "meaning", code->meaning);
    view_text(line, "counts",
              speak(page, !code->is_listing ? "console.lists.counts.no"
                          : zone->may_grant && code->may_grant
                              ? "console.lists.counts.lease"
                              : "console.lists.counts.yes"));
    view_text(line, "ends", code->is_listing ? ends(page, &expiry) : NULL);
    return line;
}

static json_t *zone_view(struct page *page, const struct zone *zone)
{
    json_t *view = json_object();
    json_t *codes = json_array();

    for (size_t i = 0; i < zone->codes_count; i++)
        json_array_append_new(codes, code_line(page, zone, &zone->codes[i]));
    view_text(view, "name", zone->name);
    view_text(view, "list", zone->title);
    view_text(view, "kind", speak(page, kinds[zone->kind]));
    view_text(view, "asker", speak(page, askers[zone->asker]));
    view_text(view, "grounds",
              speak(page, zone->may_grant ? "console.lists.grounds.yes"
                                          : "console.lists.grounds.no"));
    view_text(view, "expiry",
              speak_with(page, "console.lists.expiry", "list", zone->title, "expiry",
                         zone->expiry, NULL));
    view_text(view, "lookup", zone->lookup_url);
    view_text(view, "delisting", zone->delisting_url);
    view_text(view, "source", zone->source);
    view_text(view, "points",
              speak(page, zone->has_test_points ? "console.lists.points.yes"
                                                : "console.lists.points.no"));
    view_flag(view, "has_codes", zone->codes_count > 0);
    view_take(view, "codes", codes);
    view_text(view, "action",
              arena_printf(page->mem, "/settings/lists/%s/test", zone->name));
    return view;
}

static int show(struct page *page, struct error *err)
{
    const struct zone *used[CONFIG_LIST_MAX];
    size_t count = zones_used(app_zones(page->app), used);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, zone_view(page, used[i]));
    view_take(page->view, "lists", list);
    view_flag(page->view, "may_test", page_may(page, ACT_DIAGNOSE));
    return settings_show(page, SETTINGS_LISTS, 200, err);
}

int page_settings_lists(struct page *page, struct error *err)
{
    view_take(page->view, "test", json_null());
    return show(page, err);
}

/* ---- does it answer? ---- */

static void put_test(struct page *page, const struct dnsbl_check *check)
{
    static const struct {
        const char *class_name, *word, *headline;
    } says[LISTING_STATE_COUNT] = {
        [LISTING_UNKNOWN] = {"unsure", "console.lists.test.unknown",
                             "console.lists.test.unknown_says"},
        [LISTING_CLEAR] = {"clear",  "console.lists.test.good",
                             "console.lists.test.good_says"   },
        [LISTING_LISTED] = {"listed", "console.lists.test.bad",
                             "console.lists.test.bad_says"    },
    };
    enum listing_state state = check->listing.state;
    json_t *test = json_object();

    view_take(test, "mark",
              view_mark(says[state].class_name, speak(page, says[state].word)));
    view_text(test, "headline",
              speak_with(page, says[state].headline, "list", check->zone->title, NULL));
    view_text(test, "why",
              state == LISTING_UNKNOWN
                  ? view_sentence(page->mem,
                                  speak_sentence(page, listing_why(&check->listing)))
                  : NULL);
    view_text(test, "points",
              speak(page, check->zone->has_test_points ? "console.lists.points.yes"
                                                       : "console.lists.points.no"));
    view_take(page->view, "test", test);
}

/* 127.0.0.1 is the address that no list may have. With test points its answer is believed only if
 * 127.0.0.2 is listed in the same moment (dnsbl/check.h), so one question tells all. */
int page_settings_lists_test(struct page *page, struct error *err)
{
    const struct zones *zones = app_zones(page->app);
    const char *name = arena_slice(page->mem, page->request->params[0]);
    const struct zone *zone = zones_find(zones, name);
    struct dnsbl_check check = {.zone = zone};

    if (zone == NULL || !zone_is_used(zones, zone))
        return error_set(err, ERROR_NOT_FOUND, "%s",
                         speak(page, "console.error.no_list"));
    if (!address_parse(SLICE("127.0.0.1"), &check.address))
        abort();
    dnsbl_check_all(app_resolver(page->app), &check, 1,
                    page->config->dns.timeout_s * 1000, page->now);
    page->now = app_now(page->app);
    put_test(page, &check);
    return show(page, err);
}
