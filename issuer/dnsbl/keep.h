/*
 * keep.h - keep what lists said, and write down when a listing of one of our addresses began or
 * ended.
 */
#ifndef ISSUER_DNSBL_KEEP_H
#define ISSUER_DNSBL_KEEP_H

#include "db/store.h"
#include "issuer/dnsbl/check.h"

/* Every answer, in the transaction of the caller or in one each. A listing that began or ended is an
 * audit record "listing.started" or "listing.ended" of "pool:ADDRESS" or "shared:ADDRESS", by
 * "system"; other people's addresses, which agents ask about too, are kept without one. */
NODISCARD int dnsbl_keep(struct store *store, const struct dnsbl_check *asked,
                         size_t count, struct error *err);

#endif
