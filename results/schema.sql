-- The database of mpstress. One file holds many campaigns of many machines.
--
-- A campaign is one call of `mpstress run` or its like; a cell is what was tried (device, scenario, parameters,
-- arm); a round is one process that tried it once. Only rounds with a verdict, those that passed or failed,
-- enter a rate. Times are UTC text, durations are nanoseconds; addresses and seeds are hexadecimal text, since
-- SQLite's integers are signed.
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

-- What a campaign set out to show, fixed before its first round. A plan never changes: another seed, cell,
-- budget or claim is another plan. The same plan may be run more than once.
CREATE TABLE plan (
    id          INTEGER PRIMARY KEY,
    hash        TEXT NOT NULL UNIQUE,   -- SHA-256 of `text`
    kind        TEXT NOT NULL,          -- the command: run, compare
    claim       TEXT,                   -- 'rate<0.1%@95%'; NULL: nothing is claimed
    target      REAL,                   -- of the claim: 0.001
    confidence  REAL,                   -- of the claim: 0.95
    counts      TEXT,                   -- kinds of failure that a comparison counts: 'crash,hang'; NULL: all
    prior_a     REAL NOT NULL,          -- of the evidence, which may be looked at after each round
    prior_b     REAL NOT NULL,
    arms        TEXT NOT NULL,          -- JSON
    seed        TEXT NOT NULL,
    rounds      INTEGER,                -- budget of all cells together; NULL: no limit
    duration_ns INTEGER,                -- NULL: no limit
    text        TEXT NOT NULL,          -- the whole plan with its cells, as canonical JSON
    created_at  TEXT NOT NULL,
    CHECK ((claim IS NULL) = (target IS NULL) AND (claim IS NULL) = (confidence IS NULL))
) STRICT;

CREATE TRIGGER plan_stays BEFORE UPDATE ON plan BEGIN
    SELECT raise(ABORT, 'a plan is not changed; another plan is another row');
END;

-- A campaign holds its request in full before its first round, so that it can be resumed. The request is
-- `command` to `keep_newest` together with the rows of campaign_cell.
CREATE TABLE campaign (
    id             INTEGER PRIMARY KEY,
    uuid           TEXT NOT NULL UNIQUE,
    started_at     TEXT NOT NULL,
    ended_at       TEXT,                -- NULL: still running, or its supervisor died
    resumed_at     TEXT,                -- the last time; NULL: never
    used_ns        INTEGER NOT NULL DEFAULT 0,  -- by the parts of it that have ended; no clock of the day
    argv           TEXT NOT NULL,
    seed           TEXT NOT NULL,
    version        TEXT NOT NULL,       -- of mpstress
    state          TEXT NOT NULL CHECK (state IN ('running', 'complete', 'interrupted')),
    environment_id INTEGER NOT NULL REFERENCES environment (id),
    plan_id        INTEGER REFERENCES plan (id),
    night          TEXT,                -- the date of its evening; NULL: it belongs to no night
    left_out       TEXT,                -- of its suite, in words, since the device is absent there; NULL: nothing

    command        TEXT,                -- run, compare; NULL: nothing was requested, it cannot be resumed
    round_seed     TEXT,                -- of every round; NULL: derived from the campaign's seed
    -- A replay runs one seed again: its rounds say how a round repeats, and nothing of a rate. See campaign_pool.
    is_replay      INTEGER NOT NULL GENERATED ALWAYS AS (round_seed IS NOT NULL) VIRTUAL,
    duration_ns    INTEGER NOT NULL DEFAULT 0,  -- 0: no limit
    jobs           INTEGER NOT NULL DEFAULT 1,
    reuse          INTEGER NOT NULL DEFAULT 1,  -- rounds that one process may run, of one cell
    captures       INTEGER NOT NULL DEFAULT 1,
    keep_first     INTEGER,             -- see table retention; NULL: every round keeps its detail
    keep_newest    INTEGER,

    -- The process that runs it, or ran it last: on which machine, since which boot, in which PID namespace,
    -- and when the process began. See harness/base/identity.h.
    host           TEXT,
    boot           TEXT,
    space          TEXT,
    pid            INTEGER,
    pid_started    INTEGER
) STRICT;
CREATE INDEX campaign_by_night ON campaign (night) WHERE night IS NOT NULL;

CREATE TABLE cell (
    id        INTEGER PRIMARY KEY,
    device    TEXT NOT NULL,            -- canonical, with its settings
    scenario  TEXT NOT NULL,
    params    TEXT NOT NULL,            -- JSON, sorted by name
    arm       TEXT NOT NULL,
    spec_hash TEXT NOT NULL,
    UNIQUE (device, scenario, params, arm)
) STRICT;

-- The library of a cell whose arm injects one: the arm is fix=DIGITS, the first digits of the SHA-256.
CREATE TABLE fix_library (
    cell_id   INTEGER PRIMARY KEY REFERENCES cell (id),
    path      TEXT NOT NULL,            -- where it lay when the cell was made
    module_id TEXT,
    sha256    TEXT
) STRICT;

-- The cells of a campaign. role: a positive control must fail, a negative control must pass. The rest is the
-- request, NULL if there was none.
CREATE TABLE campaign_cell (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    cell_id     INTEGER NOT NULL REFERENCES cell (id),
    role        TEXT NOT NULL CHECK (role IN ('subject', 'positive_control', 'negative_control', 'finder')),
    place       INTEGER,                -- in the plan, from 0
    rounds      INTEGER,                -- 0: no limit
    seed_hash   TEXT,                   -- from which the seeds of its rounds are derived
    stratum     INTEGER,                -- cells of one stratum run next to each other in a block
    title       TEXT,
    spec        TEXT,                   -- of a round, with seed 0
    replayed    TEXT,                   -- in a replay, how the round that is run again ended: the key of its
                                        -- signature, else its outcome; NULL: it is not known
    PRIMARY KEY (campaign_id, cell_id)
) STRICT, WITHOUT ROWID;

-- What changed on the machine during a campaign: "power=ac thermal=55C". Few rows, many rounds.
CREATE TABLE host_state (
    id          INTEGER PRIMARY KEY,
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    text        TEXT NOT NULL,
    UNIQUE (campaign_id, text)
) STRICT;

-- What the driver said of itself when a round opened it. Few rows, many rounds.
CREATE TABLE round_driver (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL,             -- of the device: null, metal@model
    gpu      TEXT NOT NULL,
    path     TEXT NOT NULL,             -- bundle or library; "" none
    build_id TEXT NOT NULL,             -- build id or UUID; "" unknown
    facts    TEXT NOT NULL,             -- settings in force
    UNIQUE (name, gpu, path, build_id, facts)
) STRICT;

-- What was loaded in the rounds, each distinct set once.
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
    methods       TEXT,                 -- of the driver, whose code it has: -[CLASS SELECTOR],...; NULL: none, or not asked
    PRIMARY KEY (module_set_id, path)
) STRICT, WITHOUT ROWID;

-- A round that is lost has the defaults: nobody saw how it ended.
CREATE TABLE round (
    id                 INTEGER PRIMARY KEY,
    campaign_id        INTEGER NOT NULL REFERENCES campaign (id),
    cell_id            INTEGER NOT NULL REFERENCES cell (id),
    seq                INTEGER NOT NULL,   -- 1, 2, ... in the campaign, in the order of ending
    position           INTEGER,            -- in the order of starting; NULL: the same as seq
    seed               TEXT NOT NULL,
    recorder           INTEGER,            -- 0: flight recorder and call counters were off; NULL: unknown
    started_at         TEXT NOT NULL,
    wall_ns            INTEGER NOT NULL DEFAULT 0,   -- spawn to reaped
    run_ns             INTEGER NOT NULL DEFAULT 0,   -- barrier to last thread; 0: never finished
    outcome            TEXT NOT NULL REFERENCES outcome (name),
    detail             TEXT NOT NULL,
    phase              TEXT NOT NULL,      -- the last one it reached
    ops_planned        INTEGER NOT NULL DEFAULT 0,
    ops_started        INTEGER NOT NULL DEFAULT 0,
    ops_done           INTEGER NOT NULL DEFAULT 0,   -- checked and right
    ops_wrong          INTEGER NOT NULL DEFAULT 0,
    ops_dropped        INTEGER NOT NULL DEFAULT 0,
    ops_device         INTEGER NOT NULL DEFAULT 0,   -- executed, as the device itself counts
    buffers_failed     INTEGER NOT NULL DEFAULT 0,
    gpu_error_domain   TEXT,               -- of the first failed one that shows most, as its driver gives it; NULL: none
    gpu_error_code     INTEGER,
    gpu_error_callback INTEGER,            -- the number of the kernel driver; NULL: it gives none
    gpu_error_text     TEXT,
    hostile_syncs      INTEGER NOT NULL DEFAULT 0,
    threads_started    INTEGER NOT NULL DEFAULT 0,
    threads_unfinished INTEGER NOT NULL DEFAULT 0,
    max_overlap        INTEGER NOT NULL DEFAULT 0,   -- threads inside the driver at the same time
    load               REAL,               -- 1-minute load average at the start; NULL: unknown
    host_state_id      INTEGER REFERENCES host_state (id),
    pid                INTEGER,            -- of its process; NULL: unknown
    turn               INTEGER NOT NULL DEFAULT 1,   -- the round was the turn-th of that process
    exit_kind          TEXT NOT NULL,      -- code, signal, deadline, stopped, not_started, lost; kept: its process went on
    exit_code          INTEGER,
    signal             INTEGER,
    leaked             INTEGER NOT NULL DEFAULT 0,   -- processes it left behind, killed
    was_traced         INTEGER NOT NULL DEFAULT 0,
    untraced           TEXT,               -- why not: off, refused, none (it never started); NULL: traced or lost
    driver_id          INTEGER REFERENCES round_driver (id),
    module_set_id      INTEGER REFERENCES module_set (id),   -- NULL: it ended before it could say
    figures            TEXT,               -- JSON, by the names of harness/wire/figure.def; what is 0 is left
                                           -- out, but for arm_passes of an arm that counts; NULL: nothing
    -- Its bucket, if it failed: that of its crash, else how it failed. NULL in older files where it had no crash.
    signature_id       INTEGER REFERENCES signature (id),
    UNIQUE (campaign_id, seq)
) STRICT;
-- The rounds of a cell, the newest first.
CREATE INDEX round_by_cell ON round (cell_id, campaign_id);
-- What a report lists one by one; these cost a passing, traced round nothing.
CREATE INDEX round_not_passed ON round (campaign_id, outcome, cell_id) WHERE outcome <> 'pass';
CREATE INDEX round_untraced ON round (campaign_id, cell_id, untraced) WHERE untraced IS NOT NULL;

-- Rounds in flight: written before their process is started, gone in the transaction that adds the row to
-- `round`. What a supervisor that died has left here is `lost`.
CREATE TABLE running (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    position    INTEGER NOT NULL,
    cell_id     INTEGER NOT NULL REFERENCES cell (id),
    seed        TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    used_ns     INTEGER NOT NULL DEFAULT 0,     -- by the campaign when it began
    PRIMARY KEY (campaign_id, position)
) STRICT, WITHOUT ROWID;

-- Canaries: rounds outside the schedule that ask whether a device is still healthy.
CREATE TABLE health_check (
    id          INTEGER PRIMARY KEY,
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    after_seq   INTEGER NOT NULL,       -- the round that made it due
    device      TEXT NOT NULL,
    started_at  TEXT NOT NULL,
    wall_ns     INTEGER NOT NULL,
    outcome     TEXT NOT NULL REFERENCES outcome (name),
    detail      TEXT NOT NULL
) STRICT;
CREATE INDEX health_check_by_campaign ON health_check (campaign_id);

-- The sets that the rounds of a cell ran with, so that nobody need read the rounds to see whether they
-- differ. whole: 1 for rounds that were done, which had loaded all that they load.
CREATE TABLE cell_modules (
    campaign_id    INTEGER NOT NULL REFERENCES campaign (id),
    cell_id        INTEGER NOT NULL REFERENCES cell (id),
    module_set_id  INTEGER NOT NULL REFERENCES module_set (id),
    whole          INTEGER NOT NULL,
    first_round_id INTEGER NOT NULL REFERENCES round (id),
    PRIMARY KEY (campaign_id, cell_id, module_set_id, whole)
) STRICT, WITHOUT ROWID;

-- Kept for rounds that did not pass: the spec that repeats it (mpstress-round --spec) and its last output.
CREATE TABLE round_text (
    round_id INTEGER PRIMARY KEY REFERENCES round (id),
    spec     TEXT,
    stderr   TEXT,
    stderr_bytes INTEGER    -- NULL: it is whole; else what there was of it
) STRICT;

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

-- Which rounds that did not pass keep their detail (stacks, calls, modules, spec, stderr): of each kind in a
-- campaign the first `keep_first` and the newest `keep_newest`. kind: the key of its signature, else the
-- outcome. number: 1, 2, ... within the kind; 0 is the first round of the whole
-- campaign that did not pass, which always stays.
CREATE TABLE retention (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    kind        TEXT NOT NULL,
    number      INTEGER NOT NULL,
    round_id    INTEGER NOT NULL REFERENCES round (id),
    PRIMARY KEY (campaign_id, kind, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX retention_by_round ON retention (round_id);

-- One way to fail: the same key for all rounds that failed so, whatever seed, thread and address. Of a crash its
-- signal, fault class and frames (harness/supervisor/capture/signature.h), else outcome and what is known
-- (harness/supervisor/campaign/failure_signature.h).
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
    sample             INTEGER,            -- a hang is sampled twice: 1, 2; NULL: no hang
    signal             INTEGER NOT NULL,
    signal_name        TEXT NOT NULL,
    code               INTEGER NOT NULL,   -- si_code or its like
    fault_address      TEXT,               -- NULL: this kind of stop has none
    address_is_derived INTEGER NOT NULL,   -- 1: from registers and instruction, not from the kernel
    access             TEXT NOT NULL,
    fault_class        TEXT NOT NULL,
    tid                INTEGER,            -- the thread that stopped first
    threads_missed     INTEGER NOT NULL,   -- beyond the limit, or they could not be looked at in time
    modules_missed     INTEGER NOT NULL,   -- loaded, and beyond the limit
    other_key          TEXT,               -- what other threads did inside the driver; makes no bucket
    unread             TEXT                -- why frames or names are missing; NULL: all were read
) STRICT;
CREATE INDEX crash_by_round ON crash (round_id);
CREATE INDEX crash_by_signature ON crash (signature_id);

CREATE TABLE crash_thread (
    crash_id   INTEGER NOT NULL REFERENCES crash (id),
    tid        INTEGER NOT NULL,
    name       TEXT NOT NULL,
    faulting   INTEGER NOT NULL,
    signal     INTEGER,
    registers  TEXT NOT NULL,              -- JSON
    frames     INTEGER NOT NULL,           -- that its stack had, kept or not; counted up to 32768
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
    symbol_bytes INTEGER,                  -- NULL: it is whole; else what it had before it was shortened
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

-- Reports of crashes that were imported: those of the operating system (.ips), stacks of debuggers,
-- findings of sanitizers.
CREATE TABLE os_report (
    id            INTEGER PRIMARY KEY,
    incident      TEXT,
    sha256        TEXT NOT NULL UNIQUE,
    path          TEXT NOT NULL,
    bug_type      TEXT,
    kind          TEXT NOT NULL,        -- crash, gpu_event, finding
    what          TEXT,                 -- in words: "crash of a process"
    form          TEXT,                 -- ips, text, gdb, lldb, sanitizer, tombstone, coredumpctl
    round_id      INTEGER REFERENCES round (id),
    signature_id  INTEGER REFERENCES signature (id),   -- NULL: it shows no stack
    process       TEXT,
    pid           INTEGER,
    launched_at   TEXT,
    captured_at   TEXT,
    os_build      TEXT,
    model         TEXT,                 -- "Mac16,5"
    message       TEXT,                 -- of an abort, or why the GPU was reset
    message_bytes INTEGER,              -- NULL: it is whole; else what it had before it was cut
    exception_type  TEXT,               -- "EXC_BAD_ACCESS"
    exception_codes TEXT,               -- as the report has them
    termination      TEXT,              -- namespace: SIGNAL, CODESIGNING
    termination_code TEXT,              -- in decimal: it may have 64 bits
    truncated     INTEGER NOT NULL,     -- 1: the file is torn, or an excerpt, or was read in part
    bytes_read    INTEGER,              -- NULL: all of the file was read; else only so much of it ...
    bytes_total   INTEGER,              -- ... of this; NULL: unknown
    lines_cut     INTEGER NOT NULL DEFAULT 0, -- longer ones than are read whole
    threads_missed INTEGER NOT NULL DEFAULT 0, -- beyond the limit
    modules_missed INTEGER NOT NULL DEFAULT 0, -- frames in modules beyond the limit
    signal_name   TEXT,
    fault_address TEXT,
    access        TEXT,
    fault_class   TEXT,
    registers     TEXT                  -- JSON; of the thread that died
) STRICT;
CREATE INDEX os_report_by_round ON os_report (round_id);
-- One incident is one report, under whatever name and in whatever form it comes.
CREATE UNIQUE INDEX os_report_by_incident ON os_report (incident);

-- The threads of a report: 0 is the one that died if its role says so.
CREATE TABLE os_report_thread (
    os_report_id INTEGER NOT NULL REFERENCES os_report (id),
    thread       INTEGER NOT NULL,
    number       INTEGER NOT NULL,      -- its place in the report: "Thread 3"
    name         TEXT,
    role         TEXT NOT NULL,         -- faulting, exception (where that was thrown), other
    frames       INTEGER,               -- in the report, kept or not; NULL: unknown
    PRIMARY KEY (os_report_id, thread)
) STRICT, WITHOUT ROWID;

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
    symbol_bytes INTEGER,               -- as in crash_frame
    offset       INTEGER NOT NULL,
    file         TEXT,
    line         INTEGER,
    PRIMARY KEY (os_report_id, thread, depth)
) STRICT, WITHOUT ROWID;

-- Counts. Rounds are counted as they come, so that a file of a million of them is reported as fast as one of
-- a thousand. Triggers keep the counts, whoever writes: `round_count` always says what GROUP BY would say.
-- `mpstress doctor --db` compares the two.

CREATE TABLE round_count (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    cell_id     INTEGER NOT NULL REFERENCES cell (id),
    outcome     TEXT NOT NULL REFERENCES outcome (name),
    max_overlap INTEGER NOT NULL,
    rounds      INTEGER NOT NULL,       -- never 0: such a row is deleted
    PRIMARY KEY (campaign_id, cell_id, outcome, max_overlap)
) STRICT, WITHOUT ROWID;

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

-- How fast rounds were and how busy the machine was, kept in the same way: a report over nights must not
-- read the rounds. The sums are REAL: what a round says of itself may be any number and must not overflow.
CREATE TABLE round_sum (
    campaign_id INTEGER NOT NULL REFERENCES campaign (id),
    cell_id     INTEGER NOT NULL REFERENCES cell (id),
    timed       INTEGER NOT NULL,       -- rounds that passed and were timed
    ops_done    REAL NOT NULL,          -- of these
    run_ns      REAL NOT NULL,          -- of these
    load_low    REAL,                   -- of all rounds that were ever recorded here; NULL: unknown
    load_high   REAL,
    PRIMARY KEY (campaign_id, cell_id)
) STRICT, WITHOUT ROWID;

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

-- The limits of cell_rate. They need the inverse of the incomplete beta function, which SQL does not have,
-- and a view must work for everyone who has sqlite3: so the program writes them in the transaction of each
-- round, together with the counts they belong to. cell_rate shows the limits only where those counts agree
-- with its own: what it shows is right or NULL, never stale.
CREATE TABLE cell_limit (
    cell_id        INTEGER NOT NULL REFERENCES cell (id),
    role           TEXT NOT NULL,
    environment_id INTEGER NOT NULL REFERENCES environment (id),
    version        TEXT NOT NULL,
    failures       INTEGER NOT NULL,
    rounds         INTEGER NOT NULL,    -- the upper limit is of failures among these
    tried          INTEGER NOT NULL,    -- the lower one among these: with passes without power
    low            REAL NOT NULL,
    high           REAL NOT NULL,
    PRIMARY KEY (cell_id, role, environment_id, version)
) STRICT, WITHOUT ROWID;

-- What a cell is called on every device and with every arm: "mm:n=256,threads=8". params_text:
-- "n=256,threads=8", NULL if it has no parameters.
CREATE VIEW cell_title AS
SELECT cell_id, scenario || ifnull(':' || params_text, '') AS title, params_text
FROM (SELECT id AS cell_id, scenario,
             (SELECT group_concat(key || '=' || atom) FROM json_each(params)) AS params_text
      FROM cell);

-- What may be pooled. `plan`, `report --nights` and cell_rate take their rounds from campaign_pool (see
-- schema_5.sql) and from the next view, and so should whoever adds up rounds of several campaigns. The rule:
--
-- 1. Replays lend nothing. They run one seed again: their rounds are no sample of anything. Nor do campaigns
--    whose processes ran several rounds (reuse): one round may leave something behind for the next.
-- 2. Rounds go together only if cell (device with its settings, scenario, parameters, arm), role, environment
--    (the fingerprint of system, driver and machine) and version of mpstress are the same.
-- 3. A campaign in which a control that must fail has not failed has no power. It lends no passes, as they
--    show nothing. It lends its failures, which need no power: so the rate can only look higher than it is,
--    and the lower limit counts those passes. A campaign without such a control lends both, as nothing says
--    that it is blind; a control that was skipped in all its rounds, since its device or arm is absent, is no
--    control. Controls that must fail are rated by all their own rounds. A night without power is compared with no other night, with one exception: since failures need no power, it
--    can raise an alarm, with all that it tried.
-- 4. Campaigns that a look at their counts may have ended (a claim that is decided after each round or block,
--    or an interrupt) lend their rounds and are marked: a limit for a fixed number of rounds is not theirs.

-- What each of their cells lends. passed: all its passes; those that count are `rounds - failures`.
CREATE VIEW pool AS
SELECT campaign_id, cell_id, role, environment_id, version, night, has_power, looked_at,
       passed, failures, no_verdict, no_overlap, skipped,
       failures + iif(has_power OR role = 'positive_control', passed, 0) AS rounds
FROM (SELECT m.campaign_id, m.cell_id, m.role, c.environment_id, c.version, c.night, c.has_power, c.looked_at,
             ifnull(sum(n.rounds) FILTER (WHERE outcome.class = 'pass'), 0) AS passed,
             ifnull(sum(n.rounds) FILTER (WHERE outcome.class = 'failure'), 0) AS failures,
             ifnull(sum(n.rounds) FILTER (WHERE outcome.class = 'no_verdict'), 0) AS no_verdict,
             ifnull(sum(n.rounds) FILTER (WHERE n.outcome = 'no_overlap'), 0) AS no_overlap,
             ifnull(sum(n.rounds) FILTER (WHERE n.outcome = 'skip'), 0) AS skipped
      FROM campaign_cell AS m
      JOIN campaign_pool AS c ON c.campaign_id = m.campaign_id
      LEFT JOIN round_count AS n ON n.campaign_id = m.campaign_id AND n.cell_id = m.cell_id
      LEFT JOIN outcome ON outcome.name = n.outcome
      WHERE m.role <> 'finder'
      GROUP BY m.campaign_id, m.cell_id);

-- Rates. rounds: those that count; without_power: passes that do not, see above. low, high: the 95 % limits
-- that a report shows, two-sided (Clopper-Pearson), or where nothing failed the one-sided upper one, rounded
-- outward to three digits of a per cent. A rate of 0 is known only up to `high`. looked_at: how many of the
-- campaigns a look may have ended; where it is not 0, `mpstress plan` has limits that hold.
CREATE VIEW cell_rate AS
SELECT n.cell_id, cell.device, cell.scenario, cell.params, cell.arm, n.role, n.environment_id, n.version,
       n.campaigns, n.looked_at, n.rounds, n.failures, n.without_power, n.no_verdict, n.no_overlap, n.skipped,
       n.failures * 1.0 / nullif(n.rounds, 0) AS rate,
       iif(n.rounds + n.without_power = 0, 0.0, k.low) AS low,
       iif(n.rounds = 0, 1.0, k.high) AS high
FROM (SELECT cell_id, role, environment_id, version, count(*) AS campaigns, sum(looked_at) AS looked_at,
             sum(rounds) AS rounds, sum(failures) AS failures, sum(passed + failures - rounds) AS without_power,
             sum(no_verdict) AS no_verdict, sum(no_overlap) AS no_overlap, sum(skipped) AS skipped
      FROM pool
      GROUP BY cell_id, role, environment_id, version) AS n
JOIN cell ON cell.id = n.cell_id
LEFT JOIN cell_limit AS k ON k.cell_id = n.cell_id AND k.role = n.role
                         AND k.environment_id = n.environment_id AND k.version = n.version
                         AND k.failures = n.failures AND k.rounds = n.rounds
                         AND k.tried = n.rounds + n.without_power;

-- What each campaign that claims something has shown of each subject, by the rule above: a claim that is tried
-- again is judged by the rounds of all its tries as well. no_verdict: without those that were skipped.
CREATE VIEW claim_try AS
SELECT p.campaign_id, p.cell_id, cell.spec_hash, plan.kind, plan.claim, e.os, e.os_build, e.cpu,
       p.rounds, p.failures, iif(p.has_power, p.no_overlap, 0) AS no_overlap,
       p.no_verdict - p.skipped AS no_verdict
FROM pool AS p
JOIN campaign ON campaign.id = p.campaign_id
JOIN plan ON plan.id = campaign.plan_id
JOIN environment AS e ON e.id = p.environment_id
JOIN cell ON cell.id = p.cell_id
WHERE p.role = 'subject' AND plan.claim IS NOT NULL AND p.passed + p.failures + p.no_verdict > 0;

-- Campaigns that compared arms. Those with the same `question` asked the same of the same cells on the same build
-- of the system: they are judged together, those with the seed of an earlier one once.
CREATE VIEW comparison_try AS
SELECT c.id AS campaign_id, c.started_at, c.night, c.seed,
       plan.claim || ' of ' || ifnull(plan.counts, 'all') || ', ' || e.os || ' ' || e.os_build || ', ' || e.cpu
           || ':' || (SELECT group_concat(' ' || m.cell_id || '/' || m.stratum, '')
                      FROM (SELECT cell_id, stratum FROM campaign_cell
                            WHERE campaign_id = c.id ORDER BY place) AS m) AS question
FROM campaign AS c
JOIN plan ON plan.id = c.plan_id
JOIN environment AS e ON e.id = c.environment_id
WHERE plan.kind IN ('compare', 'compare_all') AND NOT c.is_replay;

-- Every round of a campaign is in exactly one column: planned is the sum of the rest.
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
