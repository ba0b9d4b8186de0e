/*
 * store_lease.h - reading leases, shared by the files of the store.
 */
#ifndef DB_STORE_LEASE_H
#define DB_STORE_LEASE_H

#include "db/sql.h"
#include "db/store.h"

/* A row of the lease query, without senders and recipient domains. */
NODISCARD int store_lease_read(struct sql_rows *rows, struct arena *mem,
                               struct lease *out, struct error *err);
/* Fill in senders and recipient domains. */
NODISCARD int store_lease_limits(struct store *store, struct arena *mem,
                                 struct lease *lease, struct error *err);

#endif
