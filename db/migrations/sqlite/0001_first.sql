-- 0001 - the first schema. Times are unix seconds, 0 means "has not happened". docs/schema.md

CREATE TABLE shared_range (
    id         INTEGER PRIMARY KEY,
    network    TEXT NOT NULL UNIQUE,
    label      TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE pool_address (
    id         INTEGER PRIMARY KEY,
    address    TEXT NOT NULL UNIQUE,
    lane       TEXT NOT NULL UNIQUE,
    helo       TEXT NOT NULL,
    capacity   INTEGER NOT NULL CHECK (capacity > 0),
    state      TEXT NOT NULL CHECK (state IN ('active', 'draining', 'resting', 'retired')),
    created_at INTEGER NOT NULL
) STRICT;

-- One row for each stretch of time in which an address was in one state on one zone; the newest
-- row of each pair is the present (until_at = 0).
CREATE TABLE listing (
    id         INTEGER PRIMARY KEY,
    address    TEXT NOT NULL,
    zone       TEXT NOT NULL,
    state      TEXT NOT NULL CHECK (state IN ('unknown', 'clear', 'listed')),
    code       TEXT NOT NULL,
    why        TEXT NOT NULL,
    since      INTEGER NOT NULL,
    checked_at INTEGER NOT NULL,
    until_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX listing_now ON listing (address, zone) WHERE until_at = 0;

-- CASE is a word of SQL, so the table of cases has a longer name.
CREATE TABLE support_case (
    id            INTEGER PRIMARY KEY,
    created_at    INTEGER NOT NULL,
    created_by    TEXT NOT NULL,
    ticket        TEXT,
    mailbox       TEXT,
    bounce        TEXT NOT NULL,
    bounce_sha    TEXT NOT NULL,
    verdict       TEXT NOT NULL,
    diagnosed_at  INTEGER NOT NULL,
    address       TEXT,
    zone          TEXT,
    is_bounce     INTEGER NOT NULL,
    is_grantable  INTEGER NOT NULL,
    class         TEXT NOT NULL,
    blocked_ip    TEXT,
    list          TEXT,
    lookup_url    TEXT,
    sender        TEXT,
    recipient     TEXT,
    reporting_mta TEXT,
    remote_mta    TEXT,
    smtp_code     INTEGER NOT NULL,
    enhanced_code TEXT,
    message_id    TEXT,
    queue_id      TEXT,
    client        TEXT,
    excerpt       TEXT,
    bounced_at    INTEGER NOT NULL,
    flags         TEXT
) STRICT;
CREATE INDEX support_case_bounce ON support_case (bounce_sha);

CREATE TABLE diagnosis_check (
    case_id    INTEGER NOT NULL REFERENCES support_case (id) ON DELETE CASCADE,
    position   INTEGER NOT NULL,
    question   TEXT NOT NULL,
    answer     TEXT NOT NULL,
    source     TEXT NOT NULL,
    result     TEXT NOT NULL CHECK (result IN ('yes', 'no', 'unknown')),
    checked_at INTEGER NOT NULL,
    PRIMARY KEY (case_id, position)
) STRICT;

CREATE TABLE lease (
    id                INTEGER PRIMARY KEY,
    case_id           INTEGER NOT NULL REFERENCES support_case (id),
    pool_address_id   INTEGER NOT NULL REFERENCES pool_address (id),
    mailbox           TEXT NOT NULL,
    username          TEXT NOT NULL UNIQUE,
    delivery          TEXT NOT NULL CHECK (delivery IN ('login', 'route')),
    end_how           INTEGER NOT NULL DEFAULT 0 CHECK (end_how BETWEEN 0 AND 2),
    is_pending        INTEGER NOT NULL DEFAULT 0 CHECK (is_pending IN (0, 1)),
    is_suspended      INTEGER NOT NULL DEFAULT 0 CHECK (is_suspended IN (0, 1)),
    messages_max      INTEGER NOT NULL CHECK (messages_max > 0),
    messages_per_hour INTEGER NOT NULL CHECK (messages_per_hour > 0),
    messages_used     INTEGER NOT NULL DEFAULT 0,
    refusals          INTEGER NOT NULL DEFAULT 0,
    link_id           TEXT NOT NULL UNIQUE,
    link_hash         BLOB NOT NULL CHECK (length(link_hash) = 32),
    reveals           INTEGER NOT NULL DEFAULT 0,
    reveal_tries_left INTEGER NOT NULL CHECK (reveal_tries_left >= 0),
    reveal_until      INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    created_by        TEXT NOT NULL,
    reason            TEXT,
    ticket            TEXT,
    revealed_at       INTEGER NOT NULL DEFAULT 0,
    first_login_at    INTEGER NOT NULL DEFAULT 0,
    last_login_at     INTEGER NOT NULL DEFAULT 0,
    last_message_at   INTEGER NOT NULL DEFAULT 0,
    expires_at        INTEGER NOT NULL CHECK (expires_at > created_at),
    ended_at          INTEGER NOT NULL DEFAULT 0,
    ended_by          TEXT,
    ended_reason      TEXT
) STRICT;
CREATE INDEX lease_mailbox ON lease (mailbox);
CREATE INDEX lease_case ON lease (case_id);
CREATE INDEX lease_pool ON lease (pool_address_id);

CREATE TABLE lease_sender (
    lease_id INTEGER NOT NULL REFERENCES lease (id),
    pattern  TEXT NOT NULL,
    PRIMARY KEY (lease_id, pattern)
) STRICT;

CREATE TABLE lease_recipient_domain (
    lease_id INTEGER NOT NULL REFERENCES lease (id),
    domain   TEXT NOT NULL,
    PRIMARY KEY (lease_id, domain)
) STRICT;

-- Made when the password is revealed; replaced when it is revealed again.
CREATE TABLE credential (
    lease_id  INTEGER PRIMARY KEY REFERENCES lease (id),
    pepper_id INTEGER NOT NULL CHECK (pepper_id > 0),
    verifier  BLOB NOT NULL CHECK (length(verifier) = 32)
) STRICT;

CREATE TABLE idempotency (
    key          TEXT PRIMARY KEY,
    request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
    lease_id     INTEGER NOT NULL REFERENCES lease (id)
) STRICT;

CREATE TABLE usage_event (
    seq      INTEGER PRIMARY KEY, -- of authd's journal
    lease_id INTEGER NOT NULL REFERENCES lease (id),
    at       INTEGER NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('login', 'message', 'refused_login', 'refused_message')),
    detail   TEXT NOT NULL,
    client   TEXT NOT NULL
) STRICT;
CREATE INDEX usage_event_lease ON usage_event (lease_id, seq);

CREATE TABLE journal_position (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL
) STRICT;
INSERT INTO journal_position (id, seq) VALUES (1, 0);

CREATE TABLE agent (
    id            INTEGER PRIMARY KEY,
    name          TEXT NOT NULL UNIQUE,
    role          TEXT NOT NULL,
    password_hash TEXT,
    setup_hash    BLOB UNIQUE,
    setup_until   INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE session (
    hash       BLOB PRIMARY KEY CHECK (length(hash) = 32),
    agent_id   INTEGER NOT NULL REFERENCES agent (id),
    form_token TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT;

CREATE TABLE audit (
    seq       INTEGER PRIMARY KEY,
    at        INTEGER NOT NULL,
    actor     TEXT NOT NULL,
    action    TEXT NOT NULL,
    object    TEXT NOT NULL,
    detail    TEXT NOT NULL,
    prev_hash BLOB NOT NULL CHECK (length(prev_hash) = 32),
    hash      BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_object ON audit (object, seq);
-- Against accidents; whoever can drop a trigger is caught by the chain.
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
