-- What the run that used this database last has left in it, and beside it: a copy that is put back has it of another.
CREATE TABLE left_by (token TEXT NOT NULL);
