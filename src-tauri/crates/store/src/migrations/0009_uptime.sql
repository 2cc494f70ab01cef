-- How each subscription was followed, a row a day: it outlives the rows of the journal. Times are milliseconds.

CREATE TABLE day (
    subscription TEXT    NOT NULL,
    day          INTEGER NOT NULL, -- days since 1970, by the local calendar
    live         INTEGER NOT NULL DEFAULT 0, -- how long it was connected
    followed     INTEGER NOT NULL DEFAULT 0, -- of how long
    outages      INTEGER NOT NULL DEFAULT 0, -- that began then
    longest      INTEGER NOT NULL DEFAULT 0, -- of those that ended then
    causes       TEXT    NOT NULL DEFAULT '{}', -- JSON: how often each, by its code, with its class
    PRIMARY KEY (subscription, day)
) WITHOUT ROWID;

-- How each stands after the latest row of the journal; JSON.
CREATE TABLE standing (
    subscription TEXT PRIMARY KEY,
    standing     TEXT NOT NULL
) WITHOUT ROWID;
