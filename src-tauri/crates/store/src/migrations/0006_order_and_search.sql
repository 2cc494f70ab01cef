-- Messages by the time they were sent, and their texts to be searched.

-- When it was sent, by its server, but never after it was received.
ALTER TABLE message ADD COLUMN at INTEGER
    GENERATED ALWAYS AS (min(coalesce(time, received), received)) VIRTUAL;
CREATE INDEX message_by_time ON message (at);
CREATE INDEX message_by_subscription_and_time ON message (subscription, at);

-- What can be found, by any three characters that follow each other. It holds no text, and not where in a
-- text they stand: what it finds is looked at. It may be behind the messages; `searchable` says how far it is.
CREATE VIRTUAL TABLE message_text USING fts5 (
    text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram'
);
-- Its parts are merged in goes of our own: by itself it would once in a while take long.
INSERT INTO message_text (message_text, rank) VALUES ('automerge', 0);
INSERT INTO message_text (message_text, rank) VALUES ('crisismerge', 1000);
CREATE TABLE searchable (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    message INTEGER NOT NULL -- the last one that is in it
);
INSERT INTO searchable VALUES (1, 0);
CREATE TRIGGER message_text_goes AFTER DELETE ON message
WHEN old.id <= (SELECT message FROM searchable) BEGIN
    DELETE FROM message_text WHERE rowid = old.id;
END;

-- Those that matter most are few, so that they are found without all others being passed.
CREATE INDEX message_urgent ON message (at) WHERE priority >= 4;
