# Typing mistakes, look-ups and resuming: mpstress says what was meant.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

@test "a parameter given as an option gets a hint where it belongs" {
    refused "'--threads'" "write mm:threads=8" -- run mm --threads 8
    refused "write layernorm:threads=8" -- run 'layernorm:n=4' --threads=8
    refused "write 'mm:threads=2|8'" -- run mm --threads '2|8'
    refused "write destroy_impl:threads=VALUE" -- compare none serial destroy_impl --threads
    refused "unknown option '--zzzzzz', known: --" -- run mm --zzzzzz 8
}

@test "a list with commas gets a hint how lists are written" {
    refused "a list of values is written 'threads=2|8'" -- run 'mm:threads=2,8'
    refused "'8' is not written name=value" -- run 'mm:8'
}

@test "a list may be written with slashes, but not within a text" {
    run -0 "$program" run noop:threads=2/4 --device null --rounds 1 --db rounds.db
    [ "$(sqlite3 rounds.db "SELECT group_concat(params ->> 'threads', '|') FROM cell")" = '2|4' ]
    run -0 "$program" run noop --device "null:hold=$PWD/none" --rounds 1 --db other.db
}

@test "a duration without a unit is refused with possible units" {
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

@test "list finds parts of names, and explains settings, choices and defects" {
    run -0 "$program" list linear
    [[ "$output" == "linear: "*"linear_nograph: "* ]]
    run -0 "$program" list batch
    [[ "$output" == "batch: inference of"*"batch: a queue gathers"* ]]
    run -0 "$program" list event
    [[ "$output" == "event: a choice of order"*"event: a choice of call"*"event_mix: "* ]]
    run -0 "$program" list destroy_race
    [[ "$output" == "destroy_race: a choice of defects, a setting of metal@model"*"commit destroys the context"* ]]
    run -0 "$program" list reader
    [[ "$output" == "reader: a setting of metal@model"*"  U  "*unlocked*"  P  "* ]]
    run -0 "$program" list threads
    [[ "$output" == "threads: a parameter of "*"mm"*"oversubscribe"* ]]
    refused "'zz'" -- list zz
}

@test "every planted defect, and every choice of a device or scenario, is explained" {
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

# Before the first round a signal may come too early to be handled.
has_a_round() {
    [ "$(sqlite3 -readonly "$1" 'SELECT count(*) > 0 FROM round')" = 1 ]
}

@test "an interrupted run says how to view and resume it, and that works" {
    "$program" run noop --device null --rounds 100000 --db 'my rounds.db' > out 2> err &
    campaign_pid=$!
    wait_until "a round is recorded" has_a_round 'my rounds.db'
    kill -INT "$campaign_pid"
    code=0
    wait "$campaign_pid" || code=$?
    campaign_pid=
    [ "$code" -eq 130 ]
    grep -qE "^INTERRUPTED  [0-9]+ of 100000 rounds; " out
    grep -qF "'mpstress run --resume --db 'my rounds.db'' resumes it" err
    sqlite3 'my rounds.db' "PRAGMA foreign_keys = OFF; UPDATE campaign SET state = state"
    run -3 "$program" report --db 'my rounds.db' --json
    [[ "$output" == *'"verdict":"interrupted"'*'"exit_code":3'*'"rounds_planned":100000'* ]]
}

@test "a comparison that is interrupted names its own command" {
    "$program" compare none serial noop --device null --rounds 100000 --all-rounds --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "a round is recorded" has_a_round rounds.db
    kill -INT "$campaign_pid"
    wait "$campaign_pid" || true
    campaign_pid=
    grep -qF "'mpstress compare --resume --db rounds.db' resumes it" err
}

@test "until failure ends at the first round of a subject that fails, and names it" {
    run -1 "$program" run noop --device null:fault=segv_null,p=0.2 --until failure --seed 7 --db rounds.db
    [ "$(query "SELECT sum(outcome = 'crash') || '|' || (max(seq) = max(iif(outcome = 'crash', seq, 0))) FROM round")" = '1|1' ]
    [ "$(query "SELECT count(*) > 1 FROM round")" = 1 ]
    first=$(query "SELECT seq FROM round WHERE outcome = 'crash'")
    seed=$(query "SELECT seed FROM round WHERE outcome = 'crash'")
    [[ "$(printf '%s' "$output" | tr -s ' \n' ' ')" == *"First failure of a subject round $first, "*" after the start: crash in noop"*"seed $seed"* ]]
    run -1 "$program" report --db rounds.db --json
    [[ "$output" == *'"first_failure":{"after_ns":'*"\"seq\":$first,"*"\"seed\":\"$seed\""* ]]
}

@test "until failure runs all rounds if nothing fails, and a control does not end it" {
    run -0 "$program" run noop --device null --until failure --rounds 3 --db rounds.db
    [ "$(query "SELECT count(*) FROM round")" = 3 ]
    run -0 "$program" run noop:role=positive_control,device=null:fault=segv_null noop:device=null \
        --until failure --rounds 3 --db control.db
    [ "$(query "SELECT count(*) FROM round" control.db)" = 6 ]
    refused "'failure' or a claim" -- run noop --until fialure
}

@test "a scenario whose promise cannot hold is refused before the first round" {
    refused "overlap" "share=all" "sync=off_queue" -- run mm:share=all
    refused "streams=1" -- run mm:streams=1
    run -0 "$program" run mm:share=all,threads=1,n=4 --device null --rounds 1 --db a.db
    run -0 "$program" run mm:share=all,n=4,arm=serial --device null --rounds 1 --db b.db
}

@test "clean without a control that must fail says so, in the verdict too" {
    run -0 --separate-stderr "$program" run noop --device null --rounds 2 --db rounds.db
    [[ "$(printf '%s' "$output" | tr -s ' \n' ' ')" == "CLEAN, NO CONTROL 0 of 2 rounds of the subject failed; no control that must fail was run"* ]]
    run -0 "$program" report --db rounds.db --json
    [[ "$output" == *'"verdict":"clean_no_control"'*'"has_control_that_must_fail":false'* ]]
}

@test "a control that behaved takes one line, and a long report ends with its verdict" {
    run -0 --separate-stderr "$program" run noop:role=positive_control,device=null:fault=segv_null noop:device=null \
        --rounds 2 --db rounds.db
    [[ "$output" == *"Controls that must fail, and did"*"noop, arm none, device "[12]": 2 of 2 rounds; mpstress show crash "*"--db rounds.db"* ]]
    [[ "$output" != *SIGSEGV* ]]
    [[ "$output" == CLEAN* ]]
    # Each by its own name and its own crash, where several are of one scenario and arm.
    run -0 --separate-stderr "$program" run noop:role=positive_control,iters=2 noop:role=positive_control,iters=3 \
        --device null:fault=segv_null --rounds 1 --db two.db
    for iters in 2 3; do
        crash=$(query "SELECT crash.id FROM crash JOIN round ON round.id = round_id JOIN cell ON cell.id = cell_id
            WHERE params LIKE '%\"iters\":\"$iters\"%' OR params LIKE '%\"iters\":$iters,%'" two.db)
        [[ "$output" == *"noop:iters=$iters, arm none: 1 of 1 round; mpstress show crash $crash --db two.db"* ]]
    done
    run -1 --separate-stderr "$program" run noop --device null:fault=segv_null --rounds 2 --db other.db
    [[ "$output" == FAILURES*SIGSEGV*$'\n\n'FAILURES* ]]
}
