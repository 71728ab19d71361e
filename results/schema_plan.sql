-- What a campaign set out to show, fixed before its first round. A plan is never changed: another seed, cell,
-- budget or claim is another plan. The same plan may be run more than once.
CREATE TABLE plan (
    id          INTEGER PRIMARY KEY,
    hash        TEXT NOT NULL UNIQUE,      -- SHA-256 of `text`
    kind        TEXT NOT NULL,             -- the command: run, compare
    claim       TEXT,                      -- 'rate<0.1%@95%'; NULL: nothing is claimed
    target      REAL,                      -- of the claim: 0.001
    confidence  REAL,                      -- of the claim: 0.95
    prior_a     REAL NOT NULL,             -- of the evidence that may be looked at after each round
    prior_b     REAL NOT NULL,
    arms        TEXT NOT NULL,             -- JSON
    seed        TEXT NOT NULL,
    rounds      INTEGER,                   -- budget of all cells together; NULL: no end
    duration_ns INTEGER,                   -- NULL: no limit of time
    text        TEXT NOT NULL,             -- all of it with its cells as JSON, always written in the same way
    created_at  TEXT NOT NULL,
    CHECK ((claim IS NULL) = (target IS NULL) AND (claim IS NULL) = (confidence IS NULL))
) STRICT;

CREATE TRIGGER plan_stays BEFORE UPDATE ON plan BEGIN
    SELECT raise(ABORT, 'a plan is not changed; another plan is another row');
END;

ALTER TABLE campaign ADD COLUMN plan_id INTEGER REFERENCES plan (id);   -- NULL: written before there were plans
