# What people type by mistake, look up and go on with: mpstress says what was meant.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

@test "a parameter given as an option is told where it belongs" {
    refused "'--threads'" "write mm:threads=8" -- run mm --threads 8
    refused "write layernorm:threads=8" -- run 'layernorm:n=4' --threads=8
    refused "write 'mm:threads=2|8'" -- run mm --threads '2|8'
    refused "write destroy_impl:threads=VALUE" -- compare none serial destroy_impl --threads
    refused "unknown option '--zzzzzz', known: --" -- run mm --zzzzzz 8
}

@test "a list behind a comma is told how lists are written" {
    refused "a list of values is written 'threads=2|8'" -- run 'mm:threads=2,8'
    refused "'8' is not written name=value" -- run 'mm:8'
}

@test "a list may be written with slashes, but not within a text" {
    run -0 "$program" run noop:threads=2/4 --device null --rounds 1 --db rounds.db
    [ "$(sqlite3 rounds.db "SELECT group_concat(params ->> 'threads', '|') FROM cell")" = '2|4' ]
    run -0 "$program" run noop --device "null:hold=$PWD/none" --rounds 1 --db other.db
}

@test "a duration without a unit is refused with the units it may have had" {
    refused "duration=8" "did you mean 8s or 8m?" -- run noop --duration 8
    refused "timeout=2.5" "did you mean 2.5s" -- run noop --timeout 2.5
    refused "no unit" -- run noop:timeout=8
    run -2 --separate-stderr "$MP_SOURCE/scripts/nightly" --duration 8 --print
    [[ "$stderr" == *"8h is so many hours"* ]]
}

@test "a database that is missing is wrong usage for every command that reads" {
    for command in report 'report --nights' 'report --json' 'show crash 1' 'doctor' 'run --resume' 'compare --resume' \
        'plan rate<1%'; do
        # shellcheck disable=SC2086 # a command and its words
        run -2 --separate-stderr "$program" $command --db missing.db
        [[ "$stderr" == *"no database at missing.db"* ]]
    done
    run -2 --separate-stderr "$program" merge all.db missing.db
    [ ! -e missing.db ]
}

@test "list finds what has a part of the name, and explains settings, choices and defects" {
    run -0 "$program" list linear
    [[ "$output" == "linear_nograph: "* ]]
    run -0 "$program" list destroy_race
    [[ "$output" == "destroy_race: a choice of defects, a setting of metal@model"*"commit destroys the context"* ]]
    run -0 "$program" list reader
    [[ "$output" == "reader: a setting of metal@model"*"  U  "*unlocked*"  P  "* ]]
    run -0 "$program" list threads
    [[ "$output" == "threads: a parameter of "*"mm"*"oversubscribe"* ]]
    refused "'zz'" -- list zz
}

@test "every planted defect, and every choice of a device or scenario, has its words" {
    "$program" list --json > list.json
    run -0 sqlite3 :memory: "SELECT item.value ->> 'name' || '.' || (row.value ->> 'name')
        FROM json_each(readfile('list.json')) AS kind, json_each(kind.value) AS item,
            json_each(coalesce(item.value -> 'settings', item.value -> 'parameters')) AS row
        WHERE kind.key IN ('devices', 'scenarios') AND row.value ->> 'type' IN ('choice', 'set')
            AND item.value ->> 'name' <> 'null'
            AND json_array_length(row.value -> 'choices')
                <> coalesce(json_array_length(row.value -> 'meanings'), 0)"
    [ -z "$output" ]
}
