-- The format of a segment's file: those of before have raw text, message and
-- fields in columns of their own.
ALTER TABLE segment ADD COLUMN format INTEGER NOT NULL DEFAULT 1;
