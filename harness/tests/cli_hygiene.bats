# mpstress is killed at all kinds of moments: nothing of it or its rounds is left, and the next run works.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

setup_file() {
    [ -r /proc/self/environ ] || skip "processes are found by their environment in /proc"
}

# Every process that is started from here carries this, whatever becomes of its parents.
mark() {
    export MP_HYGIENE="$BATS_TEST_TMPDIR-$1"
    export TMPDIR="$BATS_TEST_TMPDIR/tmp-$1"
    mkdir "$TMPDIR"
}

marked() {
    grep -lzsxF "MP_HYGIENE=$MP_HYGIENE" /proc/[0-9]*/environ | sed 's|/proc/||; s|/environ||' | grep -vx "$BASHPID" || true
}

# Of this shell's own helpers only grep and sed carry the mark, and they are gone when the list is read.
nothing_lives() {
    local pid
    for pid in $(marked); do
        [ "$pid" = "$$" ] || ! is_ours "$pid" || return 1
    done
}

is_ours() {
    case "$(readlink "/proc/$1/exe" 2> /dev/null)" in
    */mpstress | */mpstress-round | */mpstress\ * | */mpstress-round\ *) return 0 ;;
    *) return 1 ;;
    esac
}

# begin OPTION...: rounds that pass, crash, hang, and leave a process behind that ignores SIGTERM and holds stderr.
begin() {
    mkfifo "pipe-$run"
    "$program" run 'noop:threads=2' --device null --device null:fault=segv_null --device null:fault=hang \
        --device null:fault=fork_leak --timeout 300ms --rounds 100 --seed "$run" --db rounds.db -v "$@" \
        > /dev/null 2> "pipe-$run" &
    campaign_pid=$!
    exec 9< "pipe-$run"
}

# kill_now: then looks at what is left.
kill_now() {
    kill -KILL "$campaign_pid"
    wait "$campaign_pid" || true
    campaign_pid=
    exec 9<&-
    wait_until "nothing of it lives" nothing_lives
    [ -z "$(ls -A "$TMPDIR")" ]
    [ "$(ls -A /dev/shm | grep -c mpstress || true)" = 0 ]
    "$program" doctor --db rounds.db > doctor.out || { cat doctor.out; return 1; }
}

# read_lines N: the first one tells of what begins.
read_lines() {
    local line count
    for ((count = 0; count < $1; count++)); do
        read -r line <&9
    done
}

goes_on() {
    mark after
    "$program" run noop --device null --rounds 2 --db rounds.db --quiet > /dev/null
    [ "$(query "SELECT count(*) FROM running")" = 0 ]
    [ "$(query "SELECT count(*) FROM campaign WHERE state = 'running'")" = 0 ]
    [ "$(query "SELECT count(*) FROM balance WHERE planned <> passed + failed + no_verdict + lost")" = 0 ]
    run -0 "$program" doctor --db rounds.db
}

@test "killed after any of its rounds, traced: nothing is left" {
    for run in 1 2 4 9; do
        mark "$run"
        begin --jobs $((run % 3 + 1))
        read_lines "$run"
        kill_now
    done
    goes_on
}

@test "killed after any of its rounds, untraced: nothing is left" {
    for run in 1 2 4 9; do
        mark "$run"
        begin --jobs $((run % 3 + 1)) --capture off
        read_lines "$run"
        kill_now
    done
    goes_on
}

# Wherever these moments fall: in a start, in reading a crash, between two looks at a hang, in clearing away.
@test "killed at arbitrary moments: nothing is left" {
    for run in 1 2 3 4 5 6 7; do
        mark "$run"
        begin --jobs 3
        read_lines 1
        sleep "0.$(printf %03d $((run * run * 37 % 400)))"
        kill_now
    done
    goes_on
}

@test "a round whose surviving child holds its output spoils no other round" {
    mark leak
    "$program" run noop --device null --device null:fault=fork_leak --rounds 6 --jobs 2 --timeout 20s --db rounds.db \
        --quiet > /dev/null
    [ "$(query "SELECT count(*), min(outcome), max(outcome), sum(leaked) FROM round")" = "12|pass|pass|6" ]
    nothing_lives
    [ -z "$(ls -A "$TMPDIR")" ]
}
