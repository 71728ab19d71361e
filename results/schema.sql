-- The database of mpstress, version 1. One file holds many campaigns of many machines.
--
-- Names and meanings in short: a campaign is one call of `mpstress run`; a cell is what was tried (device,
-- scenario, parameters, arm); a round is one process that tried it once. Rounds with a verdict are those
-- that passed or failed; only they enter a rate. Times are UTC text, durations nanoseconds, addresses and
-- seeds hexadecimal text, since SQLite's integers are signed.
--
-- Text that came from rounds or drivers holds no control bytes: \xNN stands for one.

-- Every way a round can end. The rows come from harness/wire/outcome.def.
CREATE TABLE outcome (
    name  TEXT PRIMARY KEY,
    class TEXT NOT NULL CHECK (class IN ('pass', 'failure', 'no_verdict')),
    words TEXT NOT NULL
) STRICT;

CREATE TABLE environment (
    id          INTEGER PRIMARY KEY,
    fingerprint TEXT NOT NULL UNIQUE,   -- hash over all the other columns
    os          TEXT NOT NULL,
    os_build    TEXT NOT NULL,
    cpu         TEXT NOT NULL,
    gpu         TEXT NOT NULL,
    driver      TEXT NOT NULL,
    driver_id   TEXT NOT NULL,
    facts       TEXT NOT NULL           -- JSON
) STRICT;

CREATE TABLE campaign (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT NOT NULL UNIQUE,
    started_at     TEXT NOT NULL,
    ended_at       TEXT,                -- NULL: not finished, or its supervisor died
    argv           TEXT NOT NULL,
    seed           TEXT NOT NULL,
    version        TEXT NOT NULL,       -- of mpstress
    state          TEXT NOT NULL CHECK (state IN ('running', 'complete', 'interrupted')),
    environment_id INTEGER NOT NULL REFERENCES environment (id)
) STRICT;

CREATE TABLE cell (
    id        INTEGER PRIMARY KEY,
    device    TEXT NOT NULL,            -- canonical, with its settings
    scenario  TEXT NOT NULL,
    params    TEXT NOT NULL,            -- JSON, sorted by name
    arm       TEXT NOT NULL,
    spec_hash TEXT NOT NULL,
    UNIQUE (device, scenario, params, arm)
) STRICT;

-- What a campaign expects of a cell: a positive control must fail, a negative control must pass.
CREATE TABLE campaign_cell (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    cell_id     INTEGER NOT NULL REFERENCES cell (id),
    role        TEXT NOT NULL CHECK (role IN ('subject', 'positive_control', 'negative_control')),
    PRIMARY KEY (campaign_id, cell_id)
) STRICT, WITHOUT ROWID;

-- What the driver said of itself when a round opened it. Few rows, many rounds.
CREATE TABLE round_driver (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL,                -- of the device: null, metal@model
    gpu      TEXT NOT NULL,
    path     TEXT NOT NULL,                -- bundle or library; "" none
    build_id TEXT NOT NULL,                -- build id or UUID; "" unknown
    facts    TEXT NOT NULL,                -- settings in force
    UNIQUE (name, gpu, path, build_id, facts)
) STRICT;

CREATE TABLE round (
    id                 INTEGER PRIMARY KEY,
    campaign_id        INTEGER NOT NULL REFERENCES campaign (id),
    cell_id            INTEGER NOT NULL REFERENCES cell (id),
    seq                INTEGER NOT NULL,   -- 1, 2, ... in the campaign, in the order of ending
    seed               TEXT NOT NULL,
    started_at         TEXT NOT NULL,
    wall_ns            INTEGER NOT NULL,   -- spawn to reaped
    run_ns             INTEGER NOT NULL,   -- barrier to last thread; 0: never finished
    outcome            TEXT NOT NULL REFERENCES outcome (name),
    detail             TEXT NOT NULL,
    phase              TEXT NOT NULL,      -- how far it came
    ops_planned        INTEGER NOT NULL,
    ops_started        INTEGER NOT NULL,
    ops_done           INTEGER NOT NULL,   -- checked and right
    ops_wrong          INTEGER NOT NULL,
    ops_dropped        INTEGER NOT NULL,
    ops_device         INTEGER NOT NULL,   -- executed, as the device itself counts
    buffers_failed     INTEGER NOT NULL,
    hostile_syncs      INTEGER NOT NULL,
    threads_started    INTEGER NOT NULL,
    threads_unfinished INTEGER NOT NULL,
    max_overlap        INTEGER NOT NULL,   -- threads inside the driver at the same time
    load               REAL,               -- 1-minute load average at the start; NULL unknown
    exit_kind          TEXT NOT NULL,      -- code, signal, deadline, stopped, not_started
    exit_code          INTEGER,
    signal             INTEGER,
    leaked             INTEGER NOT NULL,   -- processes it left behind, killed
    was_traced         INTEGER NOT NULL,
    driver_id          INTEGER REFERENCES round_driver (id),
    UNIQUE (campaign_id, seq)
) STRICT;
-- With all that counting needs, so that a rate does not read the rounds themselves.
CREATE INDEX round_by_cell ON round (cell_id, campaign_id, outcome, max_overlap);

-- Kept for rounds that did not pass: the order to repeat it (mpstress-round --spec) and its last words.
CREATE TABLE round_text (
    round_id INTEGER PRIMARY KEY REFERENCES round (id),
    spec     TEXT,
    stderr   TEXT
) STRICT;

CREATE TABLE signature (
    id     INTEGER PRIMARY KEY,
    key    TEXT NOT NULL UNIQUE,
    title  TEXT NOT NULL,
    family TEXT NOT NULL
) STRICT;

CREATE TABLE crash (
    id                 INTEGER PRIMARY KEY,
    round_id           INTEGER NOT NULL REFERENCES round (id),
    signature_id       INTEGER REFERENCES signature (id),
    kind               TEXT NOT NULL,      -- the outcome it explains: crash, abort, hang
    signal             INTEGER NOT NULL,
    signal_name        TEXT NOT NULL,
    code               INTEGER NOT NULL,   -- si_code or its like
    fault_address      TEXT,               -- NULL: this kind of stop has none
    address_is_derived INTEGER NOT NULL,   -- 1: from registers and instruction, not from the kernel
    access             TEXT NOT NULL,
    fault_class        TEXT NOT NULL,
    tid                INTEGER             -- the thread that stopped first
) STRICT;
CREATE INDEX crash_by_round ON crash (round_id);
CREATE INDEX crash_by_signature ON crash (signature_id);

CREATE TABLE crash_thread (
    crash_id  INTEGER NOT NULL REFERENCES crash (id),
    tid       INTEGER NOT NULL,
    name      TEXT NOT NULL,
    faulting  INTEGER NOT NULL,
    signal    INTEGER,
    registers TEXT NOT NULL,               -- JSON
    PRIMARY KEY (crash_id, tid)
) STRICT, WITHOUT ROWID;

CREATE TABLE crash_frame (
    crash_id  INTEGER NOT NULL,
    tid       INTEGER NOT NULL,
    depth     INTEGER NOT NULL,            -- 0: where it stopped
    pc        TEXT NOT NULL,
    module    TEXT,                        -- path
    module_id TEXT,                        -- build id or UUID
    symbol    TEXT,
    offset    INTEGER NOT NULL,            -- from the symbol, else from the module's base
    file      TEXT,
    line      INTEGER,
    PRIMARY KEY (crash_id, tid, depth),
    FOREIGN KEY (crash_id, tid) REFERENCES crash_thread (crash_id, tid)
) STRICT, WITHOUT ROWID;

CREATE TABLE crash_module (
    crash_id  INTEGER NOT NULL REFERENCES crash (id),
    path      TEXT NOT NULL,
    base      TEXT NOT NULL,
    size      INTEGER NOT NULL,
    module_id TEXT,
    PRIMARY KEY (crash_id, base, path)
) STRICT, WITHOUT ROWID;

-- The flight recorder of rounds that did not pass: the newest device calls of every thread. thread: 0 the
-- main thread, 1, 2, ... the workers. t_ns: a clock that all threads of the round share. phase: enter,
-- leave; a thread whose newest event is an enter was in that call at the end. object: a stream's or a
-- buffer's number; arg on leave: 0, or how the call failed. Row seq 0 is the thread itself, op 'thread':
-- object is its number in the kernel (0 unknown), arg how many events it recorded in all, phase
-- 'recording' if it stopped while it wrote one.
CREATE TABLE event (
    round_id INTEGER NOT NULL REFERENCES round (id),
    thread   INTEGER NOT NULL,
    seq      INTEGER NOT NULL,
    t_ns     INTEGER NOT NULL,
    op       TEXT NOT NULL,
    phase    TEXT NOT NULL,
    object   TEXT NOT NULL,
    arg      TEXT NOT NULL,
    PRIMARY KEY (round_id, thread, seq)
) STRICT, WITHOUT ROWID;

-- Reports that the operating system wrote (.ips).
CREATE TABLE os_report (
    id       INTEGER PRIMARY KEY,
    incident TEXT,
    sha256   TEXT NOT NULL UNIQUE,
    path     TEXT NOT NULL,
    bug_type TEXT,
    round_id INTEGER REFERENCES round (id)
) STRICT;
CREATE INDEX os_report_by_round ON os_report (round_id);

-- The two-sided 95 % Clopper-Pearson limits of each cell. They need the inverse of the incomplete
-- beta function, which SQL does not have, and a view must work for everyone who has sqlite3: so the
-- program writes them in the transaction of each round, together with the counts they belong to.
-- cell_rate counts the rounds itself and shows the limits only where those counts agree: what it
-- shows is exact or NULL, never stale.
CREATE TABLE cell_limit (
    cell_id  INTEGER PRIMARY KEY REFERENCES cell (id),
    failures INTEGER NOT NULL,
    rounds   INTEGER NOT NULL,
    low      REAL NOT NULL,
    high     REAL NOT NULL
) STRICT;

-- Rates over all campaigns in this file. rounds: those with a verdict. A rate of 0 is known only up
-- to `high`.
CREATE VIEW cell_rate AS
SELECT cell.id AS cell_id, cell.device, cell.scenario, cell.params, cell.arm,
       n.passed + n.failures AS rounds, n.failures, n.no_verdict,
       n.failures * 1.0 / nullif(n.passed + n.failures, 0) AS rate,
       cell_limit.low, cell_limit.high
FROM cell
JOIN (SELECT cell.id AS cell_id,
             count(*) FILTER (WHERE outcome.class = 'pass') AS passed,
             count(*) FILTER (WHERE outcome.class = 'failure') AS failures,
             count(*) FILTER (WHERE outcome.class = 'no_verdict') AS no_verdict
      FROM cell
      LEFT JOIN round ON round.cell_id = cell.id
      LEFT JOIN outcome ON outcome.name = round.outcome
      GROUP BY cell.id) AS n ON n.cell_id = cell.id
LEFT JOIN cell_limit ON cell_limit.cell_id = cell.id AND cell_limit.failures = n.failures
                    AND cell_limit.rounds = n.passed + n.failures;

-- Every round of a campaign is in exactly one column: planned is the sum of the rest.
CREATE VIEW balance AS
SELECT campaign.id AS campaign_id,
       count(round.id) AS planned,
       count(*) FILTER (WHERE outcome.class = 'pass') AS passed,
       count(*) FILTER (WHERE outcome.class = 'failure') AS failed,
       count(*) FILTER (WHERE outcome.class = 'no_verdict' AND outcome.name <> 'lost') AS no_verdict,
       count(*) FILTER (WHERE outcome.name = 'lost') AS lost
FROM campaign
LEFT JOIN round ON round.campaign_id = campaign.id
LEFT JOIN outcome ON outcome.name = round.outcome
GROUP BY campaign.id;
