-- 0009 - what the customer reads in, which browser saw the details, and what the customer said.

ALTER TABLE lease ADD COLUMN language TEXT NOT NULL DEFAULT ''; -- '': nobody chose one
ALTER TABLE lease ADD COLUMN browser_hash BLOB CHECK (browser_hash IS NULL OR length(browser_hash) = 32);

CREATE TABLE lease_word (
    id       INTEGER PRIMARY KEY,
    lease_id INTEGER NOT NULL REFERENCES lease (id),
    at       INTEGER NOT NULL,
    word     TEXT NOT NULL CHECK (word IN ('changed', 'stuck', 'back'))
) STRICT;
CREATE INDEX lease_word_lease ON lease_word (lease_id, id);
