-- 0015 - what a person chose for the console's look, and where a session was begun.

ALTER TABLE agent ADD COLUMN theme TEXT NOT NULL DEFAULT '' CHECK (theme IN ('', 'light', 'dark')); -- '': the device's
ALTER TABLE session ADD COLUMN client TEXT NOT NULL DEFAULT '';
