/*
 * config_zones.c - block lists that the file defines, and where the keys of lists stand.
 *
 * A section with a title may stand many times, once a title. What a code or a time of clearing
 * means is checked by whoever has the catalogue (issuer/dnsbl/zones.c); authd reads this file
 * too, and knows no lists.
 */
#include "base/base.h"

#include "base/config_reading.h"
#include "base/config_value.h"

/* As bad, of an option inside a section with a title. */
static int bad_in(struct reading *r, const cfg_t *section, const char *option,
                  const char *why)
{
    const char *title = arena_printf(r->mem, "%s|%s", section->name, section->title);
    const char *name = arena_printf(r->mem, "%s|%s", title, option);
    int line = config_line_of(r, name);

    return error_set(r->err, ERROR_INVALID, "%s:%d: %s \"%.80s\": %s %s",
                     r->config->path, line != 0 ? line : config_line_of(r, title),
                     section->name, section->title, option, why);
}

int config_read_zone(struct reading *r, cfg_t *section, struct config_zone *out)
{
    unsigned codes = cfg_size(section, "codes");

    if (!config_is_zone(cfg_title(section)))
        return bad_in(r, section, "its name",
                      "must be that of a block list zone, in lower case");
    if (codes == 0 || codes > CONFIG_LIST_MAX)
        return bad_in(r, section, "codes", "must have 1 to 32 entries");
    out->name = arena_strdup(r->mem, cfg_title(section));
    for (unsigned i = 0; i < codes; i++)
        out->codes.at[i] = arena_strdup(r->mem, cfg_getnstr(section, "codes", i));
    out->codes.count = codes;
    out->title = arena_strdup(r->mem, cfg_getstr(section, "title"));
    out->lookup_url = arena_strdup(r->mem, cfg_getstr(section, "lookup_url"));
    out->clears = arena_strdup(r->mem, cfg_getstr(section, "clears"));
    out->expiry = arena_strdup(r->mem, cfg_getstr(section, "expiry"));
    out->has_test_points = cfg_getbool(section, "test_points") == cfg_true;
    out->may_grant = cfg_getbool(section, "may_grant") == cfg_true;
    out->line = config_line_of(r, arena_printf(r->mem, "zone|%s|codes", out->name));
    return 0;
}

int config_read_key(struct reading *r, cfg_t *section, struct config_zone_key *out)
{
    if (!config_is_zone(cfg_title(section)))
        return bad_in(r, section, "its name",
                      "must be that of a block list zone, in lower case");
    if (cfg_getstr(section, "file")[0] != '/')
        return bad_in(r, section, "file", "must be an absolute path");
    out->zone = arena_strdup(r->mem, cfg_title(section));
    out->file = arena_strdup(r->mem, cfg_getstr(section, "file"));
    out->line = config_line_of(r, arena_printf(r->mem, "key|%s|file", out->zone));
    return 0;
}
