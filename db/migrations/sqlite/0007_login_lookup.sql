-- 0007 - all that a login needs of its lease, in one lookup (store_credential_find): an index, so
-- that there is no copy which could disagree.

CREATE INDEX lease_login ON lease (username, pool_address_id, end_how, is_pending, is_suspended,
                                   revealed_at, first_login_at, expires_at);
