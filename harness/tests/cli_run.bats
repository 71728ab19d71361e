# mpstress run on the null device: how it records, what it says, how it ends.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

begin() {
    "$program" "$@" > out 2> err &
    campaign_pid=$!
}

has_ended() {
    local state
    state=$(ps -o stat= -p "$campaign_pid") || true
    [[ -z "$state" || "$state" == Z* ]]
}

end() {
    status=0
    wait_until "the run has ended" has_ended
    wait "$campaign_pid" || status=$?
    campaign_pid=
}

has_rounds() {
    [ "$(query "SELECT count(*) FROM round")" -ge "$1" ]
}

@test "clean rounds are recorded and end with 0" {
    run -0 --separate-stderr "$program" run noop --device null --rounds 7 --db rounds.db
    [ -n "$output" ]
    [[ "$stderr" == *"1 cell, 7 rounds, seed 0x"*rounds.db* ]]
    [ "$(query "SELECT planned, passed, failed FROM balance")" = "7|7|0" ]
    [ "$(query "SELECT state FROM campaign")" = complete ]
    [ "$(query "SELECT group_concat(seq) FROM (SELECT seq FROM round ORDER BY seq)")" = 1,2,3,4,5,6,7 ]
}

@test "a failing subject exits with 1 and is reported once per kind" {
    run --separate-stderr "$program" run noop --device null:fault=segv_null --rounds 3 --db rounds.db
    [ "$status" -eq 1 ]
    [ "$(grep -c 'round [0-9]*: crash in noop' <<< "$stderr")" -eq 1 ]
    [ "$(query "SELECT count(*), min(outcome) FROM round")" = "3|crash" ]
    [ "$(query "SELECT count(*) FROM crash")" = 3 ]
}

@test "without capture a crash is still a crash, and says that capture was off" {
    run --separate-stderr "$program" run noop --device null:fault=segv_null --rounds 2 --capture off --db rounds.db
    [ "$status" -eq 1 ]
    [ "$(query "SELECT outcome, was_traced, untraced, (SELECT count(*) FROM crash_frame) FROM round")" = $'crash|0|off|0\ncrash|0|off|0' ]
    [[ "$output" == *"no stacks: capture was off"*"stacks     none: capture was switched off"* ]]
    run -0 "$program" show round 1 --db rounds.db
    [[ "$output" == *"not traced"*"none: capture was switched off"* ]]
}

# hit_by SIGNAL: a round without capture is hit by a signal of this shell; its outcome and detail.
hit_by() {
    local own=$BASHPID
    "$program" run noop:threads=2,iters=100000 --device null:delay=1ms --rounds 1 --timeout 120s --capture off \
        --db hit.db --quiet > /dev/null 2>&1 &
    wait_until "the round starts" pgrep -P $! -f page-fd
    round=$(pgrep -P $! -f page-fd)
    wait_until "its threads run" eval '[ -n "$(ls "/proc/$round/task" | sed -n 3p)" ]'
    kill "-$1" "$round"
    wait $! || true
    # Its threads may not have been released yet.
    sqlite3 -readonly hit.db "SELECT outcome || ' ' || replace(detail, '$own', 'SELF') FROM round" |
        sed 's/ in phase [a-z_]*//'
    rm -f hit.db*
}

@test "without capture, a signal that somebody sent is broken, with its sender" {
    [ "$(uname)" = Linux ] || skip "looks into /proc"
    for signal in USR1 ALRM TERM; do
        [ "$(hit_by "$signal")" = "broken was killed by SIG$signal, sent by process SELF (bash)" ]
    done
    for signal in SEGV ABRT TRAP; do
        [ "$(hit_by "$signal")" = "broken it was hit by SIG$signal, sent by process SELF (bash)" ]
    done
    [[ "$(hit_by RTMIN)" == "broken was killed by signal "*", sent by process SELF (bash)" ]]
}

@test "without capture, what a round does to itself is a crash or an abort, and said to be its own" {
    for fault in segv_null:crash:SIGSEGV bus:crash:SIGBUS trap:crash:SIGTRAP abort:abort:SIGABRT; do
        IFS=: read -r fault outcome signal <<< "$fault"
        rm -f rounds.db*
        run -1 "$program" run noop --device "null:fault=$fault" --rounds 1 --capture off --db rounds.db
        [ "$(query "SELECT outcome FROM round")" = "$outcome" ]
        [[ "$(query "SELECT detail FROM round")" == "$signal in phase run"* ]]
        [[ "$(query "SELECT detail FROM round")" != *"whether it was sent"* ]]
    done
    # There is no stack left for a handler to note it.
    run -1 "$program" run noop --device null:fault=stack_overflow --rounds 1 --capture off --db rounds.db
    [ "$(query "SELECT outcome || ' ' || detail FROM round ORDER BY id DESC LIMIT 1")" = \
        "crash SIGSEGV in phase run; whether it was sent is not known without capture" ]
}

@test "if the host refuses tracing, the run says so once, and every affected row does" {
    [ "$(uname)" = Linux ] || skip "there is nothing to refuse"
    run --separate-stderr "$MP_BIN/../tests/without_ptrace" "$program" run noop --device null:fault=segv_null \
        --rounds 3 --db rounds.db
    [ "$status" -eq 1 ]
    [ "$(grep -c 'cannot trace.*its crashes and hangs will have no stacks' <<< "$stderr")" -eq 1 ]
    [ "$(query "SELECT DISTINCT outcome, signal, was_traced, untraced FROM round")" = "crash|11|0|refused" ]
    [[ "$output" == *"no stacks: this host refused tracing"*"stacks     none: this host refused tracing"* ]]
    run -0 "$program" show round 2 --db rounds.db
    [[ "$output" == *"not traced"*"none: this host refused tracing"* ]]
    "$program" report --json --db rounds.db > report.json || [ $? -eq 1 ]
    [ "$(query "SELECT json_extract(readfile('report.json'), '\$.cells[0].untraced', '\$.failures[0].newest.untraced')")" = \
        '[{"off":0,"refused":3},"refused"]' ]
    "$program" show round 2 --json --db rounds.db > round.json
    [ "$(query "SELECT json_extract(readfile('round.json'), '\$.round.untraced')")" = refused ]
}

@test "a silent positive control means no power" {
    run --separate-stderr "$program" run noop:role=positive_control --device null:fault=abort,at=9 --rounds 3 --db rounds.db
    [ "$status" -eq 5 ]
}

@test "an absent device is skipped, recorded once a cell, and ends with 4" {
    [ "$(uname)" = Linux ] || skip "Metal may be present here"
    run --separate-stderr "$program" run 'noop:threads=1|2' --device metal --rounds 50 --db rounds.db
    [ "$status" -eq 4 ]
    [[ "$stderr" == *"device 'metal' is absent here: "*"skip"* ]]
    [ "$(query "SELECT count(*), min(outcome), max(outcome) FROM round")" = "2|skip|skip" ]
}

@test "the same seed makes the same rounds in the same order" {
    for db in a.db b.db; do
        "$program" run 'noop:threads=1|2|3' --device null --rounds 4 --seed 0xbeef --db $db --quiet > /dev/null
        query "SELECT seq, seed, params FROM round JOIN cell ON cell.id = cell_id ORDER BY seq" $db > $db.order
    done
    cmp a.db.order b.db.order
    "$program" run 'noop:threads=1|2|3' --device null --rounds 4 --seed 7 --db c.db --quiet > /dev/null
    query "SELECT seq, seed, params FROM round JOIN cell ON cell.id = cell_id ORDER BY seq" c.db > c.db.order
    run ! cmp -s a.db.order c.db.order
    [ "$(query "SELECT seed FROM campaign" a.db)" = 0xbeef ]
}

@test "cells are interleaved: each block holds each cell once" {
    "$program" run 'noop:threads=1|2|3|4' --device null --rounds 5 --db rounds.db --quiet > /dev/null
    [ "$(query "SELECT count(*) FROM (SELECT (seq - 1) / 4 AS block, cell_id FROM round GROUP BY 1, 2)")" = 20 ]
}

@test "--round-seed runs one round of each cell, or --rounds, with exactly that seed" {
    "$program" run 'noop:threads=1|2' --device null --round-seed 0xabc --db rounds.db --quiet > /dev/null
    [ "$(query "SELECT group_concat(seed) FROM round")" = 0xabc,0xabc ]
    "$program" run noop --device null --rounds 20 --round-seed 0xabd --db rounds.db --quiet > /dev/null
    [ "$(query "SELECT count(*) FROM round WHERE seed = '0xabd'")" = 20 ]
}

@test "every parameter and setting is in the cell" {
    "$program" run noop:threads=02 --device null:p=0.50 --rounds 1 --db rounds.db --quiet > /dev/null
    [ "$(query "SELECT json_extract(params, '$.threads') = 2, json_extract(params, '$.q') = 0,
        device LIKE 'null:%p=0.5,%' FROM cell")" = "1|1|1" ]
}

@test "the request and every started round are in the database before a round has ended" {
    begin run 'noop:threads=1|2|3' --device null:fault=hang --timeout 10m --rounds 7 --jobs 2 --seed 5 --db rounds.db
    wait_until "two rounds run" two_are_running
    [ "$(query "SELECT state, os <> '', driver, (SELECT count(*) FROM round) FROM campaign
        JOIN environment ON environment.id = environment_id")" = "running|1||0" ]
    [ "$(query "SELECT place, rounds, title, spec LIKE 'mpstress-spec 1%timeout_ms 600000%' FROM campaign_cell
        ORDER BY place")" = $'0|7|noop:threads=1|1\n1|7|noop:threads=2|1\n2|7|noop:threads=3|1' ]
    [ "$(query "SELECT command, seed, jobs, captures, duration_ns, pid FROM campaign")" = "run|0x5|2|1|0|$campaign_pid" ]
    [ "$(query "SELECT group_concat(position) FROM (SELECT position FROM running ORDER BY 1)")" = 1,2 ]
    kill -INT "$campaign_pid"
    wait_until "the first is told" grep -q interrupted err
    kill -INT "$campaign_pid"
    end
    [ "$(query "SELECT count(*) FROM running")" = 0 ]
    [ "$(query "SELECT planned, lost FROM balance")" = "2|2" ]
}

two_are_running() {
    [ "$(query "SELECT count(*) FROM running")" = 2 ]
}

@test "several jobs run all rounds, each once" {
    "$program" run 'noop:threads=1|2' --device null --rounds 20 --jobs 4 --db rounds.db --quiet > /dev/null
    [ "$(query "SELECT count(*), count(DISTINCT seq), count(DISTINCT seed), count(DISTINCT ifnull(position, seq)),
        (SELECT count(*) FROM running) FROM round")" = "40|40|40|40|0" ]
}

@test "--duration ends a run without a number of rounds" {
    run -0 --separate-stderr "$program" run noop --device null --duration 300ms --db rounds.db
    [ "$(query "SELECT count(*) > 0, max(state) FROM round, campaign")" = "1|complete" ]
}

@test "two runs into one database are two campaigns" {
    "$program" run noop --device null --rounds 2 --db rounds.db --quiet > /dev/null
    MPSTRESS_DB=rounds.db "$program" run noop --device null --rounds 3 --quiet > /dev/null
    [ "$(query "SELECT group_concat(planned) FROM balance")" = 2,3 ]
    [ "$(query "SELECT count(*) FROM cell")" = 1 ]
}

@test "-v reports every round" {
    run -0 --separate-stderr "$program" run noop --device null --rounds 4 -v --db rounds.db
    [ "$(grep -c 'round [1-4]: pass in noop' <<< "$stderr")" -eq 4 ]
}

@test "--quiet prints nothing on stderr, --json only JSON on stdout" {
    run -0 --separate-stderr "$program" run noop --device null --rounds 2 --json --quiet --db rounds.db
    [ -z "$stderr" ]
    printf '%s' "$output" > out.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.command', '$.verdict')")" \
        = '["run","clean_no_control"]' ]
}

@test "without a terminal there is no carriage return and no escape sequence" {
    TERM=xterm "$program" run noop --device null:fault=abort --rounds 2 --db rounds.db > out 2> err || true
    run ! grep -q $'[\r\033]' out err
}

@test "the environment names machine and driver" {
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet > /dev/null
    [ "$(query "SELECT os <> '', gpu || driver <> '', json_extract(facts, '$.cores') > 0,
        json_extract(facts, '$.memory') <> '' FROM campaign JOIN environment
        ON environment.id = environment_id")" = "1|1|1|1" ]
    [ "$(query "SELECT load >= 0 OR load = -1 FROM round")" = 1 ]
}

@test "the command line is recorded so that a shell can repeat it" {
    "$program" run 'noop:threads=1|2' --device null --rounds 1 --db rounds.db --quiet > /dev/null
    [ "$(query "SELECT argv FROM campaign")" = "$program run 'noop:threads=1|2' --device null --rounds 1 --db rounds.db --quiet" ]
}

@test "SIGINT once ends after the running rounds, with the report and 130" {
    begin run noop --device null --duration 10m --db rounds.db
    wait_until "a round is recorded" has_rounds 1
    kill -INT "$campaign_pid"
    end
    cat out err
    [ "$status" -eq 130 ]
    [ -s out ]
    grep -q interrupted err
    [ "$(query "SELECT state, (SELECT count(*) FROM round WHERE outcome = 'lost') FROM campaign")" = "interrupted|0" ]
}

@test "SIGTERM ends the same way with 143" {
    begin run noop --device null --duration 10m --db rounds.db
    wait_until "a round is recorded" has_rounds 1
    kill -TERM "$campaign_pid"
    end
    [ "$status" -eq 143 ]
    [ -s out ]
}

# A round of the campaign has been started (its catalog comes from the same program, without a page).
is_hanging() {
    round_pid=$(pgrep -P "$campaign_pid" -f 'mpstress-round --page-fd')
}

@test "SIGINT twice kills the running rounds, which are recorded as lost" {
    begin run noop --device null:fault=hang --timeout 10m --rounds 3 --db rounds.db
    wait_until "a round hangs" is_hanging
    kill -INT "$campaign_pid"
    wait_until "the first is told" grep -q interrupted err
    kill -0 "$round_pid"
    kill -INT "$campaign_pid"
    end
    cat out err
    [ "$status" -eq 130 ]
    run ! kill -0 "$round_pid"
    [ "$(query "SELECT group_concat(outcome) FROM round")" = lost ]
    [ "$(query "SELECT planned, lost FROM balance")" = "1|1" ]
    grep -q "stopped at once: 1 round is in" err
}

@test "a hang is killed at its deadline and the run continues" {
    run --separate-stderr "$program" run noop --device null:fault=hang --timeout 2s --rounds 2 --db rounds.db
    [ "$status" -eq 1 ]
    [ "$(query "SELECT group_concat(outcome) FROM round")" = hang,hang ]
}

@test "a round that reaches its silence limit hangs long before its deadline" {
    run --separate-stderr "$program" run noop --device null:fault=hang --timeout 10m --silence 1s \
        --rounds 2 --db rounds.db
    [ "$status" -eq 1 ]
    [ "$(query "SELECT group_concat(outcome) FROM round")" = hang,hang ]
    [ "$(query "SELECT count(*) FROM round WHERE detail LIKE 'it made no progress within its silence limit%'")" = 2 ]
    printf 'silence = 9s\n[noop]\nsilence = 950ms\n' > quiet.ini
    "$program" run --suite ./quiet.ini --device null:fault=hang --rounds 1 --timeout 10m --db rounds.db || [ $? -eq 1 ]
    [ "$(query "SELECT count(*) FROM round_text WHERE spec LIKE '%silence_ms 950%'")" = 1 ]
    run ! "$program" run noop --device null --silence 2d --db rounds.db
    [[ "$output" == *"--silence: a silence is at least 1ms and at most 24h"* ]]
}

@test "a hang is compared with the time of the cell's passing rounds" {
    run "$program" run noop --device null:fault=hang,p=0.5 --silence 1s --rounds 6 --seed 7 --db rounds.db
    [ "$status" -eq 1 ]
    first_pass=$(query "SELECT min(seq) FROM round WHERE outcome = 'pass'")
    [ "$(query "SELECT count(*) > 0 FROM round WHERE outcome = 'hang' AND seq > $first_pass")" = 1 ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'hang' AND (detail LIKE
        '%; passing rounds of this cell take % ms (median of the newest %)') <> (seq > $first_pass)")" = 0 ]
}

@test "hangs of many jobs at once are hangs, however long their threads are looked at" {
    run -1 "$program" run noop --device null:fault=deadlock --timeout 1s --jobs 32 --rounds 32 --quiet --db rounds.db
    [ "$(query "SELECT count(*), group_concat(DISTINCT outcome) FROM round")" = "32|hang" ]
    [ "$(query "SELECT count(*) FROM round WHERE detail LIKE '%did not run%'")" = 0 ]
}

@test "a round stopped from outside is not a finding" {
    begin run noop --device null:fault=hang --timeout 2s --rounds 1 --db rounds.db
    wait_until "a round hangs" is_hanging
    kill -STOP "$round_pid"
    end
    [ "$(query "SELECT outcome FROM round")" = broken ]
    [[ "$(query "SELECT detail FROM round")" == *"stopped from outside"* ]]
}

@test "a file that is not a database, or another program's, is refused with 6" {
    head -c 8192 /dev/urandom > rounds.db
    cp rounds.db before
    run --separate-stderr "$program" run noop --device null --db rounds.db
    [ "$status" -eq 6 ]
    [ -z "$output" ]
    [[ "$stderr" == *rounds.db* ]]
    cmp rounds.db before
    sqlite3 other.db "PRAGMA application_id = 7; CREATE TABLE t (a)"
    run --separate-stderr "$program" run noop --device null --db other.db
    [ "$status" -eq 6 ]
    run --separate-stderr "$program" run noop --device null --db "$PWD"
    [ "$status" -eq 6 ]
    run --separate-stderr "$program" run noop --device null --db /proc/rounds.db
    [ "$status" -eq 6 ]
    run --separate-stderr "$program" run noop --device null --db no/such/folder/rounds.db
    [ "$status" -eq 6 ]
    [[ "$stderr" == *no/such/folder* ]]
}

@test "a full disk ends the run with 6 and keeps every committed round" {
    # 3 MiB are enough for the page of a round, and not for the crashes of thousands.
    run --separate-stderr bash -c 'ulimit -f 3072; exec "$@"' - "$program" run noop \
        --device null:fault=segv_null --rounds 100000 --jobs 4 --db rounds.db
    echo "$stderr"
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"committed rounds are safe in"*rounds.db* ]]
    said=$(sed -n 's/.*; \([0-9]*\) committed rounds are safe.*/\1/p' <<< "$stderr")
    [ "$said" -gt 0 ]
    [ "$(sqlite3 rounds.db "PRAGMA integrity_check")" = ok ]
    [ "$(query "SELECT count(*) FROM round")" = "$said" ]
    [ -z "$(pgrep -P 1 -f "$MP_BIN/mpstress-round --page-fd" || true)" ]
}

@test "a control that cannot fail is refused before the first round" {
    local device
    for device in null null:fault=noise null:fault=fork_leak null:fault=gpu_victim null:fault=kill_self \
        null:fault=abort,p=0 metal@model metal@model:reader=U; do
        refused "is a positive control and must fail" "'mpstress list ${device%%:*}'" -- run noop:role=positive_control --device "$device"
    done
    printf '[noop]\n[mm: known race]\nrole = positive_control\n' > mine.ini
    refused "mine.ini:2: " "fault=none" -- run --suite ./mine.ini --device null
    # What it says of those devices is so: no round fails.
    for device in null:fault=noise null:fault=fork_leak null:fault=gpu_victim null:fault=kill_self; do
        run --separate-stderr "$program" run noop --device "$device" --rounds 2 --db harmless.db
        [ "$status" -ne 1 ]
    done
    [ "$(sqlite3 harmless.db "SELECT count(*), sum(failures) FROM pool")" = "4|0" ]
    # A layer that checks calls may object to sound ones of no defect: not refused.
    run --separate-stderr "$program" run noop:role=positive_control --device metal@model:validation=on --rounds 1 --db rounds.db
    [ "$status" -eq 5 ]
}

@test "a fault that only outputs show is refused where there are none, and found where there are" {
    local scenario
    for scenario in $("$program" list --names scenarios); do
        [ "$scenario" != exec ] || continue
        case $scenario in # null has no such calls
        vulkan_misuse | pipeline_churn | library_race | library_reload | leak | shared_buffer_misuse | graph_compile) continue ;;
        blit_fence | event_mix | event_pool | profiler_on | shutdown_race | abandon_encoder | commit_open_encoder) continue ;;
        esac
        [ "$scenario" != sync_storm ] || continue # the fault may strike one of its empty ops
        if [ "$scenario" = noop ]; then
            refused "noop has no outputs to check" "fault=wrong" -- run noop --device null:fault=wrong,p=0.05 --until 'rate<5%@95%'
        else
            run -1 --separate-stderr "$program" run "$scenario" --device null:fault=wrong --rounds 1 --db rounds.db
        fi
    done
    [ "$(query "SELECT DISTINCT outcome FROM round")" = mismatch ]
}
