-- 0003 - the mail server's log as a witness (docs/decisions/log-witness.md).

-- One row for each message that the log names. A queue id may come again (Postfix's short ones do):
-- the newest row of an id is the message of now.
CREATE TABLE delivery_message (
    id         INTEGER PRIMARY KEY,
    queue_id   TEXT NOT NULL,
    at         INTEGER NOT NULL, -- of the first line about it
    message_id TEXT,
    sender     TEXT,
    login      TEXT,
    bytes      INTEGER NOT NULL DEFAULT 0,
    recipients INTEGER NOT NULL DEFAULT 0,
    notice_id  TEXT, -- queue id of the notice that told the sender it failed
    ended_at   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX delivery_message_queue ON delivery_message (queue_id, id);
CREATE INDEX delivery_message_login ON delivery_message (login, at) WHERE login IS NOT NULL;
CREATE INDEX delivery_message_sender ON delivery_message (sender, at) WHERE sender IS NOT NULL;
CREATE INDEX delivery_message_notice ON delivery_message (notice_id) WHERE notice_id IS NOT NULL;

-- One row for each attempt to hand a message to one recipient's server. What the message is is
-- repeated here, so that each question is one lookup in one index.
CREATE TABLE delivery (
    id              INTEGER PRIMARY KEY,
    message         INTEGER NOT NULL, -- row of delivery_message, which may be pruned earlier
    at              INTEGER NOT NULL,
    queue_id        TEXT NOT NULL,
    message_id      TEXT,
    sender          TEXT,
    login           TEXT,
    recipient       TEXT NOT NULL,
    source          TEXT NOT NULL, -- lane: transport or syslog name
    source_address  TEXT,
    relay           TEXT,
    relay_address   TEXT,
    code            INTEGER NOT NULL DEFAULT 0,
    enhanced_code   TEXT,
    reply           TEXT NOT NULL CHECK (length(reply) <= 1000),
    status          TEXT NOT NULL CHECK (status IN ('sent', 'deferred', 'bounced')),
    is_spam_refusal INTEGER NOT NULL DEFAULT 0 CHECK (is_spam_refusal IN (0, 1))
) STRICT;
CREATE INDEX delivery_queue ON delivery (queue_id);
CREATE INDEX delivery_message_id ON delivery (message_id) WHERE message_id IS NOT NULL;
CREATE INDEX delivery_recipient ON delivery (recipient, at);
CREATE INDEX delivery_login ON delivery (login, at) WHERE login IS NOT NULL;
CREATE INDEX delivery_sender ON delivery (sender, at) WHERE sender IS NOT NULL;

-- A span of time of which we have no log. until_at = 0: it goes on. The row with from_at = 0 is
-- what lies before the log began, or before what is kept.
CREATE TABLE log_gap (
    id       INTEGER PRIMARY KEY,
    from_at  INTEGER NOT NULL,
    until_at INTEGER NOT NULL,
    why      TEXT NOT NULL CHECK (why IN ('started_late', 'missing', 'unreadable', 'lost', 'kept'))
) STRICT;
CREATE INDEX log_gap_until ON log_gap (until_at);

-- How far the log was read: moves in the transaction that writes what was read.
CREATE TABLE log_position (
    id             INTEGER PRIMARY KEY CHECK (id = 1),
    inode          INTEGER NOT NULL, -- 0: nothing was read yet
    offset         INTEGER NOT NULL,
    mark_bytes     INTEGER NOT NULL, -- the digest is of so many bytes before offset
    mark           BLOB NOT NULL CHECK (length(mark) = 32),
    is_inside_line INTEGER NOT NULL CHECK (is_inside_line IN (0, 1)),
    line_at        INTEGER NOT NULL, -- of the newest line
    complete_until INTEGER NOT NULL, -- the end of the log was seen at that time
    lines          INTEGER NOT NULL, -- taken so far
    cut_lines      INTEGER NOT NULL  -- of them longer than we read
) STRICT;
INSERT INTO log_position VALUES (1, 0, 0, 0, zeroblob(32), 0, 0, 0, 0, 0);
