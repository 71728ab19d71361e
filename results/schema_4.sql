
-- What version 4 added: the signature of every round that failed (the column is in `round`), failures that
-- are known, and the machines of a fleet. A new file has all of schema.sql and of this one; an older file gets the column and this one.

CREATE INDEX round_by_signature ON round (signature_id) WHERE signature_id IS NOT NULL;

-- A signature that somebody looks after, by its key, which is the same in every file. Rows stay when they are
-- removed, so that a merge with an older file brings nothing back; of two files the later change stands.
CREATE TABLE known_failure (
    key        TEXT PRIMARY KEY,        -- of a signature, which this file need not have
    issue      TEXT NOT NULL,           -- URL
    until      TEXT NOT NULL,           -- the last day on which it is known: '2026-12-31'
    is_removed INTEGER NOT NULL,        -- 1: it is known no longer
    changed_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Rounds that failed in known ways only: each signature of theirs, of the round or of a crash in it, was known on
-- the day of the campaign (of its night, else of its start), and there is at least one. The second sample of a
-- hang does not count.
CREATE VIEW known_round AS
SELECT r.id AS round_id, r.campaign_id, r.cell_id FROM round AS r
JOIN campaign AS c ON c.id = r.campaign_id
WHERE r.outcome <> 'pass' AND (
    SELECT min(EXISTS (SELECT 1 FROM known_failure AS k WHERE k.key = s.key AND k.is_removed = 0
                       AND k.until >= ifnull(c.night, substr(c.started_at, 1, 10))))
    FROM signature AS s
    WHERE s.id = r.signature_id OR s.id IN (SELECT signature_id FROM crash
                                            WHERE crash.round_id = r.id AND crash.sample IS NOT 2)) = 1;

-- Campaigns that are one machine's share of a fleet's run (mpstress run --fleet FLEET/MACHINE).
CREATE TABLE fleet_member (
    campaign_id INTEGER PRIMARY KEY REFERENCES campaign (id),
    fleet       TEXT NOT NULL,
    machine     TEXT NOT NULL           -- as the fleet calls it
) STRICT;
