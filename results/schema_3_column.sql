-- What version 3 added to tables of an older file; see schema.sql.
ALTER TABLE module_set_member ADD COLUMN methods TEXT;
