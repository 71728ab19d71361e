# Databases that are taken away, files that are not mpstress's, programs that are gone: nothing is said that does not hold.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

has_rounds() {
    [ "$(query "SELECT count(*) FROM round")" -ge 3 ]
}

# takes_away COMMAND...: runs it while a run writes to rounds.db; the run must notice.
takes_away() {
    local status=0
    "$program" run noop --device null:delay=5ms --rounds 200 --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "rounds are recorded" has_rounds
    "$@"
    wait "$campaign_pid" || status=$?
    campaign_pid=
    cat err
    [ "$status" -eq 6 ]
    grep -Eq 'no longer what this run wrote|what this run recorded cannot be read back' err
    run ! grep -E 'CLEAN|are safe' out err
}

remove() {
    rm rounds.db rounds.db-wal rounds.db-shm
}

truncate_log() {
    truncate -s 0 rounds.db-wal
}

@test "a database that is removed during a run is noticed" {
    takes_away remove
}

@test "a database that is moved away during a run is noticed" {
    takes_away mv rounds.db elsewhere.db
}

@test "another database in its place is noticed, and not touched" {
    "$program" run noop --device null --rounds 2 --db other.db
    cp other.db before.db
    takes_away mv other.db rounds.db
    rm -f rounds.db-wal rounds.db-shm
    [ "$(query "SELECT count(*) FROM round")" = 2 ]
}

@test "a log that is truncated during a run is noticed" {
    takes_away truncate_log
}

@test "a database that is overwritten in its place is noticed, and no round is said to be safe" {
    "$MP_BIN/../tests/golden_database" rounds.db unused.db
    "$program" run noop --device null --rounds 3 --quiet --db other.db
    "$program" run noop --device null:delay=5ms --rounds 200 --quiet --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "rounds are recorded" eval '[ "$(query "SELECT count(*) FROM round WHERE campaign_id = 20")" -ge 3 ]'
    cp other.db rounds.db
    status=0
    wait "$campaign_pid" || status=$?
    campaign_pid=
    cat err
    [ "$status" -eq 6 ]
    run ! grep -E 'CLEAN|are safe' out err
}

@test "a database in memory is refused" {
    run --separate-stderr "$program" run noop --device null --rounds 1 --db :memory:
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"kept nowhere"* ]]
    [ ! -e ':memory:' ]
}

@test "a trace is written over nothing but a trace" {
    "$program" run noop --device null:fault=segv_null --rounds 1 --db rounds.db || true
    cp rounds.db before.db
    run --separate-stderr "$program" show crash 1 --db rounds.db --trace rounds.db
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"rounds.db exists and is not a trace"* ]]
    cmp rounds.db before.db
    for part in wal shm journal; do
        run --separate-stderr "$program" show crash 1 --db rounds.db --trace "rounds.db-$part"
        [ "$status" -eq 2 ]
    done
    [[ "$stderr" == *"a file called rounds.db-journal would be taken for a part of the database"* ]]
    [ ! -e rounds.db-journal ]
    "$program" show crash 1 --db rounds.db --trace trace-wal # of no database
    "$program" show crash 1 --db rounds.db --trace trace.json
    "$program" show crash 1 --db rounds.db --trace trace.json
}

@test "a certificate is written over nothing but a certificate, which is told before the hunt" {
    "$program" run noop --device null --rounds 1 --quiet --db other.db
    echo mine > rounds.db.minimized.json
    cp rounds.db.minimized.json notes.txt
    before=$(cksum other.db notes.txt)
    for place in "--certificate other.db" "--certificate notes.txt" "--certificate other.db-wal" "--certificate nowhere/c.json" ""; do
        run -2 --separate-stderr "$program" repro noop --device null:fault=segv_null --minimize --rounds 2 --db rounds.db $place
        echo "$stderr"
        [[ "$stderr" == *"is not a certificate of mpstress"* || "$stderr" == *"a part of the database"* || "$stderr" == *"nothing can be written"* ]]
        [ ! -e rounds.db ]
    done
    [ "$(cksum other.db notes.txt)" = "$before" ]
    rm rounds.db.minimized.json
    "$program" repro noop --device null:fault=segv_null --minimize --rounds 2 --fresh 2 --minimize-rounds 2 --quiet --db rounds.db || true
    [[ "$(cat rounds.db.minimized.json)" == '{"minimized":{"format":'* ]]
}

@test "a round program that is gone ends the run after a few tries, with the reason" {
    mkdir bin
    cp "$MP_BIN"/mpstress "$MP_BIN"/mpstress-round bin/
    bin/mpstress run noop --device null:delay=5ms --duration 60s --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "rounds are recorded" has_rounds
    mv bin/mpstress-round bin/gone
    status=0
    wait "$campaign_pid" || status=$?
    campaign_pid=
    cat err
    [ "$status" -eq 6 ]
    grep -q 'could not be started 5 times in a row.*mpstress-round' err
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'broken'")" = 5 ]
}

@test "an order that no round can read is refused before the campaign is written" {
    # A round program with a setting that a line of an order cannot hold.
    cat > blank << 'END'
#!/bin/bash
"$MP_BIN/mpstress-round" "$@" | sed 's/none|segv_null|/none|a b|segv_null|/'
END
    chmod +x blank
    export MPSTRESS_ROUND="$PWD/blank" MP_BIN
    run --separate-stderr "$program" run noop --device 'null:fault=a b' --rounds 1 --db rounds.db
    echo "$stderr"
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"the order of a round:2: the device has byte 0x20"* ]]
    [ "$(query "SELECT (SELECT count(*) FROM campaign) + (SELECT count(*) FROM plan)")" = 0 ]
}

@test "worker threads that cannot be started are said to be the reason" {
    ! nm "$program" | grep -Eq '__[at]san_init' || skip "a sanitizer needs more memory"
    [ "$(uname)" = Linux ] || skip "the limit is of Linux"
    (ulimit -v 40000; "$program" run noop:threads=64 --device null --rounds 1 --db rounds.db) || true
    query "SELECT outcome, detail FROM round"
    [[ "$(query "SELECT outcome, detail FROM round")" == "broken|"*"cannot start worker"* ]]
}

@test "names in a database are data: nothing of them runs in merge or in a shell" {
    "$program" run noop --device null:fault=segv_null --rounds 1 --db into.db || true
    "$program" run noop --device null --rounds 1 --db from.db
    sqlite3 into.db "CREATE TABLE \"a(b);COMMIT;ATTACH '$PWD/made.db' AS z;CREATE TABLE z.t(a)--\" (id INTEGER PRIMARY KEY, x TEXT)"
    run -0 "$program" merge into.db from.db
    [ ! -e made.db ]
    [ "$(query "SELECT count(*) FROM round" into.db)" = 2 ]
    sqlite3 into.db "UPDATE round SET seed = 'x; touch made' WHERE outcome = 'crash'"
    run -0 "$program" show crash 1 --db into.db
    [[ "$output" == *"--round-seed 'x; touch made'"* ]]
}

@test "an outcome that this mpstress does not know is shown, and counts for nothing" {
    "$program" run noop --device null:fault=segv_null --rounds 2 --db rounds.db --quiet > out || true
    sqlite3 rounds.db "PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF; UPDATE round SET outcome = 'melted' WHERE seq = 1"
    for format in text json csv markdown junit; do
        "$program" report --format "$format" --db rounds.db > out || [ $? -le 6 ]
    done
    run -0 "$program" show round 1 --db rounds.db
    [[ "$output" == *"melted"* ]]
    run "$program" report --db rounds.db
    [ "$status" -le 6 ]
}
