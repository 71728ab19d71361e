#!/usr/bin/env bats
# The fix libraries as arms of a comparison, on the model.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || exit 1
    program="$MP_BIN/mpstress"
    export LC_ALL=C.UTF-8
    unset MPSTRESS_DB
}

query() {
    sqlite3 -readonly -cmd '.timeout 10000' rounds.db "$1"
}

@test "the race crashes without a library; with one nothing crashes, and work that is missing is seen" {
    for fix in encoder global; do
        rm -f rounds.db*
        run --separate-stderr "$program" compare none fix destroy_impl --fix "$MP_BIN/libfix_$fix.so" \
            --device metal@model:defects=destroy_race,reader=U --rounds 3 --all-rounds --db rounds.db
        echo "$output $stderr"
        [[ "$output" == *"A none"*"B fix="* ]]
        [ "$(query "SELECT count(*) > 0 FROM round JOIN cell ON cell.id = cell_id
            WHERE arm = 'none' AND outcome = 'crash'")" = 1 ]
        [ "$(query "SELECT count(*) FROM round JOIN cell ON cell.id = cell_id WHERE arm <> 'none'")" = 3 ]
        [ "$(query "SELECT count(*) FROM round JOIN cell ON cell.id = cell_id
            WHERE arm <> 'none' AND outcome NOT IN ('pass', 'dropped', 'no_overlap')")" = 0 ]
    done
}

@test "rounds of lawful clients are as clean with a library as without one" {
    for fix in encoder global; do
        rm -f rounds.db*
        run --separate-stderr "$program" run mm event_mix blit_fence encoder_churn --device metal@model \
            --arm fix --fix "$MP_BIN/libfix_$fix.so" --rounds 1 --db rounds.db
        run --separate-stderr "$program" run linear_graph --device mps@model \
            --arm fix --fix "$MP_BIN/libfix_$fix.so" --rounds 1 --db rounds.db
        # On a busy machine threads may fail to meet, which is a pass that shows nothing.
        [ "$(query "SELECT count(*) FROM round WHERE outcome IN ('pass', 'no_overlap')")" = 5 ]
    done
}
