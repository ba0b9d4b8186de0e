-- 0014 - tokens for programs that use the API (docs/decisions/api-tokens.md).

CREATE TABLE api_token (
    id         INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),
    name       TEXT NOT NULL,                          -- what it is for, in its owner's words
    agent_id   INTEGER NOT NULL REFERENCES agent (id), -- whose rights it has a part of
    scopes     TEXT NOT NULL,                          -- core/api_token.h, a blank between
    networks   TEXT NOT NULL DEFAULT '',               -- '': from anywhere
    created_at INTEGER NOT NULL,
    created_by TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL DEFAULT 0,             -- exact to a minute
    used_from  TEXT NOT NULL DEFAULT '',
    ended_at   INTEGER NOT NULL DEFAULT 0,
    ended_by   TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX api_token_agent ON api_token (agent_id, ended_at);

-- How many leases a person gave in the last hour and day.
CREATE INDEX lease_created ON lease (created_at, created_by);
