# run --scaling: speed against threads, warmed up, and samples against samples.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

@test "a page has limits of the efficiency, and no power of ten in speeds" {
    "$program" run --scaling 'mm:threads=1|2,iters=20' --device metal@model --rounds 8 --db rounds.db --quiet > report.txt || [ $? -eq 3 ]
    # Whether threads met is the machine's: rounds in which they did not are made passes, so that there are pairs.
    sqlite3 rounds.db "UPDATE round SET outcome = 'pass' WHERE outcome = 'no_overlap'"
    "$program" report --format html --db rounds.db --output page.html || [ $? -eq 3 ]
    [ "$(grep -oE '[0-9]+ % \[[0-9]+, [0-9]+\]</td>' page.html | wc -l)" -eq 2 ]
    grep -q '100 % \[100, 100\]</td>' page.html
    run ! grep -qE '>[0-9.]+e\+[0-9]+ \[' page.html
    # Three blocks give no limits, and no figure stands without that being said.
    "$program" run --scaling 'mm:threads=1|2,iters=1' --device null --rounds 3 --db few.db --quiet > report.txt || [ $? -eq 3 ]
    sqlite3 few.db "UPDATE round SET outcome = 'pass' WHERE outcome = 'no_overlap'"
    "$program" report --format html --db few.db --output page.html || [ $? -eq 3 ]
    [ "$(grep -o '[0-9] %* *\[limits unknown\]</td>' page.html | wc -l)" -eq 4 ]
    grep -q 'CLEAN, NO CONTROL' page.html
}

@test "a list of thread counts gives a curve in every format, of rounds that warmed up" {
    run --separate-stderr "$program" run --scaling 'mm:threads=1|2,iters=40,n=8' --device metal@model --rounds 7 --db rounds.db
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ] # two threads may not have met on a busy machine
    [[ "$output" == *$'\nScaling\n'* ]]
    [[ "$output" == *"efficiency"* ]]
    [ "$(query "SELECT DISTINCT json_extract(params, '$.warm') FROM cell")" = on ]
    # What warmed up is in no count.
    [ "$(query "SELECT count(*) FROM round WHERE ops_done = ops_planned AND ops_device = ops_planned")" = 14 ]
    [[ "$output" == *"ops        840 of 840 planned ran and were right"* ]]
    [[ "$output" == *"% of the threads' time inside the driver, "* ]]
    # Nobody spends more time than there is.
    [ "$(query "SELECT count(*) FROM round WHERE json_extract(figures, '$.driver_ns') > 0 AND json_extract(figures, '$.wait_ns') > 0
        AND json_extract(figures, '$.driver_ns') + json_extract(figures, '$.wait_ns') <= run_ns * threads_started")" = 14 ]
    run "$program" report --json --db rounds.db
    [[ "$output" == *'"right":840'* ]]
    [[ "$output" == *'"efficiency_low":'* ]]
    run "$program" report --format markdown --db rounds.db
    [[ "$output" == *"| threads | ops/s | speed-up | efficiency |"* ]]
}

@test "batches stand beside threads in samples" {
    run --separate-stderr "$program" run --scaling 'batch:threads=1|2,n=1|4,iters=40' --device metal@model --rounds 3 --db rounds.db
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ] # two threads may not have met on a busy machine
    [[ "$output" == *"Batching against threading, in samples"* ]]
    [[ "$output" == *"samples/s, the base"* ]]
}

@test "what cannot be measured so is refused in words" {
    run -2 --separate-stderr "$program" run --scaling mm --device null
    [[ "$stderr" == *"--scaling: mm has nothing that grows: give a list of thread counts, as in 'mm:threads=1|2|4|8'"* ]]
    run -2 --separate-stderr "$program" run --scaling 'mm:threads=1|2' --device null --jobs 2
    [[ "$stderr" == *"--scaling needs --jobs 1: rounds that run side by side take each other's time"* ]]
    run -2 --separate-stderr "$program" run --scaling 'mm:threads=1|2' --device null --night
    [[ "$stderr" == *"--scaling and --night cannot be combined"* ]]
    run -2 --separate-stderr "$program" run --scaling 'mn:threads=1|2' --device null
    [[ "$stderr" == *"'mn'"* ]]
}
