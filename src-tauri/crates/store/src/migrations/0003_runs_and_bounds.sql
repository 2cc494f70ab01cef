-- A cursor in the terms of its feed, and what bounds a subscription. A server whose ids begin anew is in
-- another run of ids.

ALTER TABLE cursor ADD COLUMN time    INTEGER; -- the server's, where its feed resumes by time
ALTER TABLE cursor ADD COLUMN run     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cursor ADD COLUMN begun   INTEGER; -- when it began to be followed; null where not known
ALTER TABLE cursor ADD COLUMN has_ids INTEGER; -- whether its messages carry ids; null before the first

CREATE TABLE fingerprint_of_run (
    id           INTEGER PRIMARY KEY,
    subscription TEXT    NOT NULL,
    print        BLOB    NOT NULL,
    run          INTEGER NOT NULL,
    UNIQUE (subscription, print, run)
);
INSERT INTO fingerprint_of_run SELECT id, subscription, print, 0 FROM fingerprint;
DROP TABLE fingerprint;
ALTER TABLE fingerprint_of_run RENAME TO fingerprint;

-- What a message takes, about, and what those of a subscription take together.
ALTER TABLE message ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE message SET bytes = length(CAST(raw_data AS BLOB)) + length(CAST(title AS BLOB))
    + length(CAST(body AS BLOB)) + length(CAST(raw_kind AS BLOB))
    + coalesce(length(CAST(extras AS BLOB)), 0);
CREATE TABLE held (
    subscription TEXT    PRIMARY KEY,
    messages     INTEGER NOT NULL,
    bytes        INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO held SELECT subscription, count(*), sum(bytes) FROM message GROUP BY subscription;
CREATE TRIGGER message_comes AFTER INSERT ON message BEGIN
    INSERT INTO held VALUES (new.subscription, 1, new.bytes)
    ON CONFLICT DO UPDATE SET messages = messages + 1, bytes = bytes + new.bytes;
END;
CREATE TRIGGER message_goes AFTER DELETE ON message BEGIN
    UPDATE held SET messages = messages - 1, bytes = bytes - old.bytes
    WHERE subscription = old.subscription;
END;

-- When the agent was last known to run.
CREATE TABLE alive (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
);
