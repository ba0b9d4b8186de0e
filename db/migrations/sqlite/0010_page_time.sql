-- 0010 - pages at ten thousand cases (docs/benchmarks.md).

-- All that store_case_search compares, so that it does not read past bounces; id first, for its order.
CREATE INDEX support_case_search ON support_case (id, created_at, created_by, verdict, ticket, mailbox, address, recipient);

-- How many leases an address carries now (store_pool.c), without looking at those that ended.
CREATE INDEX lease_live ON lease (pool_address_id, expires_at) WHERE end_how = 0;
