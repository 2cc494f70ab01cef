-- What became of each alert, why, and what the person made of its message. Times are milliseconds since
-- 1970, UTC.

ALTER TABLE message ADD COLUMN why       TEXT;    -- of an alert that is held, quiet, old or refused; JSON
ALTER TABLE message ADD COLUMN queued    INTEGER; -- since when its alert waits, where not since `received`
ALTER TABLE message ADD COLUMN read      INTEGER; -- when; null where it is unread
ALTER TABLE message ADD COLUMN dismissed INTEGER; -- when its notification was; null where it was not
-- What was there before Hark knew of reading is no news.
UPDATE message SET read = received;
CREATE INDEX message_held ON message (subscription, id) WHERE shown = 'held';
CREATE INDEX message_unread ON message (subscription, id) WHERE read IS NULL;

-- The notifications on the screen, by the number that their server gave them.
CREATE TABLE notification (
    number INTEGER PRIMARY KEY,
    server TEXT    NOT NULL, -- its unique name on the bus, and the bus's own id
    shows  TEXT    NOT NULL  -- JSON
);

-- Until when the person wants no alerts.
CREATE TABLE snooze (
    subscription TEXT PRIMARY KEY, -- empty: of all
    until        INTEGER           -- null: until the session is unlocked
) WITHOUT ROWID;

-- Requests that the person lets messages make without being asked again.
CREATE TABLE consent (
    subscription TEXT NOT NULL,
    origin       TEXT NOT NULL, -- scheme, host and port
    method       TEXT NOT NULL,
    PRIMARY KEY (subscription, origin, method)
) WITHOUT ROWID;
