# Suites from files: what they make run, and that their mistakes are named with file and line.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

suite() {
    cat > mine.ini
}

@test "sections become cells with role, arm, device, rounds and parameters" {
    suite <<'INI'
title = two cells
rounds = 3
[noop]
device = null
[noop: must crash]
device = null:fault=segv_null
role = positive_control
arm = serial
rounds = 2
threads = 2|4
INI
    run -0 --separate-stderr "$program" run --suite ./mine.ini --db rounds.db --quiet
    [ "$(query "SELECT group_concat(role || ' ' || arm || ' ' || json_extract(params, '$.threads')
        || ' ' || n, ', ') FROM (SELECT c.*, cc.role, (SELECT count(*) FROM round WHERE cell_id = c.id)
        AS n FROM cell c JOIN campaign_cell cc ON cc.cell_id = c.id
        ORDER BY cc.role DESC, json_extract(params, '$.threads'))")" = \
        "subject none 1 3, positive_control serial 2 2, positive_control serial 4 2" ]
}

@test "--rounds overrides the suite, a section's device overrides --device" {
    printf 'rounds = 9\n[noop]\nrounds = 8\ndevice = null\n[single_thread]\n' | suite
    "$program" run --suite mine.ini --rounds 2 --device null:offset=8 --db rounds.db --quiet
    [ "$(query "SELECT count(*) FROM round")" = 4 ]
    [ "$(query "SELECT device LIKE '%offset=1480%' FROM cell WHERE scenario = 'noop'")" = 1 ]
    [ "$(query "SELECT device LIKE '%offset=8%' FROM cell WHERE scenario = 'single_thread'")" = 1 ]
}

@test "a suite is found by name in MPSTRESS_SUITES, then beside the program" {
    mkdir mysuites
    printf '[noop]\ndevice = null\nrounds = 1\n' > mysuites/tiny.ini
    MPSTRESS_SUITES=$PWD/mysuites run -0 "$program" run --suite tiny --db rounds.db --quiet
    MPSTRESS_SUITES=$PWD/mysuites run -0 "$program" list --names suites
    [[ "$output" == *smoke*tiny* ]]
    MPSTRESS_SUITES=$PWD/mysuites refused "'tinny'" "'tiny'" -- run --suite tinny
    refused "'smokee'" "'smoke'" -- run --suite smokee
    refused ./nothing.ini -- run --suite ./nothing.ini
}

@test "every installed suite is valid" {
    for name in $("$program" list --names suites); do
        # Checked in full before the database is opened, which fails here.
        run --separate-stderr "$program" run --suite "$name" --duration 1s --db /nowhere/x.db
        echo "$name: $stderr"
        [ "$status" -eq 6 ]
    done
}

@test "every installed suite says what it can show and how long it takes" {
    local name
    for name in $("$program" list --names suites); do
        run -0 "$program" list "$name"
        echo "$output"
        [[ "$output" == "$name: "*$'\n  shows '*$'\n  takes '* ]]
        [[ "$output" != *"shows = "* && "$output" != *"takes = "* ]]
    done
}

@test "mistakes name file and line" {
    printf '[noop]\n\nthraeds = 4\n' | suite
    refused "mine.ini:3:" "'thraeds'" "'threads'" -- run --suite mine.ini
    printf '[nop]\n' | suite
    refused "mine.ini:1:" "'nop'" "'noop'" -- run --suite mine.ini
    printf '[noop]\nthreads = 4\nthreads = 8\n' | suite
    refused "mine.ini:3:" "line 2" -- run --suite mine.ini
    printf '[noop]\nthreads = 4|400\n' | suite
    refused "mine.ini:2:" 400 128 -- run --suite mine.ini
    printf '; nothing\n\n[noop]\narm = serail\n' | suite
    refused "mine.ini:4:" "'serail'" "'serial'" -- run --suite mine.ini
    printf '[noop]\ndevice = null:fault=nothing\n' | suite
    refused "mine.ini:2:" "fault=nothing" -- run --suite mine.ini
    printf '[noop]\nrole = posiitve_control\n' | suite
    refused "mine.ini:2:" positive_control -- run --suite mine.ini
    printf 'rounds = 0.5\n[noop]\n' | suite
    refused "mine.ini:1:" "whole number" -- run --suite mine.ini
    printf 'wat\n[noop]\n' | suite
    refused "mine.ini:1:" -- run --suite mine.ini
    printf 'title = nothing at all\n' | suite
    refused mine.ini "no section" -- run --suite mine.ini
    refused "mine.ini" -- run --suite mine.ini/
}

@test "cells of a device that is absent are left out if they say so, in words, and no verdict suffers" {
    export MPSTRESS_LAVAPIPE=/no/such/driver.so
    suite <<'INI'
rounds = 2
[noop]
device = null
[noop: planted]
device = null:fault=abort
role = positive_control
[mm: there]
device = vulkan@lavapipe
if_present = on
threads = 2|4
[destroy_impl: there]
device = vulkan@lavapipe
if_present = on
role = positive_control
INI
    run -0 "$program" run --suite ./mine.ini --db rounds.db
    [[ "$output" == *"left out: 3 cells on vulkan@lavapipe, which is absent here: "*mesa-vulkan-drivers* ]]
    [[ "$output" == *CLEAN*$'\n'"left out   3 cells on vulkan@lavapipe, which is absent here"* ]]
    [ "$(query "SELECT group_concat(DISTINCT device) FROM cell")" = "$(query "SELECT group_concat(device) FROM
        (SELECT DISTINCT device FROM cell WHERE device LIKE 'null%')")" ]
    [ "$(query 'SELECT count(*) FROM round')" = 4 ]
    [[ "$("$program" report --json --db rounds.db)" == *'"left_out":"3 cells on vulkan@lavapipe'* ]]
    [[ "$("$program" report --format markdown --db rounds.db)" == *"Left out: 3 cells on "* ]]
    [[ "$("$program" report --format junit --db rounds.db)" == *'name="left_out" value="3 cells on vulkan@lavapipe'* ]]
    "$program" merge all.db rounds.db
    [[ "$("$program" report --db all.db)" == *"left out   3 cells"* ]]
    # Without the word the control is a skip, which is no silence, but shows nothing either.
    sed -i 's/if_present = on/if_present = off/' mine.ini
    run -3 "$program" run --suite ./mine.ini --db other.db --quiet
    [[ "$output" != *"NO POWER"* && "$(tr -s ' \n' ' ' <<< "$output")" == *"1 of 2 controls that must fail was skipped"* ]]
    [[ "$output" != *"left out"* ]]
}

@test "a suite of which nothing is left is refused, and a device that dies while opening is not absent" {
    printf '[noop]\ndevice = vulkan@lavapipe\nif_present = on\n' | suite
    MPSTRESS_LAVAPIPE=/no/such/driver.so refused "nothing to run: if_present left out 1 cell on vulkan@lavapipe" -- \
        run --suite ./mine.ini --db rounds.db
    [ ! -e rounds.db ]
    printf '[noop]\ndevice = metal@model\nif_present = on\n' | suite
    export MPSTRESS_MODEL="$MP_BIN/../tests/bad_provider.so" BAD_PROVIDER=abort
    run "$program" run --suite ./mine.ini --db rounds.db --quiet
    [ "$(query 'SELECT outcome FROM round')" = abort ]
}
