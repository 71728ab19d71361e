-- Version 2: reports of the operating system in full, and what they are joined by.

ALTER TABLE round ADD COLUMN pid INTEGER;               -- of its process; NULL: written by version 1

ALTER TABLE os_report ADD COLUMN kind TEXT NOT NULL DEFAULT 'crash';   -- crash, gpu_event
ALTER TABLE os_report ADD COLUMN process TEXT;
ALTER TABLE os_report ADD COLUMN pid INTEGER;
ALTER TABLE os_report ADD COLUMN launched_at TEXT;
ALTER TABLE os_report ADD COLUMN captured_at TEXT;
ALTER TABLE os_report ADD COLUMN os_build TEXT;
ALTER TABLE os_report ADD COLUMN message TEXT;          -- of an abort, or why the GPU was reset
ALTER TABLE os_report ADD COLUMN truncated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE os_report ADD COLUMN signature_id INTEGER REFERENCES signature (id); -- NULL: shows no stack
ALTER TABLE os_report ADD COLUMN signal_name TEXT;
ALTER TABLE os_report ADD COLUMN fault_address TEXT;
ALTER TABLE os_report ADD COLUMN access TEXT;
ALTER TABLE os_report ADD COLUMN fault_class TEXT;
ALTER TABLE os_report ADD COLUMN registers TEXT;        -- JSON; of the thread that died

-- One incident is one report, under whatever name and in whatever form it comes.
CREATE UNIQUE INDEX os_report_by_incident ON os_report (incident);

-- The stacks of a report: thread 0 is the one that died if `faulting` is 1.
CREATE TABLE os_report_frame (
    os_report_id INTEGER NOT NULL REFERENCES os_report (id),
    thread       INTEGER NOT NULL,
    depth        INTEGER NOT NULL,
    faulting     INTEGER NOT NULL,
    name         TEXT,                  -- of the thread
    pc           TEXT NOT NULL,
    module       TEXT,
    module_id    TEXT,
    symbol       TEXT,
    offset       INTEGER NOT NULL,
    file         TEXT,
    line         INTEGER,
    PRIMARY KEY (os_report_id, thread, depth)
) STRICT, WITHOUT ROWID;
