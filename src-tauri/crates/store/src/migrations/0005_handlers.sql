-- The runs of the person's handlers. Times are milliseconds since 1970, UTC.

CREATE TABLE handler_run (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL, -- when it began
    handler      TEXT    NOT NULL,
    kind         TEXT    NOT NULL, -- what it ran for
    subscription TEXT    NOT NULL,
    by_hand      INTEGER NOT NULL,
    took         INTEGER NOT NULL, -- milliseconds
    ended        TEXT    NOT NULL, -- JSON
    output       TEXT    NOT NULL
);
CREATE INDEX handler_run_of ON handler_run (handler, id);
