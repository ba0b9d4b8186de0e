/*
 * testimony.h - our own mail log asked about a bounce, and about a customer: for the diagnosis.
 *
 *     struct witness witness;
 *     if (testimony_of_bounce(store, mem, &evidence, now, &witness, err) != 0) …
 *     check.result = witness_check(witness.answer);
 *     check.answer = witness_sentence(mem, &witness);
 *
 * store is a reading handle. Without a configured log both say "unknown", by themselves.
 */
#ifndef ISSUER_MTALOG_TESTIMONY_H
#define ISSUER_MTALOG_TESTIMONY_H

#include "db/store_delivery.h"

/* out->row lives in mem. */
NODISCARD int testimony_of_bounce(struct store *store, struct arena *mem,
                                  const struct evidence *evidence, int64_t now,
                                  struct witness *out, struct error *err);
/* who: a login or an envelope sender. */
NODISCARD int testimony_of_customer(struct store *store, const char *who, int64_t now,
                                    struct standing_report *out, struct error *err);

#endif
