-- 0016 - what a login is judged by, in one row of a table of its own, so that looking up one of ten
-- million touches one page that no cache holds instead of three (docs/decisions/login-table.md). It
-- is a copy of lease and credential, which triggers keep; login_now says what it must be.

CREATE TABLE login (
    key             INTEGER PRIMARY KEY, -- the letters of the username, see login_now
    username        TEXT NOT NULL,       -- decides; the key finds
    lease_id        INTEGER NOT NULL,
    pool_address_id INTEGER NOT NULL,
    end_how         INTEGER NOT NULL,
    is_pending      INTEGER NOT NULL,
    is_suspended    INTEGER NOT NULL,
    revealed_at     INTEGER NOT NULL,
    first_login_at  INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    pepper_id       INTEGER,             -- NULL with the next: not revealed
    verifier        BLOB
) STRICT;

-- A username is a prefix of three characters and eight letters of seven bits (core/credential.h).
CREATE VIEW login_now AS
SELECT (coalesce(unicode(substr(l.username, 4)), 0) << 49)
     | (coalesce(unicode(substr(l.username, 5)), 0) << 42)
     | (coalesce(unicode(substr(l.username, 6)), 0) << 35)
     | (coalesce(unicode(substr(l.username, 7)), 0) << 28)
     | (coalesce(unicode(substr(l.username, 8)), 0) << 21)
     | (coalesce(unicode(substr(l.username, 9)), 0) << 14)
     | (coalesce(unicode(substr(l.username, 10)), 0) << 7)
     | coalesce(unicode(substr(l.username, 11)), 0) AS key,
       l.username, l.id AS lease_id, l.pool_address_id, l.end_how, l.is_pending, l.is_suspended,
       l.revealed_at, l.first_login_at, l.expires_at, c.pepper_id, c.verifier
FROM lease l LEFT JOIN credential c ON c.lease_id = l.id;

INSERT INTO login SELECT * FROM login_now ORDER BY username;
DROP INDEX lease_login; -- of step 0007, for the same purpose

CREATE TRIGGER login_lease_new AFTER INSERT ON lease
BEGIN INSERT INTO login SELECT * FROM login_now WHERE lease_id = NEW.id; END;
CREATE TRIGGER login_lease AFTER UPDATE OF pool_address_id, end_how, is_pending, is_suspended,
                                           revealed_at, first_login_at, expires_at ON lease
BEGIN
    DELETE FROM login WHERE key = (SELECT key FROM login_now WHERE lease_id = NEW.id);
    INSERT INTO login SELECT * FROM login_now WHERE lease_id = NEW.id;
END;
-- Leases stay, and so do their usernames. Whoever changes that finds these slow, not wrong.
CREATE TRIGGER login_lease_renamed AFTER UPDATE OF id, username ON lease
WHEN OLD.id <> NEW.id OR OLD.username <> NEW.username
BEGIN
    DELETE FROM login WHERE lease_id = OLD.id;
    INSERT INTO login SELECT * FROM login_now WHERE lease_id = NEW.id;
END;
CREATE TRIGGER login_lease_gone AFTER DELETE ON lease
BEGIN DELETE FROM login WHERE lease_id = OLD.id; END;

CREATE TRIGGER login_credential_new AFTER INSERT ON credential
BEGIN
    DELETE FROM login WHERE key = (SELECT key FROM login_now WHERE lease_id = NEW.lease_id);
    INSERT INTO login SELECT * FROM login_now WHERE lease_id = NEW.lease_id;
END;
CREATE TRIGGER login_credential AFTER UPDATE ON credential
BEGIN
    DELETE FROM login WHERE key IN (SELECT key FROM login_now WHERE lease_id IN (OLD.lease_id, NEW.lease_id));
    INSERT INTO login SELECT * FROM login_now WHERE lease_id IN (OLD.lease_id, NEW.lease_id);
END;
CREATE TRIGGER login_credential_gone AFTER DELETE ON credential
BEGIN
    DELETE FROM login WHERE key = (SELECT key FROM login_now WHERE lease_id = OLD.lease_id);
    INSERT INTO login SELECT * FROM login_now WHERE lease_id = OLD.lease_id;
END;
