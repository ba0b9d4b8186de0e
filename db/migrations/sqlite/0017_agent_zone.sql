-- 0017 - the time zone that a person reads times in.

ALTER TABLE agent ADD COLUMN zone TEXT NOT NULL DEFAULT ''; -- '': the host's
