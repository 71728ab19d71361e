-- What was loaded in the rounds, each distinct set once; and the libraries that arms inject.

CREATE TABLE module_set (
    id   INTEGER PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,          -- SHA-256 over all members
    cut  INTEGER NOT NULL               -- 1: there were more modules than are kept
) STRICT;

-- role: driver, as the device says; fix, injected by the arm; outside, injected by the environment that
-- mpstress was started in; or ''. Where a module lay in memory differs from round to round: crash_module.
CREATE TABLE module_set_member (
    module_set_id INTEGER NOT NULL REFERENCES module_set (id),
    path          TEXT NOT NULL,
    size          INTEGER NOT NULL,     -- bytes in memory
    module_id     TEXT,                 -- build id or UUID; NULL: it has none
    role          TEXT NOT NULL CHECK (role IN ('', 'driver', 'fix', 'outside')),
    PRIMARY KEY (module_set_id, path)
) STRICT, WITHOUT ROWID;

-- NULL: the round ended before it could say, or was written by an older version.
ALTER TABLE round ADD COLUMN module_set_id INTEGER REFERENCES module_set (id);
-- 0: flight recorder and call counters were off; NULL: written by an older version.
ALTER TABLE round ADD COLUMN recorder INTEGER;

-- The sets that the rounds of a cell ran with, so that nobody need read the rounds to see whether they
-- differ. whole: 1 for rounds that came to their end, which had loaded all that they load.
CREATE TABLE cell_modules (
    campaign_id    INTEGER NOT NULL REFERENCES campaign (id),
    cell_id        INTEGER NOT NULL REFERENCES cell (id),
    module_set_id  INTEGER NOT NULL REFERENCES module_set (id),
    whole          INTEGER NOT NULL,
    first_round_id INTEGER NOT NULL REFERENCES round (id),
    PRIMARY KEY (campaign_id, cell_id, module_set_id, whole)
) STRICT, WITHOUT ROWID;

-- The library of a cell whose arm injects one: the arm is fix=DIGITS, the first digits of the SHA-256.
CREATE TABLE fix_library (
    cell_id   INTEGER PRIMARY KEY REFERENCES cell (id),
    path      TEXT NOT NULL,            -- where it lay when the cell was made
    module_id TEXT,
    sha256    TEXT
) STRICT;
