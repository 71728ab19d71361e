#!/usr/bin/env bats
# Sensitivity: libraries that are whole but for one mechanism, each with a known defect of an earlier fix library (its number in
# the table of ARCHITECTURE.md), make a cell fail that the whole library does not fail so.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || exit 1
    export LC_ALL=C.UTF-8
    unset MPSTRESS_DB
}

# outcome DEFECT SCENARIO SETTINGS: of a round on the model under the library with that defect, "" the whole one.
outcome() {
    rm -f rounds.db*
    local library="$MP_BIN/libfix_encoder.so"
    [ -z "$1" ] || library="$MP_BIN/../tests/libfix_defect_${1/+/_}.so"
    "$MP_BIN/mpstress" run "$2" --device "metal@model:$3" --arm fix --fix "$library" --rounds 1 --db rounds.db --quiet > out 2>&1 || true
    sqlite3 -readonly -cmd '.timeout 10000' rounds.db "SELECT outcome FROM round"
}

# outcome_of_case DEFECT CASE: of a case of test_fix as a program's round, "" under the whole library, "none" under no library.
outcome_of_case() {
    rm -f rounds.db*
    local library="$MP_BIN/libfix_encoder.so" arm=(--arm fix)
    [ -z "$1" ] || library="$MP_BIN/../tests/libfix_defect_${1/+/_}.so"
    [ "$1" != none ] || arm=(--arm none)
    [ "$1" = none ] || arm+=(--fix "$library")
    "$MP_BIN/mpstress" run --exec "'$MP_BIN/../tests/test_fix' --case $2" "${arm[@]}" --timeout 30s --rounds 1 \
        --db rounds.db --quiet > out 2>&1 || true
    sqlite3 -readonly -cmd '.timeout 10000' rounds.db "SELECT outcome FROM round"
}

# differs DEFECT WHOLE WITH SCENARIO SETTINGS: outcomes with the whole library and with the one that has the defect.
differs() {
    whole=$(outcome "" "$4" "$5") with=$(outcome "$1" "$4" "$5")
    echo "$1: $whole, $with"
    [[ " $2 " == *" $whole "* ]]
    [ "$with" = "$3" ]
}

window=defects=destroy_race,reader=S,rendezvous=on

@test "late calls that are made crash; rejected ones are missing work, and are seen (8)" {
    differs late "dropped" crash destroy_impl:iters=4 defects=destroy_race
}

@test "calls on an encoder that the library knows nothing of, which it drops and counts nowhere, are missed (8)" {
    counted="SELECT ifnull(json_extract(figures, '\$.fix_skipped'), 0) > 0, ifnull(json_extract(figures, '\$.fix_rejected'), 0) FROM round"
    silent=$(outcome room+unknown mm:threads=2 defects=none)
    [ "$(sqlite3 -readonly rounds.db "$counted")" = "0|0" ]
    made=$(outcome room mm:threads=2 defects=none)
    [ "$(sqlite3 -readonly rounds.db "$counted")" = "1|0" ]
    whole=$(outcome "" mm:threads=2 defects=none)
    echo "$silent, $made, $whole"
    [ "$silent" = dropped ]
    [[ "$made" == pass || "$made" == no_overlap ]]
    [[ "$whole" == pass || "$whole" == no_overlap ]]
}

@test "calls beside each other on one encoder crash" {
    differs lock "dropped pass no_overlap" crash destroy_impl:iters=4 "$window"
}

@test "a context that is destroyed after the lock was left is still in use (3)" {
    differs destroy "dropped pass no_overlap" crash destroy_impl:iters=4 "$window"
}

@test "an original of another class that has the selector hangs (1)" {
    differs class "pass no_overlap" hang "blit_fence" defects=none
}

@test "the context of one class, read in another, drops work (2)" {
    differs offset "pass no_overlap" dropped blit_fence defects=none
}

@test "an inherited method that is replaced where it stands calls itself (6)" {
    differs inherited "pass no_overlap" crash event_mix defects=none
}

@test "encoders that are held from their creation on block a queue, and leak" {
    differs borrow "abort" hang abandon_encoder defects=none
    differs borrow "pass no_overlap" gpu_error leak defects=none
}

@test "an encoder that is ended at the commit makes the control pass that must abort (7)" {
    differs open "abort" pass commit_open_encoder defects=none
}

@test "an encoder that is known only once its creation has returned loses the op of a thread that was faster (4)" {
    with=$(outcome_of_case track reopened)
    [ "$(sqlite3 -readonly rounds.db "SELECT ops_planned || ' ' || ops_done FROM round")" = "1 0" ]
    whole=$(outcome_of_case "" reopened)
    [ "$(sqlite3 -readonly rounds.db "SELECT ops_planned || ' ' || ops_done FROM round")" = "1 1" ]
    unfixed=$(outcome_of_case none reopened)
    echo "$with, $whole, $unfixed"
    [ "$with $whole $unfixed" = "dropped pass pass" ]
}

@test "an event that waits for an open encoder without an end hangs where the driver would say what is wrong (5)" {
    differs event "abort" hang commit_open_encoder:call=event,threads=1 defects=none
    [ "$(outcome event event_mix defects=none)" != hang ] # a lawful client ends its encoder first
}

@test "a call that stays until another was made: that one goes on after a while, and hangs where its wait has no end" {
    whole=$(outcome prompt destroy_impl:iters=3 defects=none)
    [ "$(sqlite3 -readonly rounds.db "SELECT ifnull(json_extract(figures, '\$.fix_skipped'), 0) > 0 FROM round")" = 1 ]
    with=$(outcome prompt+bound destroy_impl:iters=3 defects=none)
    echo "$whole, $with"
    [[ " dropped pass no_overlap " == *" $whole "* ]]
    [ "$with" = hang ]
}

@test "an exception for lack of memory ends the process; a call without protection is counted (9)" {
    whole=$(outcome room mm:threads=2 defects=none) without=$(outcome room+memory mm:threads=2 defects=none)
    echo "$whole, $without"
    [[ "$whole" == pass || "$whole" == no_overlap ]]
    [ "$without" = abort ]
    sqlite3 -readonly rounds.db "SELECT symbol FROM crash_frame" | grep -q mp_fix_
}

@test "calls through implementations that were looked up before go past every library (10)" {
    [ "$(outcome "" destroy_impl:iters=4 defects=destroy_race)" = dropped ]
    [ "$(outcome "" destroy_impl:iters=4 defects=destroy_race,imp=cached)" = crash ]
}

@test "a device that is made and used while the library is loaded spoils the round, in words" {
    export MP_FIX_DRIVER="$MP_BIN/libmpmodel.so"
    [ "$(outcome device mm:threads=2 defects=none)" = broken ]
    grep -q "the model's device is alive" <(tr -s '\n ' ' ' < out)
    [[ "$(outcome "" mm:threads=2 defects=none)" != broken ]]
}
