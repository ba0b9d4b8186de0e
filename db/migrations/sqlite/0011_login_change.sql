-- 0011 - whose login changed last, so that authd may keep in memory what it has read
-- (docs/decisions/login-cache.md). What a login or a message is judged by, and nothing else, adds a
-- row; the newest 4096 stay.

CREATE TABLE login_change (
    seq      INTEGER PRIMARY KEY,
    username TEXT NOT NULL,    -- '': any login may have changed
    mark     INTEGER NOT NULL  -- by chance: tells this history from another one, of a backup
) STRICT;
INSERT INTO login_change (username, mark) VALUES ('', random());

CREATE TRIGGER login_change_keep AFTER INSERT ON login_change
BEGIN DELETE FROM login_change WHERE seq <= NEW.seq - 4096; END;

-- A lease that is new was never read. last_login_at and the like are for people.
CREATE TRIGGER login_change_lease AFTER UPDATE ON lease
WHEN OLD.username <> NEW.username OR OLD.mailbox <> NEW.mailbox
  OR OLD.pool_address_id <> NEW.pool_address_id
  OR OLD.end_how <> NEW.end_how OR OLD.is_pending <> NEW.is_pending
  OR OLD.is_suspended <> NEW.is_suspended OR OLD.revealed_at <> NEW.revealed_at
  OR OLD.first_login_at <> NEW.first_login_at OR OLD.expires_at <> NEW.expires_at
  OR OLD.messages_max <> NEW.messages_max OR OLD.messages_per_hour <> NEW.messages_per_hour
  OR OLD.messages_used <> NEW.messages_used OR OLD.recipients_max <> NEW.recipients_max
  OR OLD.recipients_per_message <> NEW.recipients_per_message
  OR OLD.recipients_used <> NEW.recipients_used
  OR OLD.message_size_max <> NEW.message_size_max
BEGIN INSERT INTO login_change (username, mark) VALUES (OLD.username, random()); END;
CREATE TRIGGER login_change_lease_gone AFTER DELETE ON lease
BEGIN INSERT INTO login_change (username, mark) VALUES (OLD.username, random()); END;

CREATE TRIGGER login_change_credential_new AFTER INSERT ON credential
BEGIN INSERT INTO login_change (username, mark)
      SELECT username, random() FROM lease WHERE id = NEW.lease_id; END;
CREATE TRIGGER login_change_credential AFTER UPDATE ON credential
BEGIN INSERT INTO login_change (username, mark)
      SELECT username, random() FROM lease WHERE id IN (OLD.lease_id, NEW.lease_id); END;
CREATE TRIGGER login_change_credential_gone AFTER DELETE ON credential
BEGIN INSERT INTO login_change (username, mark)
      SELECT username, random() FROM lease WHERE id = OLD.lease_id; END;

CREATE TRIGGER login_change_sender_new AFTER INSERT ON lease_sender
BEGIN INSERT INTO login_change (username, mark)
      SELECT username, random() FROM lease WHERE id = NEW.lease_id; END;
CREATE TRIGGER login_change_sender AFTER UPDATE ON lease_sender
BEGIN INSERT INTO login_change (username, mark)
      SELECT username, random() FROM lease WHERE id IN (OLD.lease_id, NEW.lease_id); END;
CREATE TRIGGER login_change_sender_gone AFTER DELETE ON lease_sender
BEGIN INSERT INTO login_change (username, mark)
      SELECT username, random() FROM lease WHERE id = OLD.lease_id; END;

CREATE TRIGGER login_change_recipient_new AFTER INSERT ON lease_recipient_domain
BEGIN INSERT INTO login_change (username, mark)
      SELECT username, random() FROM lease WHERE id = NEW.lease_id; END;
CREATE TRIGGER login_change_recipient AFTER UPDATE ON lease_recipient_domain
BEGIN INSERT INTO login_change (username, mark)
      SELECT username, random() FROM lease WHERE id IN (OLD.lease_id, NEW.lease_id); END;
CREATE TRIGGER login_change_recipient_gone AFTER DELETE ON lease_recipient_domain
BEGIN INSERT INTO login_change (username, mark)
      SELECT username, random() FROM lease WHERE id = OLD.lease_id; END;

-- An address has many leases; it changes a few times a year.
CREATE TRIGGER login_change_pool AFTER UPDATE ON pool_address
WHEN OLD.id <> NEW.id OR OLD.address <> NEW.address OR OLD.lane <> NEW.lane OR OLD.state <> NEW.state
BEGIN INSERT INTO login_change (username, mark) VALUES ('', random()); END;
