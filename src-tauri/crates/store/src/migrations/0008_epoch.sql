-- Which database this is: ids are given once in one of them, and mean nothing in another that was begun anew.
CREATE TABLE epoch (value TEXT NOT NULL);
INSERT INTO epoch VALUES (lower(hex(randomblob(8))));
