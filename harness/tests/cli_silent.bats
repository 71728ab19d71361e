# Rounds that die silently: their process exits with 0 or nearly so, and they do not pass.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# ends_as OUTCOME PATTERN FAULT: traced and untraced alike, every round is that, with that detail.
ends_as() {
    local capture
    for capture in on off; do
        run --separate-stderr "$program" run noop:threads=3,iters=10,streams=32 --device "null:fault=$3,at=7" \
            --rounds 3 --capture $capture --db "$3-$capture.db"
        [ "$status" -eq 1 ] || { echo "capture $capture: status $status: $stderr"; return 1; }
        said=$(query "SELECT outcome || ': ' || detail FROM round" "$3-$capture.db")
        echo "capture $capture: $said"
        [ "$(grep -c "^$1: .*$2" <<< "$said")" -eq 3 ] || return 1
    done
}

@test "a thread that ends inside a driver call makes the round dropped" {
    ! nm "$MP_BIN/mpstress-round" | grep -q __asan_init || skip "ASan cannot follow pthread_exit up the stack"
    ends_as dropped "vanished inside encode" thread_exit
}

@test "an op that the device never executed makes the round dropped" {
    ends_as dropped "the device executed 29 of 30 ops" drop
}

@test "a process that exits with 0 in the middle of its work is dropped" {
    ends_as dropped "exited with code 0 in phase run" exit_early
}

@test "a process that exits with another code in the middle of its work is dropped" {
    ends_as dropped "exited with code 7 in phase run" exit_code
}

@test "a child that crashed makes the round a crash, although all its own work is right" {
    ends_as crash "a process started by the round crashed; the round exited with code 0" fork_crash
    [ "$(query "SELECT DISTINCT exit_code || '|' || ops_done FROM round" fork_crash-off.db)" = "0|30" ]
}

@test "a process that dies after its last op, on its way out, is a crash" {
    ends_as crash "SIGSEGV in phase done" exit_segv
}
