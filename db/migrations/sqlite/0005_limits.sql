-- 0005 - more limits of a lease, and who asked when a login was used.

-- 0: no limit; leases that were given before have none of these.
ALTER TABLE lease ADD COLUMN recipients_max INTEGER NOT NULL DEFAULT 0 CHECK (recipients_max >= 0);
ALTER TABLE lease ADD COLUMN recipients_per_message INTEGER NOT NULL DEFAULT 0 CHECK (recipients_per_message >= 0);
ALTER TABLE lease ADD COLUMN message_size_max INTEGER NOT NULL DEFAULT 0 CHECK (message_size_max >= 0);
ALTER TABLE lease ADD COLUMN recipients_used INTEGER NOT NULL DEFAULT 0;

ALTER TABLE usage_event ADD COLUMN recipients INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_event ADD COLUMN program TEXT NOT NULL DEFAULT '';
