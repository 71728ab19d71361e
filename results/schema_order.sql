-- What a campaign was asked for, in full and before its first round, so that it can go on after an
-- interruption; who runs it; which of its rounds are in flight.

ALTER TABLE campaign ADD COLUMN command TEXT;             -- run, compare, ...; NULL: written before this step
ALTER TABLE campaign ADD COLUMN round_seed TEXT;          -- of every round; NULL: follows from the campaign's
ALTER TABLE campaign ADD COLUMN duration_ns INTEGER NOT NULL DEFAULT 0;  -- 0: no limit of time
ALTER TABLE campaign ADD COLUMN used_ns INTEGER NOT NULL DEFAULT 0;      -- by what was interrupted
ALTER TABLE campaign ADD COLUMN resumed_at TEXT;          -- the last time, if it was
ALTER TABLE campaign ADD COLUMN jobs INTEGER NOT NULL DEFAULT 1;
ALTER TABLE campaign ADD COLUMN captures INTEGER NOT NULL DEFAULT 1;

-- The process that runs it, or ran it last: on which machine, in which start of its system, in which space
-- of process numbers, and when it began. See harness/base/identity.h.
ALTER TABLE campaign ADD COLUMN host TEXT;
ALTER TABLE campaign ADD COLUMN boot TEXT;
ALTER TABLE campaign ADD COLUMN space TEXT;
ALTER TABLE campaign ADD COLUMN pid INTEGER;
ALTER TABLE campaign ADD COLUMN pid_started INTEGER;

-- The cells in the order of the plan. rounds: 0 is no end. seed_hash: what the seeds of their rounds follow
-- from; team: cells with the same number run in one piece of a block. spec: the order of a round, seed 0.
ALTER TABLE campaign_cell ADD COLUMN place INTEGER;
ALTER TABLE campaign_cell ADD COLUMN rounds INTEGER;
ALTER TABLE campaign_cell ADD COLUMN seed_hash TEXT;
ALTER TABLE campaign_cell ADD COLUMN team INTEGER;
ALTER TABLE campaign_cell ADD COLUMN title TEXT;
ALTER TABLE campaign_cell ADD COLUMN spec TEXT;

-- Where the round stood in the order of starting, 1, 2, ...; NULL: it is its seq, as it always is while
-- rounds run one at a time.
ALTER TABLE round ADD COLUMN position INTEGER;

-- Rounds that were begun and have not ended: written before their process is, gone with the row in `round`.
-- What is left here by a supervisor that died is `lost`.
CREATE TABLE running (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    position    INTEGER NOT NULL,
    cell_id     INTEGER NOT NULL REFERENCES cell (id),
    seed        TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    PRIMARY KEY (campaign_id, position)
) STRICT, WITHOUT ROWID;
