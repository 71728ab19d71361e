-- How fast rounds were and how busy the machine was, per campaign and cell, kept by triggers as they come: a
-- report over nights must not read the rounds. The sums are REAL, since what a round says of itself may be
-- any number and must not overflow.

CREATE TABLE round_sum (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    cell_id     INTEGER NOT NULL REFERENCES cell (id),
    timed       INTEGER NOT NULL,          -- rounds that passed and were timed
    ops_done    REAL NOT NULL,             -- of these
    run_ns      REAL NOT NULL,             -- of these
    load_low    REAL,                      -- of all rounds that were ever recorded here; NULL: unknown
    load_high   REAL,
    PRIMARY KEY (campaign_id, cell_id)
) STRICT, WITHOUT ROWID;

INSERT INTO round_sum
SELECT campaign_id, cell_id, count(*) FILTER (WHERE outcome = 'pass' AND run_ns > 0),
       total(ops_done) FILTER (WHERE outcome = 'pass' AND run_ns > 0),
       total(run_ns) FILTER (WHERE outcome = 'pass' AND run_ns > 0), min(load), max(load)
FROM round GROUP BY 1, 2;

CREATE TRIGGER round_summed AFTER INSERT ON round BEGIN
    INSERT INTO round_sum VALUES (NEW.campaign_id, NEW.cell_id, NEW.outcome = 'pass' AND NEW.run_ns > 0,
        iif(NEW.outcome = 'pass' AND NEW.run_ns > 0, NEW.ops_done, 0),
        iif(NEW.outcome = 'pass' AND NEW.run_ns > 0, NEW.run_ns, 0), NEW.load, NEW.load)
    ON CONFLICT DO UPDATE SET timed = timed + excluded.timed, ops_done = ops_done + excluded.ops_done,
        run_ns = run_ns + excluded.run_ns,
        load_low = min(ifnull(load_low, excluded.load_low), ifnull(excluded.load_low, load_low)),
        load_high = max(ifnull(load_high, excluded.load_high), ifnull(excluded.load_high, load_high));
END;

CREATE TRIGGER round_sum_removed AFTER DELETE ON round WHEN OLD.outcome = 'pass' AND OLD.run_ns > 0 BEGIN
    UPDATE round_sum SET timed = timed - 1, ops_done = ops_done - OLD.ops_done, run_ns = run_ns - OLD.run_ns
    WHERE campaign_id = OLD.campaign_id AND cell_id = OLD.cell_id;
END;

CREATE TRIGGER round_sum_changed
AFTER UPDATE OF campaign_id, cell_id, outcome, ops_done, run_ns, load ON round BEGIN
    UPDATE round_sum SET timed = timed - 1, ops_done = ops_done - OLD.ops_done, run_ns = run_ns - OLD.run_ns
    WHERE campaign_id = OLD.campaign_id AND cell_id = OLD.cell_id AND OLD.outcome = 'pass' AND OLD.run_ns > 0;
    INSERT INTO round_sum VALUES (NEW.campaign_id, NEW.cell_id, NEW.outcome = 'pass' AND NEW.run_ns > 0,
        iif(NEW.outcome = 'pass' AND NEW.run_ns > 0, NEW.ops_done, 0),
        iif(NEW.outcome = 'pass' AND NEW.run_ns > 0, NEW.run_ns, 0), NEW.load, NEW.load)
    ON CONFLICT DO UPDATE SET timed = timed + excluded.timed, ops_done = ops_done + excluded.ops_done,
        run_ns = run_ns + excluded.run_ns,
        load_low = min(ifnull(load_low, excluded.load_low), ifnull(excluded.load_low, load_low)),
        load_high = max(ifnull(load_high, excluded.load_high), ifnull(excluded.load_high, load_high));
END;
