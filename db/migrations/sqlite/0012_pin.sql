-- 0012 - a PIN beside the mailbox, where policy or the agent asks for it: as an Argon2id hash, from
-- the making of the link until its first reveal or the lease's end.

ALTER TABLE lease ADD COLUMN proof TEXT NOT NULL DEFAULT 'mailbox'
    CHECK (proof IN ('mailbox', 'pin'));
ALTER TABLE lease ADD COLUMN pin_hash TEXT;  -- '$argon2id$…'; NULL: none, or used
