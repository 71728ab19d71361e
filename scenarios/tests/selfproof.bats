#!/usr/bin/env bats
# The delivered suites end to end, on the model: subjects are clean, planted defects are found, and
# a control that stays silent is noticed.
# SPDX-License-Identifier: Apache-2.0

setup() {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' ||
        skip "a sanitizer meets the planted races in its own way"
    db="$BATS_TEST_TMPDIR/rounds.db"
    cd "$BATS_TEST_TMPDIR" || exit 1
}

# outcomes SCENARIO ROLE: the words that its rounds ended with, without rounds that had no overlap.
outcomes() {
    sqlite3 "$db" "SELECT DISTINCT round.outcome FROM round JOIN cell ON cell.id = round.cell_id
        JOIN campaign_cell ON campaign_cell.cell_id = cell.id
        WHERE cell.scenario = '$1' AND campaign_cell.role = '$2' AND outcome <> 'no_overlap'
        ORDER BY 1"
}

@test "the smoke suite is clean on the model and its race is found where the driver's was" {
    # As on a machine without lavapipe: lavapipe.bats is about that.
    MPSTRESS_LAVAPIPE=/no/such/driver.so run "$MP_BIN/mpstress" run --suite smoke --device metal@model --rounds 8 \
        --db "$db" --quiet
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"left out   6 cells on vulkan@lavapipe, which is absent here"* ]]
    [ "$(outcomes destroy_impl positive_control)" = crash ]
    [ "$(outcomes destroy_impl negative_control)" = pass ]
    [ "$(outcomes single_thread negative_control)" = pass ]
    for scenario in mm linear_nograph layernorm contiguous oversubscribe; do
        [ "$(outcomes "$scenario" subject)" = pass ]
    done
    [ "$(sqlite3 "$db" "SELECT count(*) FROM crash")" = 8 ]
    [ "$(sqlite3 "$db" "SELECT count(*) FROM crash
        WHERE fault_address NOT IN ('0x98', '0x184', '0x5c8', '0x5f4')")" = 0 ]
}

# of_defect NAME COLUMN [CLIENT]: the different values of a column in the rounds of the cell that must find the defect.
of_defect() {
    sqlite3 "$db" "SELECT group_concat(DISTINCT $2) FROM round JOIN cell ON cell.id = round.cell_id
        JOIN campaign_cell cc ON cc.cell_id = cell.id LEFT JOIN crash ON crash.round_id = round.id
        WHERE cc.role = 'positive_control' AND outcome <> 'no_overlap' AND cell.device LIKE '${3:-metal}@model:defects=$1,%'"
}

@test "every defect of the model is found by the scenario made for it, and none where there is none" {
    run "$MP_BIN/mpstress" run --suite controls --rounds 2 --db "$db" --quiet
    echo "$output"
    [ "$status" -eq 0 ]
    checked=0
    while read -r outcome names; do
        for defect in $names; do
            # Graphs are what MPS alone has.
            client=metal
            case $defect in kernel_dag) continue ;; assert_kernel_dag) client=mps ;; esac
            signatures=$(of_defect "$defect" round.signature_id $client)
            echo "$defect: $(of_defect "$defect" outcome $client), not $outcome; signatures $signatures"
            [ "$(of_defect "$defect" outcome $client)" = "$outcome" ]
            checked=$((checked + 1))
            [ "$defect" != destroy_race ] || continue
            # A bucket of its own: one signature, which no other of them has. Whether one that slows down made
            # progress in the moment between two looks is chance.
            [ "$defect" = slow_degradation ] || [[ "$signatures" != *,* ]]
            tr , '\n' <<< "$signatures" >> signatures
        done
    done < <(grep -v '^#' "$MP_SOURCE/scripts/matrix.d/outcomes")
    # What MPS alone has: graphs, and kernel objects of its own.
    [ "$(of_defect kernel_dag outcome mps)" = abort ]
    [ "$(sqlite3 "$db" "SELECT min(stderr LIKE '%Invalid KernelDAG, Number of core ops should be 1%')
        FROM round_text JOIN round ON round.id = round_id JOIN cell ON cell.id = cell_id
        WHERE outcome = 'abort' AND scenario = 'graph_compile'")" = 1 ]
    [ "$(of_defect nograph_shared outcome mps)" = crash ]
    [ "$(of_defect nograph_shared fault_address mps)" = 0x40 ]
    [ "$((checked + 1))" -eq "$(model_defects | wc -w)" ]
    [ "$(sort -u signatures | wc -l)" -eq "$(wc -l < signatures)" ]
    # Without a lock in commit, the released encoder is sent one more message, by the method that released it.
    # (Where the two committers do not meet in time, one commits what is committed: none of 78 rounds at a load of 13 on two cores.)
    "$MP_BIN/mpstress" run destroy_impl:stream=pytorch_2_9,window=f,hold=op --rounds 8 --db unlocked.db --quiet \
        --device metal@model:commit=unlocked,rendezvous=on > out || [ $? = 1 ]
    [ "$(sqlite3 unlocked.db "SELECT count(*) >= 7 FROM crash JOIN signature s ON s.id = signature_id
        WHERE title GLOB '*FamilyCommandBuffer commitEncoder*'")" = 1 ]
    # Each known message of Metal has its name, and every fault at a known field its offset.
    [ "$(sqlite3 "$db" "SELECT count(*) FROM signature WHERE key LIKE 'SIGABRT%' AND title NOT GLOB 'SIGABRT (*'")" = 0 ]
    for offset in 0x5c8 0x98 0x184 0x5f4 0x3b90 0x1e0 0x78; do
        [ "$(of_defect "null_$offset" fault_address)" = $offset ]
    done
    for scenario in abandon_encoder commit_open_encoder; do
        [ "$(outcomes "$scenario" positive_control)" = abort ]
        [ "$(outcomes "$scenario" negative_control)" = pass ]
    done
    for scenario in destroy_impl contiguous linear_nograph graph_compile mm layernorm queue_churn event_mix event_pool; do
        [ "$(outcomes "$scenario" negative_control)" = pass ]
    done
}

# model_defects: their names, as the model's device offers them.
model_defects() {
    "$MP_BIN/mpstress-round" --describe | awk -F'\t' '
        $1 == "device" { device = $2 }
        $1 == "row" && $2 == "defects" && device == "metal@model" { print $11; exit }' | tr '|' ' '
}

@test "the controls suite has a control for every defect that the model offers" {
    [ -n "$(model_defects)" ]
    for defect in $(model_defects); do
        grep -Eq "^device = (metal|mps)@model:defects=$defect(,|\$)" "$MP_SOURCE/scenarios/suites/controls.ini"
    done
}

@test "the smoke suite whose race cannot strike has no power" {
    sed '/defects=destroy_race/a q = 0' "$MP_SOURCE/scenarios/suites/smoke.ini" >silent.ini
    run "$MP_BIN/mpstress" run --suite ./silent.ini --device metal@model --rounds 3 --db "$db" --quiet
    echo "$output"
    [ "$status" -eq 5 ]
}

@test "the smoke suite without its race is refused" {
    sed 's/defects=destroy_race,//' "$MP_SOURCE/scenarios/suites/smoke.ini" >without.ini
    run "$MP_BIN/mpstress" run --suite ./without.ini --device metal@model --rounds 3 --db "$db" --quiet
    echo "$output"
    [ "$status" -eq 2 ]
    [[ "$output" == *"without.ini:"*"is a positive control and must fail"*"defects=none"* ]]
}
