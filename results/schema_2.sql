
-- What version 2 added: figures of rounds (the column is in `round`), and their sums over the rounds of a
-- cell, kept as those of round_sum are. A new file has all of schema.sql and of this one; an older file gets
-- the column and this one.

CREATE TABLE cell_figure (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    cell_id     INTEGER NOT NULL REFERENCES cell (id),
    name        TEXT NOT NULL,
    rounds      INTEGER NOT NULL,       -- that have this figure
    total       REAL NOT NULL,          -- of these
    most        REAL NOT NULL,          -- of all such rounds that were ever recorded here
    PRIMARY KEY (campaign_id, cell_id, name)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER figure_added AFTER INSERT ON round WHEN NEW.figures IS NOT NULL BEGIN
    INSERT INTO cell_figure SELECT NEW.campaign_id, NEW.cell_id, key, 1, value, value
        FROM json_each(NEW.figures) WHERE true
    ON CONFLICT DO UPDATE SET rounds = rounds + 1, total = total + excluded.total,
        most = max(most, excluded.most);
END;

CREATE TRIGGER figure_removed AFTER DELETE ON round WHEN OLD.figures IS NOT NULL BEGIN
    UPDATE cell_figure SET rounds = rounds - 1, total = total -
        (SELECT value FROM json_each(OLD.figures) WHERE key = name)
    WHERE campaign_id = OLD.campaign_id AND cell_id = OLD.cell_id
      AND name IN (SELECT key FROM json_each(OLD.figures));
END;

CREATE TRIGGER figure_moved AFTER UPDATE OF campaign_id, cell_id, figures ON round BEGIN
    UPDATE cell_figure SET rounds = rounds - 1, total = total -
        (SELECT value FROM json_each(OLD.figures) WHERE key = name)
    WHERE campaign_id = OLD.campaign_id AND cell_id = OLD.cell_id AND OLD.figures IS NOT NULL
      AND name IN (SELECT key FROM json_each(OLD.figures));
    INSERT INTO cell_figure SELECT NEW.campaign_id, NEW.cell_id, key, 1, value, value
        FROM json_each(ifnull(NEW.figures, '{}')) WHERE true
    ON CONFLICT DO UPDATE SET rounds = rounds + 1, total = total + excluded.total,
        most = max(most, excluded.most);
END;
