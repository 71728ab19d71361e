#!/usr/bin/env bats
# Sensitivity: each mechanism of the fix library, once it is switched off, makes a cell fail that the whole library does not
# fail so. What the library then does is a known defect of an earlier fix library (the number in that list, of v2.9, behind it).
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || exit 1
    export LC_ALL=C.UTF-8
    unset MPSTRESS_DB MP_FIX_WITHOUT
    library="$MP_BIN/../tests/libfix_without.so"
}

# outcome WITHOUT SCENARIO SETTINGS: of a round on the model under the library without a mechanism, "" none.
outcome() {
    rm -f rounds.db*
    "$MP_BIN/mpstress" run "$2" --device "metal@model:$3" --arm "fix${1:+:MP_FIX_WITHOUT=$1}" --fix "$library" --rounds 1 \
        --db rounds.db --quiet > out 2>&1 || true
    sqlite3 -readonly -cmd '.timeout 10000' rounds.db "SELECT outcome FROM round"
}

# differs MECHANISM WHOLE WITHOUT SCENARIO SETTINGS: outcomes with the whole library and without the mechanism.
differs() {
    whole=$(outcome "" "$4" "$5") without=$(outcome "$1" "$4" "$5")
    echo "$1: $whole, $without"
    [[ " $2 " == *" $whole "* ]] && [ "$without" = "$3" ]
}

window=defects=destroy_race,reader=S,rendezvous=on

@test "late calls that are made crash; rejected ones are missing work, and are seen (8)" {
    differs late "dropped" crash destroy_impl:iters=4 defects=destroy_race
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
