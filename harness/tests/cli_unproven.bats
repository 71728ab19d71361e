# What no run on a Mac has shown stands in the report of every run on Apple's Metal, and a GPU of a virtual machine is marked.
# No Mac is here: the rounds are those of the null device under Metal's name.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# on GPU: rounds.db, as if its rounds had run on Metal with that GPU.
on() {
    run -0 "$program" run noop --device null --rounds 2 --night --quiet --db rounds.db
    sqlite3 rounds.db "UPDATE cell SET device = 'metal'; UPDATE round_driver SET gpu = '$1'; UPDATE environment SET gpu = '$1'"
    [ "$(query 'SELECT gpu FROM round_driver')" = "$1" ]
}

@test "a report of Metal lists what is not proven, in every form, and others do not" {
    on 'Apple M4'
    run -0 "$program" report --db rounds.db
    [[ "$output" == *"Not proven yet"*"until a run on one has been seen"*"AMFI is closed"* ]]
    [[ "$output" != *"virtual"* ]]
    [[ "$("$program" report --format markdown --db rounds.db)" == *"Not proven yet"*"- that a round may send its own task"* ]]
    [[ "$("$program" report --json --db rounds.db)" == *'"not_proven":["that the kernel lets'* ]]
    sqlite3 rounds.db "UPDATE cell SET device = 'metal@model:reader=U'"
    [[ "$("$program" report --db rounds.db)" != *"Not proven"* ]]
    [[ "$("$program" report --json --db rounds.db)" != *"not_proven"* ]]
    sqlite3 rounds.db "UPDATE cell SET device = 'metal:gpu=0'"
    [[ "$("$program" report --db rounds.db)" == *"Not proven"* ]]
    sqlite3 rounds.db "UPDATE round SET driver_id = NULL"
    [[ "$("$program" report --db rounds.db)" != *"Not proven"* ]]
}

@test "ARCHITECTURE.md has the same list" {
    on 'Apple M4'
    "$program" report --json --db rounds.db > report.json
    sqlite3 :memory: "SELECT value FROM json_each(readfile('report.json'), '$.not_proven') ORDER BY value" > told
    sed -n '/^Until a run on a Mac has been seen/,/^##/p' "$MP_SOURCE/ARCHITECTURE.md" |
        awk '/^- / { if (item) print item; item = substr($0, 3); next } /^  / && item { sub(/^ +/, " "); item = item $0; next }
            { if (item) print item; item = "" }' | LC_ALL=C sort > written
    LC_ALL=C sort -o told told
    [ -s told ]
    diff told written
}

@test "a virtual GPU is marked at the head of a report and of the nights" {
    on 'Apple Paravirtual device'
    [[ "$("$program" report --db rounds.db)" == *"virtual: the GPU of a virtual machine, which says nothing about Apple's GPU driver"* ]]
    [[ "$("$program" report --format markdown --db rounds.db)" == *"Device: metal (virtual: the GPU of a virtual machine"* ]]
    [[ "$("$program" report --json --db rounds.db)" == *'"virtual_devices":["metal"]'* ]]
    [[ "$("$program" report --nights --db rounds.db)" == *"virtual: the GPU of a virtual machine"* ]]
    [[ "$("$program" report --nights --json --db rounds.db)" == *'"virtual":true'* ]]
    sqlite3 rounds.db "UPDATE round_driver SET gpu = 'Apple M4'; UPDATE environment SET gpu = 'Apple M4'"
    [[ "$("$program" report --nights --db rounds.db)" != *"virtual"* ]]
    [[ "$("$program" report --nights --json --db rounds.db)" != *'"virtual"'* ]]
}
