-- 0018 - telling other systems: webhooks, what is on its way to them, and what was told once already.

CREATE TABLE webhook (
    id            INTEGER PRIMARY KEY,
    url           TEXT NOT NULL,
    events        TEXT NOT NULL, -- " lease.created lease.ended "; "": all
    secret        BLOB NOT NULL CHECK (length(secret) = 72), -- sealed, 32 bytes
    created_at    INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    disabled_at   INTEGER NOT NULL DEFAULT 0,
    disabled_why  TEXT NOT NULL DEFAULT '',
    failing_since INTEGER NOT NULL DEFAULT 0 -- the first failure since the last success
) STRICT;

-- One event on its way to one webhook. Its words are made from the audit record, which cannot change.
CREATE TABLE webhook_post (
    id          INTEGER PRIMARY KEY,
    webhook_id  INTEGER NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
    seq         INTEGER NOT NULL REFERENCES audit (seq),
    event       TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    state       TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'delivered', 'failed')),
    due_at      INTEGER NOT NULL, -- waiting: the next try
    attempts    INTEGER NOT NULL DEFAULT 0,
    tried_at    INTEGER NOT NULL DEFAULT 0,
    status      INTEGER NOT NULL DEFAULT 0, -- of HTTP; 0: there was no answer
    why         TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX webhook_post_due ON webhook_post (due_at) WHERE state = 'waiting';
CREATE INDEX webhook_post_webhook ON webhook_post (webhook_id, id);

-- What is said of a lease once: that it ends soon (about: its end), that it has ended.
CREATE TABLE lease_notice (
    lease_id INTEGER NOT NULL REFERENCES lease (id),
    kind     TEXT NOT NULL,
    about    INTEGER NOT NULL,
    PRIMARY KEY (lease_id, kind, about)
) STRICT;
