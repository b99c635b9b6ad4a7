-- Some people join the waitlist again and again. Count that instead of answering with an
-- error: it is the best sign of interest that we have.

ALTER TABLE waitlist ADD COLUMN attempt_count INTEGER NOT NULL DEFAULT 1 CHECK (attempt_count > 0);
ALTER TABLE waitlist ADD COLUMN last_attempt_at TEXT;

UPDATE waitlist SET last_attempt_at = created_at WHERE last_attempt_at IS NULL;
