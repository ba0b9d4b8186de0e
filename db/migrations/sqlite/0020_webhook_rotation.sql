-- 0020 - a webhook's secret is replaced while posts go on: the one before signs too, until then.

ALTER TABLE webhook ADD COLUMN old_secret BLOB CHECK (length(old_secret) = 72); -- sealed; NULL: none
ALTER TABLE webhook ADD COLUMN old_until INTEGER NOT NULL DEFAULT 0;
