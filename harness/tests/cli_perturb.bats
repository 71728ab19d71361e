#!/usr/bin/env bats
# Perturbed rounds: recorded, repeated from their seed, never mixed with plain ones.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

@test "every perturbation runs, says what it did, and is a cell of its own" {
    "$program" run "mm:threads=3,iters=10,n=8,perturb=none|gate|delay|pair|freeze|priority|load|delay+pair+freeze" \
        --device metal@model --rounds 2 --seed 1 --quiet --db rounds.db > report || [ $? -eq 3 ] # no overlap, on a busy machine
    [ "$(sqlite3 rounds.db "SELECT count(*) FROM round WHERE outcome IN ('pass', 'no_overlap')")" = 16 ]
    [ "$(sqlite3 rounds.db "SELECT count(DISTINCT spec_hash) FROM cell")" = 8 ]
    grep -q 'perturb=delay+pair+freeze' report
    [ "$(sqlite3 rounds.db "SELECT total > 0 FROM cell_figure JOIN cell ON cell.id = cell_id
        WHERE name = 'perturbed' AND json_extract(params, '\$.perturb') = 'freeze'")" = 1 ]
    [ "$(sqlite3 rounds.db "SELECT count(*) FROM cell_figure JOIN cell ON cell.id = cell_id
        WHERE name LIKE 'perturb%' AND json_extract(params, '\$.perturb') IS NULL")" = 0 ]
}

@test "perturb=none is the plain cell" {
    "$program" run noop --device null --rounds 1 --quiet --db rounds.db > /dev/null
    "$program" run 'noop:perturb=none' --device null --rounds 1 --quiet --db rounds.db > /dev/null
    [ "$(sqlite3 rounds.db "SELECT count(*) FROM cell")" = 1 ]
    [ "$(sqlite3 rounds.db "SELECT count(*) FROM cell WHERE params LIKE '%perturb%'")" = 0 ]
}

@test "a perturbed round is repeated from its seed, with the same delays" {
    "$program" run 'mm:threads=2,iters=20,n=4,perturb=delay' --device null --rounds 3 --seed 4 --quiet --db rounds.db > /dev/null || [ $? -eq 3 ]
    seed=$(sqlite3 rounds.db "SELECT seed FROM round ORDER BY json_extract(figures, '\$.perturbed') DESC LIMIT 1")
    "$program" run 'mm:threads=2,iters=20,n=4,perturb=delay' --device null --round-seed "$seed" --rounds 3 --replay \
        --quiet --db rounds.db > report || [ $? -eq 3 ]
    grep -q 'of 3 rounds under this signature' report
    [ "$(sqlite3 replay.db "ATTACH 'rounds.db' AS first; SELECT count(DISTINCT json_extract(figures, '\$.perturbed_ns')) FROM
        (SELECT figures FROM main.round UNION ALL SELECT figures FROM first.round WHERE seed = '$seed')")" = 1 ]
}

@test "a night takes no perturbed rounds" {
    run -2 "$program" run 'noop:perturb=load' --device null --rounds 1 --night --db rounds.db
    [[ "$output" == *"is perturbed"* ]]
    [ ! -e rounds.db ]
}
