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

@test "every defect of the model is found by the scenario made for it, and none where there is none" {
    run "$MP_BIN/mpstress" run --suite controls --rounds 3 --db "$db" --quiet
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(outcomes destroy_impl positive_control)" = crash ]
    [[ "$(outcomes contiguous positive_control)" == mismatch* ]]
    [ "$(outcomes linear_nograph positive_control)" = abort ]
    # An assertion has the name of the method that failed it, and says what it says.
    [ "$(sqlite3 "$db" "SELECT DISTINCT title GLOB '*tryCoalescingPreviousComputeCommandEncoder*'
        FROM signature JOIN crash ON signature_id = signature.id WHERE kind = 'abort'")" = 1 ]
    [ "$(sqlite3 "$db" "SELECT min(stderr LIKE '%A command encoder is already encoding to this command buffer%')
        FROM round_text JOIN round ON round.id = round_id WHERE outcome = 'abort'")" = 1 ]
    [ "$(outcomes mm positive_control)" = "$(printf 'dropped\nhang')" ]
    for scenario in destroy_impl contiguous linear_nograph mm; do
        [ "$(outcomes "$scenario" negative_control)" = pass ]
    done
}

@test "the controls suite has a control for every defect that the model offers" {
    defects=$("$MP_BIN/mpstress-round" --describe | awk -F'\t' '
        $1 == "device" { device = $2 }
        $1 == "row" && $2 == "defects" && device == "metal@model" { print $11; exit }')
    [ -n "$defects" ]
    for defect in $(printf '%s\n' "$defects" | tr '|' ' '); do
        grep -Eq "^device = metal@model:defects=$defect(,|\$)" "$MP_SOURCE/scenarios/suites/controls.ini"
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
