-- 0004 - what happened on one zone, for the lengths of past listings (store_listing_past).

CREATE INDEX listing_zone ON listing (zone, address, id);
