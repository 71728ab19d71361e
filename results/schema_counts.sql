-- Rounds are counted as they come, so that a file of a million of them is reported as fast as one of a
-- thousand. Triggers keep the counts, whoever writes: `round_count` is what GROUP BY would say, always.
-- `mpstress` compares the two on demand (mp_store_check_counts).

CREATE TABLE round_count (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    cell_id     INTEGER NOT NULL REFERENCES cell (id),
    outcome     TEXT NOT NULL REFERENCES outcome (name),
    max_overlap INTEGER NOT NULL,
    rounds      INTEGER NOT NULL,          -- never 0: such a row is gone
    PRIMARY KEY (campaign_id, cell_id, outcome, max_overlap)
) STRICT, WITHOUT ROWID;

INSERT INTO round_count
SELECT campaign_id, cell_id, outcome, max_overlap, count(*) FROM round GROUP BY 1, 2, 3, 4;

CREATE TRIGGER round_added AFTER INSERT ON round BEGIN
    INSERT INTO round_count VALUES (NEW.campaign_id, NEW.cell_id, NEW.outcome, NEW.max_overlap, 1)
    ON CONFLICT DO UPDATE SET rounds = rounds + 1;
END;

CREATE TRIGGER round_removed AFTER DELETE ON round BEGIN
    UPDATE round_count SET rounds = rounds - 1 WHERE campaign_id = OLD.campaign_id
       AND cell_id = OLD.cell_id AND outcome = OLD.outcome AND max_overlap = OLD.max_overlap;
    DELETE FROM round_count WHERE rounds = 0 AND campaign_id = OLD.campaign_id
       AND cell_id = OLD.cell_id AND outcome = OLD.outcome AND max_overlap = OLD.max_overlap;
END;

CREATE TRIGGER round_changed AFTER UPDATE OF campaign_id, cell_id, outcome, max_overlap ON round BEGIN
    UPDATE round_count SET rounds = rounds - 1 WHERE campaign_id = OLD.campaign_id
       AND cell_id = OLD.cell_id AND outcome = OLD.outcome AND max_overlap = OLD.max_overlap;
    DELETE FROM round_count WHERE rounds = 0 AND campaign_id = OLD.campaign_id
       AND cell_id = OLD.cell_id AND outcome = OLD.outcome AND max_overlap = OLD.max_overlap;
    INSERT INTO round_count VALUES (NEW.campaign_id, NEW.cell_id, NEW.outcome, NEW.max_overlap, 1)
    ON CONFLICT DO UPDATE SET rounds = rounds + 1;
END;

-- The rounds of a cell, newest first, need no counts in their index any more; those that did not pass,
-- which a report lists one by one, have an index of their own that costs a passing round nothing.
DROP INDEX round_by_cell;
CREATE INDEX round_by_cell ON round (cell_id, campaign_id);
CREATE INDEX round_not_passed ON round (campaign_id, outcome, cell_id) WHERE outcome <> 'pass';

DROP VIEW cell_rate;
CREATE VIEW cell_rate AS
SELECT cell.id AS cell_id, cell.device, cell.scenario, cell.params, cell.arm,
       n.passed + n.failures AS rounds, n.failures, n.no_verdict,
       n.failures * 1.0 / nullif(n.passed + n.failures, 0) AS rate,
       cell_limit.low, cell_limit.high
FROM cell
JOIN (SELECT cell.id AS cell_id,
             ifnull(sum(c.rounds) FILTER (WHERE outcome.class = 'pass'), 0) AS passed,
             ifnull(sum(c.rounds) FILTER (WHERE outcome.class = 'failure'), 0) AS failures,
             ifnull(sum(c.rounds) FILTER (WHERE outcome.class = 'no_verdict'), 0) AS no_verdict
      FROM cell
      LEFT JOIN round_count AS c ON c.cell_id = cell.id
      LEFT JOIN outcome ON outcome.name = c.outcome
      GROUP BY cell.id) AS n ON n.cell_id = cell.id
LEFT JOIN cell_limit ON cell_limit.cell_id = cell.id AND cell_limit.failures = n.failures
                    AND cell_limit.rounds = n.passed + n.failures;

DROP VIEW balance;
CREATE VIEW balance AS
SELECT campaign.id AS campaign_id,
       ifnull(sum(n.rounds), 0) AS planned,
       ifnull(sum(n.rounds) FILTER (WHERE outcome.class = 'pass'), 0) AS passed,
       ifnull(sum(n.rounds) FILTER (WHERE outcome.class = 'failure'), 0) AS failed,
       ifnull(sum(n.rounds) FILTER (WHERE outcome.class = 'no_verdict' AND outcome.name <> 'lost'), 0)
           AS no_verdict,
       ifnull(sum(n.rounds) FILTER (WHERE outcome.name = 'lost'), 0) AS lost
FROM campaign
LEFT JOIN round_count AS n ON n.campaign_id = campaign.id
LEFT JOIN outcome ON outcome.name = n.outcome
GROUP BY campaign.id;
