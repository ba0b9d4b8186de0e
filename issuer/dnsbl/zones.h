/*
 * zones.h - the built-in catalogue of block lists.
 *
 * Only zones of this table are ever asked; a zone named by a bounce is looked up here, never in
 * DNS, or whoever writes the bounce would choose whom we ask.
 */
#ifndef ISSUER_DNSBL_ZONES_H
#define ISSUER_DNSBL_ZONES_H

#include "base/config.h"
#include "core/listing.h"

const struct zone *zones_all(size_t *out_count);
/* By zone name, any case; NULL when unknown. */
const struct zone *zone_find(const char *name);

/* Those of the configuration (zones.use) that the catalogue has, each once; out holds
 * CONFIG_LIST_MAX. Lists that are closed or list no addresses are left out. */
size_t zones_used(const struct config *config, const struct zone **out);
bool zone_is_used(const struct config *config, const struct zone *zone);

#endif
