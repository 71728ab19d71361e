-- What version 2 added to table round of an older file; see schema.sql.
ALTER TABLE round ADD COLUMN figures TEXT;
