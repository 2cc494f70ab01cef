-- What the relay's clients are told who come back: how far messages of a subscription are not kept any more,
-- and which are gone for another reason.

-- The greatest id of a message that went for its age or to make room.
CREATE TABLE pruned (
    subscription TEXT    PRIMARY KEY,
    message      INTEGER NOT NULL
) WITHOUT ROWID;
-- What went before this was noted: all ids below the first that is there may have been its.
INSERT INTO pruned
    SELECT subscription, min(id) - 1 FROM message GROUP BY subscription HAVING min(id) > 1;

-- Messages that were deleted, or that another one took the place of; the latest of them.
CREATE TABLE removed (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    message      INTEGER NOT NULL,
    subscription TEXT    NOT NULL,
    newest       INTEGER NOT NULL -- the greatest id that a message had had by then
);
CREATE INDEX removed_by_newest ON removed (newest);
