-- Times are milliseconds since 1970, UTC.

CREATE TABLE message (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    subscription TEXT    NOT NULL,
    server_id    TEXT,
    title        TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    priority     INTEGER NOT NULL,
    time         INTEGER,
    received     INTEGER NOT NULL,
    url          TEXT,
    tags         TEXT    NOT NULL, -- JSON array of texts
    raw_kind     TEXT    NOT NULL,
    raw_data     TEXT    NOT NULL,
    decision     TEXT    NOT NULL, -- alert, backlog
    shown        TEXT    NOT NULL  -- no, pending, shown, digest
);
CREATE INDEX message_by_subscription ON message (subscription, id);
-- The outbox: alerts that no notification server has acknowledged yet.
CREATE INDEX message_pending ON message (subscription, id) WHERE shown = 'pending';

-- Where each subscription resumes. A changed source (a hash of URL and feed) is another stream.
CREATE TABLE cursor (
    subscription TEXT    PRIMARY KEY,
    source       BLOB    NOT NULL,
    id           TEXT,
    streamed     INTEGER NOT NULL
) WITHOUT ROWID;

-- Events that came, by own id and content. They outlive the messages, so that a replay brings back
-- nothing that was deleted.
CREATE TABLE fingerprint (
    id           INTEGER PRIMARY KEY,
    subscription TEXT    NOT NULL,
    print        BLOB    NOT NULL,
    UNIQUE (subscription, print)
);

-- Events that could not be decoded or were too large, by their beginning.
CREATE TABLE set_aside (
    id           INTEGER PRIMARY KEY,
    subscription TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    own_id       TEXT,
    reason       TEXT    NOT NULL,
    bytes        INTEGER NOT NULL,
    head         TEXT    NOT NULL
);

CREATE TABLE journal (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    subscription TEXT,
    kind         TEXT    NOT NULL,
    entry        TEXT    NOT NULL  -- JSON
);
CREATE INDEX journal_by_subscription ON journal (subscription, id);
