-- Which rounds that did not pass keep their detail (stacks, calls, modules, spec, stderr): of each kind in
-- a campaign the first `keep_first` and the newest `keep_newest`. NULL: all of them.
ALTER TABLE campaign ADD COLUMN keep_first INTEGER;
ALTER TABLE campaign ADD COLUMN keep_newest INTEGER;

-- kind: the key of the signature of a crash that has one, else the outcome. number: 1, 2, ... within the kind; 0 is the
-- first round of the whole campaign that did not pass, which always stays.
CREATE TABLE evidence (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    kind        TEXT NOT NULL,
    number      INTEGER NOT NULL,
    round_id    INTEGER NOT NULL REFERENCES round (id),
    PRIMARY KEY (campaign_id, kind, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX evidence_by_round ON evidence (round_id);
