-- Sequences, of which the latest message stands for all; rules; what few servers send.

ALTER TABLE message ADD COLUMN topic    TEXT;
ALTER TABLE message ADD COLUMN sequence TEXT;
ALTER TABLE message ADD COLUMN extras   TEXT; -- JSON; null where there are none
ALTER TABLE message ADD COLUMN rule     TEXT; -- that decided; null where none did
ALTER TABLE message ADD COLUMN sound    TEXT;
CREATE INDEX message_by_sequence ON message (subscription, sequence) WHERE sequence IS NOT NULL;

-- Messages that the person's own rules dropped.
ALTER TABLE cursor ADD COLUMN dropped INTEGER NOT NULL DEFAULT 0;
