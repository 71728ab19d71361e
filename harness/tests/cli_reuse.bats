# Several rounds in one process: everything of a round is as in a process of its own.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# what FILE: each round's seed, outcome and counts, whatever their order.
what() {
    query "SELECT seed, replace(outcome, 'no_overlap', 'pass'), signal, ops_planned, ops_done, ops_wrong, max_overlap > 0, leaked FROM round ORDER BY seed" "$1"
}

turns() {
    query "SELECT group_concat(turn) FROM (SELECT turn FROM round ORDER BY ifnull(position, seq))" "${1:-rounds.db}"
}

same_as_alone() { # JOBS ARGUMENT...
    local jobs=$1
    shift
    run "$program" run "$@" --seed 7 --db alone.db
    run "$program" run "$@" --seed 7 --reuse 5 --jobs "$jobs" --db rounds.db
    what alone.db > alone
    what rounds.db > together
    diff alone together
}

@test "rounds of one process have the seeds, results and records of rounds alone" {
    same_as_alone 1 'mm:iters=3,n=8|12' --device null --rounds 12
    [ "$(query "SELECT max(turn), count(DISTINCT pid) FROM round")" = "5|6" ]
    [ "$(query "SELECT count(DISTINCT cell_id) FROM round GROUP BY pid ORDER BY 1 DESC LIMIT 1")" = 1 ]
    [ "$(query "SELECT group_concat(exit_kind || n) FROM (SELECT exit_kind, count(*) AS n FROM round GROUP BY 1)")" = "code4,kept20" ]
    [ "$(query "SELECT count(*) FROM round WHERE module_set_id IS NULL OR driver_id IS NULL OR run_ns IS NULL")" = 0 ]
    [ "$(query "SELECT max(turn) FROM round" alone.db)" = 1 ]
    run "$program" report --db alone.db
    [[ "$output" != *"shared processes"* ]]
}

@test "after anything but a pass comes a fresh process, and the k-th round is captured like the first" {
    same_as_alone 1 noop --device null:fault=segv_null,p=0.2 --rounds 40
    [ "$(query "SELECT count(*) > 1 FROM round WHERE outcome = 'crash' AND turn > 1")" = 1 ]
    [ "$(query "SELECT count(*) FROM round AS r JOIN round AS later ON later.seq = r.seq + 1 WHERE r.outcome = 'crash' AND later.turn <> 1")" = 0 ]
    [ "$(query "SELECT count(DISTINCT pid) FROM round WHERE outcome = 'crash'")" = "$(query "SELECT count(*) FROM round WHERE outcome = 'crash'")" ]
    [ "$(query "SELECT count(DISTINCT signature_id), count(*) FROM crash")" = "1|$(query "SELECT count(*) FROM round WHERE outcome = 'crash'")" ]
    [ "$(query "SELECT count(*) FROM crash WHERE fault_address IS NULL OR id NOT IN (SELECT crash_id FROM crash_frame)")" = 0 ]
    for fault in abort drop fork_leak fork_crash; do
        rm -f alone.db rounds.db
        same_as_alone 1 noop --device "null:fault=$fault,p=0.5" --rounds 14
        [ "$(query "SELECT count(*) FROM round AS r JOIN round AS later ON later.seq = r.seq + 1 WHERE (r.outcome <> 'pass' OR r.leaked > 0) AND later.turn <> 1")" = 0 ]
        [ "$(query "SELECT count(DISTINCT outcome || leaked) FROM round")" = 2 ]
    done
    # What a process does when it exits is seen after its last round.
    run -1 "$program" run noop --device null:fault=exit_segv --rounds 6 --reuse 3 --db exit.db
    [ "$(query "SELECT group_concat(turn || outcome) FROM (SELECT turn, outcome FROM round ORDER BY seq)" exit.db)" = "1pass,2pass,3crash,1pass,2pass,3crash" ]
}

@test "a real driver's device and the model's stay open from round to round, and the rounds are the same" {
    export MPSTRESS_MODEL="$MP_BIN/../tests/counted_model.so" MODEL_OPENINGS="$PWD/openings"
    [ -f "$MPSTRESS_MODEL" ] || skip "the model is not built"
    same_as_alone 1 'mm:iters=3,n=8,threads=2' --device metal@model --rounds 12
    [ "$(query "SELECT group_concat(DISTINCT iif(outcome = 'no_overlap', 'pass', outcome)) FROM round")" = pass ]
    # Once for each process, beside what the command itself opens to see what is there.
    rm openings
    run "$program" run 'mm:iters=3,n=8,threads=2' --device metal@model --rounds 12 --db fresh.db
    itself=$(($(wc -l < openings) - 12))
    rm openings
    run "$program" run 'mm:iters=3,n=8,threads=2' --device metal@model --rounds 12 --reuse 5 --db again.db
    [ "$(wc -l < openings)" = "$((itself + $(query "SELECT count(DISTINCT pid) FROM round" again.db)))" ]
    [ "$(query "SELECT max(turn) FROM round" again.db)" = 5 ]
    # What the device counts is the round's own.
    [ "$(query "SELECT count(*) FROM round WHERE ops_device <> ops_planned OR driver_id IS NULL" again.db)" = 0 ]
    unset MPSTRESS_MODEL
    rm -f alone.db rounds.db
    "$MP_BIN/mpstress-round" --describe-device vulkan@lavapipe | grep -q $'^device\tvulkan@lavapipe\t1' || return 0
    export MPSTRESS_LOCK="$PWD/gpu.lock"
    same_as_alone 2 'mm:iters=3,n=8|16,threads=2' --device vulkan@lavapipe --rounds 6
    [ "$(query "SELECT count(*) FROM round WHERE turn > 1 AND outcome IN ('pass', 'no_overlap')")" -gt 0 ]
    [ "$(query "SELECT count(*) FROM round WHERE ops_device <> ops_planned OR ops_planned <> 6 OR driver_id IS NULL")" = 0 ]
}

@test "several at a time are the same rounds" {
    same_as_alone 3 'noop:threads=1|2' --device null:fault=segv_null,p=0.2 --rounds 30
    [ "$(query "SELECT max(turn) BETWEEN 2 AND 5 FROM round")" = 1 ]
}

@test "a hang in a later round is sampled, ends its process and only that" {
    same_as_alone 1 noop --device null:fault=hang,p=0.25 --rounds 16 --timeout 300ms
    [ "$(query "SELECT count(*) > 0 FROM round WHERE outcome = 'hang' AND turn > 1")" = 1 ]
    [ "$(query "SELECT count(*) FROM crash WHERE kind = 'hang'")" = "$((2 * $(query "SELECT count(*) FROM round WHERE outcome = 'hang'")))" ]
    # Each round has a deadline of its own: together they take much longer than one.
    run -0 "$program" run noop:iters=80,threads=1 --device null:delay=5ms --timeout 2s --reuse 8 --rounds 6 --db slow.db
    [ "$(turns slow.db)" = 1,2,3,4,5,6 ]
    [ "$(query "SELECT sum(wall_ns) > 2e9 FROM round" slow.db)" = 1 ]
}

@test "an interrupted run resumes with the same rounds, and nothing is left of it" {
    "$program" run noop --device null:delay=5ms --rounds 60 --seed 7 --db alone.db --quiet > out
    "$program" run noop --device null:delay=5ms --rounds 60 --seed 7 --reuse 8 --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "rounds are recorded" sh -c "[ \$(sqlite3 -readonly -cmd '.timeout 10000' rounds.db 'SELECT count(*) FROM round') -gt 3 ]"
    kill -INT "$campaign_pid"
    wait "$campaign_pid" || true
    [ "$(query "SELECT count(*) < 60 FROM round")" = 1 ]
    "$program" run --resume --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "rounds follow" sh -c "[ \$(sqlite3 -readonly -cmd '.timeout 10000' rounds.db 'SELECT state FROM campaign') = running ]"
    kill -KILL "$campaign_pid"
    wait "$campaign_pid" || true
    campaign_pid=
    run "$program" run --resume --db rounds.db
    [ "$(query "SELECT count(*), count(DISTINCT seed), max(turn) FROM round")" = "60|60|8" ]
    diff <(query "SELECT seed FROM round ORDER BY 1" alone.db) <(query "SELECT seed FROM round ORDER BY 1")
    for pid in $(query "SELECT DISTINCT pid FROM round"); do
        run ! grep -a mpstress-round "/proc/$pid/cmdline" # empty of one that is only not reaped
    done
}

@test "one that is told of asks for it: no claim, night, program or replay takes reused rounds by itself" {
    refused "rounds of one process may depend" "--reuse-claim" -- run noop --device null --reuse 5 --until 'rate<5%'
    refused "--reuse and --night" -- run noop --device null --reuse 5 --night
    refused "--reuse and --round-seed" -- run noop --device null --reuse 5 --round-seed 1
    refused "a program of yours is a process of its own" -- run --exec true --reuse 5
    refused "--reuse-claim is for" -- run noop --device null --reuse-claim
    refused "reuse" -- compare none serial noop --device null --reuse 5
    run -0 "$program" run noop --device null --reuse 5 --until 'rate<20%' --reuse-claim --db claim.db
    [[ "$output" == *"Rounds shared processes"* ]]
    run -0 "$program" run noop --device null --reuse 10 --rounds 20 --db rounds.db
    [ "$(query "SELECT count(*) FROM cell_rate")" = 0 ]
    run -0 "$program" run noop --device null --rounds 4 --db rounds.db
    [ "$(query "SELECT rounds FROM cell_rate")" = 4 ]
}

@test "the report says whether later rounds fail more often, in every format, and a replay that it is alone" {
    run "$program" run noop --device null:fault=segv_null,p=0.1 --reuse 10 --rounds 60 --seed 3 --db rounds.db
    [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"no dependence is shown, which is not to show that there is none"* ]]
    id=$(query "SELECT id FROM round WHERE outcome = 'crash' AND turn > 1 LIMIT 1")
    run -0 "$program" show round "$id" --db rounds.db
    [[ "$output" == *"round $(query "SELECT turn FROM round WHERE id = $id") of its process"* ]]
    [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"this repeats it alone, in a fresh one"* ]]
    run -0 "$program" show round "$id" --json --db rounds.db
    [[ "$output" == *'"turn"'* ]]
    sqlite3 rounds.db "UPDATE round SET outcome = iif(turn > 1, 'mismatch', 'pass')"
    for format in text markdown junit; do
        run "$program" report --format $format --db rounds.db
        [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"rounds of one process depend on each other"* ]]
    done
    run "$program" report --json --db rounds.db
    [[ "$output" == *'"rounds_per_process":10'* ]]
}
