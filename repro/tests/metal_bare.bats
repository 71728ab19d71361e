#!/usr/bin/env bats
# The bare-Metal programs of the investigation, as cells, on the model with the race.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || exit 1
    export LC_ALL=C.UTF-8
    unset MPSTRESS_DB MPSTRESS_SUITES
}

query() {
    sqlite3 -readonly -cmd '.timeout 10000' rounds.db "$1"
}

@test "no program but the one that breaks the rules fails, and none uses a stale context: they share no encoder" {
    run "$MP_BIN/mpstress" run --suite metal_bare --device metal@model:defects=destroy_race --rounds 1 --db rounds.db
    echo "$output"
    [ "$(query "SELECT group_concat(DISTINCT scenario || ' ' || outcome) FROM round JOIN cell ON cell.id = round.cell_id
        WHERE outcome NOT IN ('pass', 'no_overlap')")" = "shared_buffer_misuse abort" ]
    [ "$(query "SELECT count(*) >= 25, total(json_extract(figures, '\$.stale_uses')) FROM round")" = "1|0.0" ]
}
