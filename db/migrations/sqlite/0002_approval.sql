-- 0002 - what speaks against a lease on one person's word, and the second person who agreed.

ALTER TABLE support_case ADD COLUMN doubts TEXT NOT NULL DEFAULT '';

-- A lease that waits for a second person: is_pending, and expires_at is the end of the waiting.
CREATE TABLE approval (
    id         INTEGER PRIMARY KEY,
    lease_id   INTEGER NOT NULL UNIQUE REFERENCES lease (id),
    doubts     TEXT NOT NULL,
    for_s      INTEGER NOT NULL CHECK (for_s > 0),
    asked_by   TEXT NOT NULL,
    asked_at   INTEGER NOT NULL,
    until_at   INTEGER NOT NULL CHECK (until_at > asked_at),
    answer     TEXT NOT NULL DEFAULT 'none' CHECK (answer IN ('none', 'approved', 'denied')),
    decided_by TEXT,
    decided_at INTEGER NOT NULL DEFAULT 0,
    reason     TEXT
) STRICT;
CREATE INDEX approval_open ON approval (until_at) WHERE answer = 'none';
