-- Fingerprints that come about the same time are kept together. Of those that are there it is not known when they came.

CREATE TABLE fingerprint_near (
    id           INTEGER PRIMARY KEY,
    subscription TEXT    NOT NULL,
    near         INTEGER NOT NULL, -- a number that grows in what is hashed
    print        BLOB    NOT NULL,
    run          INTEGER NOT NULL
);
INSERT INTO fingerprint_near SELECT id, subscription, 0, print, run FROM fingerprint;
DROP TABLE fingerprint;
ALTER TABLE fingerprint_near RENAME TO fingerprint;
-- Made when all is there, which is much quicker for many rows.
CREATE UNIQUE INDEX fingerprint_by_near ON fingerprint (subscription, near, print, run);

-- What comes is counted once a commit: a trigger for each message would copy every page that it is written to, to be
-- able to undo it alone.
DROP TRIGGER message_comes;
DROP TRIGGER message_goes;
CREATE TRIGGER message_goes AFTER DELETE ON message BEGIN
    INSERT INTO held VALUES (old.subscription, -1, -old.bytes)
    ON CONFLICT DO UPDATE SET messages = messages - 1, bytes = bytes - old.bytes;
END;
