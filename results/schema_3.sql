
-- What version 3 added: the files of imported reports, and what the machine was doing when a campaign began.

-- Content that came from outside, byte for byte, each once; of a longer file its first 16 MiB.
CREATE TABLE file_content (
    id     INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL UNIQUE,        -- of `bytes`
    bytes  BLOB NOT NULL
) STRICT;

-- The file that a report was read from, which may hold several. Reports from before this version have none.
CREATE TABLE os_report_file (
    os_report_id    INTEGER PRIMARY KEY REFERENCES os_report (id),
    file_content_id INTEGER NOT NULL REFERENCES file_content (id)
) STRICT;

-- Load, heat, clock and disk when the campaign began, or was resumed the last time. They are no part of the
-- environment: they change by the minute, and part no nights.
CREATE TABLE campaign_state (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    name        TEXT NOT NULL,          -- load, heat, clock, disk, gpu_clients
    text        TEXT NOT NULL,
    PRIMARY KEY (campaign_id, name)
) STRICT, WITHOUT ROWID;
