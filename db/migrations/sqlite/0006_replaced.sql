-- 0006 - verifiers of passwords that a later reveal replaced. They let nobody in: with them authd tells,
-- in its record only, an old password from a wrong one. Two for each lease at most.

CREATE TABLE credential_replaced (
    lease_id    INTEGER NOT NULL REFERENCES lease (id),
    reveal      INTEGER NOT NULL CHECK (reveal > 0),
    pepper_id   INTEGER NOT NULL CHECK (pepper_id > 0),
    verifier    BLOB NOT NULL CHECK (length(verifier) = 32),
    replaced_at INTEGER NOT NULL,
    PRIMARY KEY (lease_id, reveal)
) STRICT;
