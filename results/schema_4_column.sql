-- What version 4 added to table round of an older file, where crashes alone had a signature; see schema.sql.
ALTER TABLE round ADD COLUMN signature_id INTEGER REFERENCES signature (id);
UPDATE round SET signature_id = (SELECT signature_id FROM crash WHERE round_id = round.id AND signature_id IS NOT NULL
    ORDER BY id LIMIT 1) WHERE id IN (SELECT round_id FROM crash);
