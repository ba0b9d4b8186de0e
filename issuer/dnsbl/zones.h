/*
 * zones.h - the catalogue of block lists, and those that the configuration uses.
 *
 * Only zones of the configuration (zones.use) are ever asked; a zone named by a bounce is looked
 * up here, never in DNS, or whoever writes the bounce would choose whom we ask. The catalogue is
 * zones.tsv, part of the program. The configuration may define lists of its own and names the
 * files of keys; a key stands in the name that is asked (zone_asked_name) and nowhere else.
 */
#ifndef ISSUER_DNSBL_ZONES_H
#define ISSUER_DNSBL_ZONES_H

#include "base/arena.h"
#include "base/config.h"
#include "base/error.h"
#include "core/listing.h"

/* ---- the catalogue, the same for everybody ---- */

const struct zone *zones_all(size_t *out_count);
/* By name or alias, any case; in front of a list that wants a key any label is taken for one.
 * NULL when unknown. */
const struct zone *zone_find(const char *name);
/* Rows of a table, in mem. ERROR_INVALID names line and column. */
NODISCARD int zones_parse(struct arena *mem, struct slice table, struct zone **out,
                          size_t *out_count, struct error *err);

/* ---- with a configuration ---- */

struct zones;

/* ERROR_INVALID when zones.use names a list that is unknown, closed, or cannot be asked about an
 * address, when a list defined there breaks a rule of the catalogue, or a key is missing. */
NODISCARD int zones_new(const struct config *config, struct zones **out,
                        struct error *err);
void zones_free(struct zones *zones);

/* As zone_find, lists defined in the configuration too. A list that is not used is found as the
 * one that stands for it, when that is: bounces say zen.spamhaus.org to those who ask
 * zen.dq.spamhaus.net. The zone lives as long as zones. */
const struct zone *zones_find(const struct zones *zones, const char *name);
/* Those of zones.use, each once; out holds CONFIG_LIST_MAX. */
size_t zones_used(const struct zones *zones, const struct zone **out);
bool zone_is_used(const struct zones *zones, const struct zone *zone);

#endif
