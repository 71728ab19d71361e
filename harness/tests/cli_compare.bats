# mpstress compare: order, verdicts, ends, and that a report shows the same.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# json PATH: a value of the JSON document in out.json.
json() {
    sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$1')"
}

# compare CODE ARGUMENT...: into rounds.db; the report stays in `output`, without its line ends in `flat`,
# its JSON in out.json.
compare() {
    local code="$1"
    shift
    run --separate-stderr "$program" compare "$@" --db rounds.db
    echo "status $status, stdout '$output', stderr '$stderr'"
    [ "$status" -eq "$code" ]
    flat=$(tr -s ' \n' ' ' <<< "$output")
    "$program" report --db rounds.db --json > out.json || [ "$?" -eq "$code" ]
}

@test "a mitigation that stops the planted race is fixed, and the comparison stops early" {
    compare 0 none sync_on_queue --fixed-below 20% --seed 1
    [[ "$flat" == "FIXED arm sync_on_queue failed in 0 of "*"arm none in "*" (on the software model)"* ]]
    [[ "$output" == *"nothing here was seen on Apple's driver"* ]]
    [[ "$stderr" == *"with a planted race, --device metal@model:defects=destroy_race,reader=U"* ]]
    [ "$(query "SELECT count(*) < 200 AND min(scenario) = 'destroy_impl' FROM round JOIN cell ON cell.id = cell_id")" = 1 ]
    [ "$(query "SELECT state FROM campaign")" = complete ]
    [ "$(json '$.verdict') $(json '$.exit_code')" = "fixed 0" ]
    [ "$(json '$.comparison.on_model') $(json '$.comparison.control.arm')" = "1 none" ]
}

@test "all mitigations of the model are ranked against the control" {
    compare 0 none encode_mutex stream_mutex sync_on_queue serial --fixed-below 25% --seed 1
    [ "$(sqlite3 :memory: "SELECT group_concat(json_extract(value, '$.verdict'))
        FROM json_each(readfile('out.json'), '$.comparison.arms')")" = fixed,fixed,fixed,fixed ]
    [[ "$output" == *"Ranking: failures, then cost"* ]]
    [ "$(grep -c ' fixed$' <<< "$output")" -eq 4 ]
    [ "$(grep -c '  the control$' <<< "$output")" -eq 1 ]
}

@test "every block holds one round of each arm, next to each other and with one seed" {
    compare 0 none serial sync_on_queue 'destroy_impl:threads=2|4' --rounds 9 --all-rounds --seed 3
    [ "$(query "SELECT count(*) FROM round")" = 54 ]
    # 18 blocks, each of one workload, three arms and three rounds in a row.
    [ "$(query "SELECT count(*), min(rounds), max(rounds), min(arms), max(span), max(workloads) FROM (
        SELECT count(*) AS rounds, count(DISTINCT arm) AS arms, max(seq) - min(seq) + 1 AS span,
            count(DISTINCT params) AS workloads
        FROM round JOIN cell ON cell.id = cell_id GROUP BY seed)")" = "18|3|3|3|3|1" ]
    # Blocks of both workloads take turns: one of each in every six rounds.
    [ "$(query "SELECT count(*) FROM (SELECT 1 FROM round JOIN cell ON cell.id = cell_id
        GROUP BY (seq - 1) / 6, cell.params)")" = 18 ]
    # No arm is always first.
    [ "$(query "SELECT count(DISTINCT arm) FROM round JOIN cell ON cell.id = cell_id WHERE seq % 3 = 1")" -gt 1 ]
}

@test "the same seed makes the same comparison" {
    for db in a.db b.db; do
        "$program" compare none serial noop --device null --rounds 6 --seed 5 --db $db --quiet > /dev/null || true
        query "SELECT seq, seed, arm FROM round JOIN cell ON cell.id = cell_id ORDER BY seq" $db > $db.order
    done
    [ "$(wc -l < a.db.order)" -eq 12 ]
    cmp a.db.order b.db.order
}

@test "an arm that fails like the control is no worse, and that is shown" {
    compare 0 none serial noop --device null:fault=exit_code,p=0.4 --no-worse-than '20 % more' --seed 3
    [[ "$flat" == "NO WORSE arm serial failed in "*"; less than 20 points more is shown"* ]]
    [ "$(json '$.verdict') $(json '$.exit_code') $(json '$.comparison.margin')" = "no_worse 0 0.2" ]
    [ "$(query "SELECT claim FROM plan")" = "excess<20%@95%" ]
    [ "$(query "SELECT count(*) < 60 FROM round")" = 1 ]
    compare 1 sync_on_queue none --same-within 20% --seed 3
    [[ "$flat" == "DIFFERENT "* ]]
}

@test "if the control never fails there is no power" {
    compare 5 none serial noop --device null --rounds 12
    [[ "$flat" == "NO POWER arm none never failed in 12 rounds"* ]]
    [[ "$output" != *software\ model* ]]
    [ "$(json '$.verdict') $(json '$.exit_code')" = "no_power 5" ]
    [[ "$flat" == *"throughput "*" of A's: the median of 12 blocks in which both passed"* ]]
}

@test "equal arms show no difference, and the report says how many rounds it takes to see a halving" {
    compare 3 none serial noop --device null:fault=exit_code,p=0.7 --rounds 6 --seed 7
    [[ "$flat" == "NO DIFFERENCE "*"more rounds per arm would show a halving"* ]]
    [ "$(json '$.verdict')" = no_difference ]
    [ "$(json '$.comparison.rounds_for_halving' | cut -d. -f1)" -gt 6 ]
    # The same seed in both arms: the device fails in the same blocks.
    [ "$(query "SELECT max(n) FROM (SELECT count(DISTINCT outcome) AS n FROM round GROUP BY seed)")" = 1 ]
}

@test "an arm that fails more often is worse, and the comparison stops" {
    compare 1 sync_on_queue none --seed 2
    [[ "$flat" == "WORSE arm none failed in "* ]]
    [ "$(query "SELECT count(*) < 100 FROM round")" = 1 ]
    [ "$(json '$.verdict') $(json '$.exit_code')" = "worse 1" ]
}

@test "--all-rounds runs every round and judges once, by the exact test" {
    compare 0 none serial --rounds 10 --all-rounds --seed 4
    [ "$(query "SELECT count(*) FROM round")" = 20 ]
    [[ "$flat" == "BETTER "*"below 5 % is not shown"* ]]
    [[ "$flat" == *"Boschloo p = "* ]]
    [ "$(query "SELECT kind || ' ' || claim FROM plan")" = "compare_all rate<5%@95%" ]
}

@test "several thread counts are strata, with one pooled figure and a trend" {
    compare 0 none serial 'destroy_impl:threads=2|4|8' --rounds 8 --all-rounds --seed 4
    [[ "$output" == *"destroy_impl:threads=2"*"destroy_impl:threads=4"*"destroy_impl:threads=8"* ]]
    [[ "$flat" == *" over 3 strata"*"pooled "*"trend "* ]]
    [ "$(json '$.comparison.arms[0].strata[2].threads')" = 8.0 ]
    [ "$(json '$.comparison.arms[0].pooled.strata')" = 3 ]
}

@test "a report shows the same comparison, from the database alone" {
    "$program" compare none sync_on_queue --fixed-below 30% --seed 1 --db rounds.db > out.text 2> /dev/null
    "$program" report --db rounds.db > again.text
    cmp out.text again.text
    "$program" report --db rounds.db --format markdown | tr -d '\\' | grep -q 'arm sync_on_queue failed in 0 of'
    "$program" report --db rounds.db --campaign 1 --json > out.json
    [ "$(json '$.command') $(json '$.verdict')" = "report fixed" ]
    "$program" compare none sync_on_queue --fixed-below 30% --seed 1 --db rounds.db --json --quiet > out.json
    [ "$(json '$.command') $(json '$.verdict')" = "compare fixed" ]
}

@test "an absent device is not a pass: nothing ran" {
    [ "$(uname)" = Linux ] || skip "Metal may be present here"
    compare 4 none serial mm --device metal --rounds 5
    [[ "$flat" == "NOTHING RAN no round of arm none passed or failed"* ]]
    [ "$(json '$.verdict') $(json '$.exit_code')" = "nothing_ran 4" ]
}

@test "the subjects of a suite are compared, its controls are left out" {
    printf '[noop: one]\n[noop: two]\nthreads = 3\n[noop: planted]\nthreads = 5\nrole = positive_control\narm = serial\n' > own.ini
    compare 5 none serial --suite ./own.ini --device null --rounds 3
    [ "$(query "SELECT count(*), count(DISTINCT params) FROM cell")" = "4|2" ]
}

@test "what cannot be compared is refused before anything runs" {
    refused "arm or scenario" "'sync_on_queu'" "'sync_on_queue'" -- compare none sync_on_queu
    refused "'serial' is given twice" -- compare none serial serial
    refused "only one arm" -- compare none destroy_impl
    refused "nothing to compare" -- compare
    refused "arm = none" "remove this key" -- compare none serial noop:arm=none
    refused "--fixed-below" "between" -- compare none serial --fixed-below 100%
    refused "--fixed-below" -- compare none serial --fixed-below lots
    refused "one question" -- compare none serial --fixed-below 1% --same-within 2%
    refused "--no-worse-than '0'" "between 0.1" -- compare none serial --no-worse-than 0
    refused "--count" "'hung'" "'hang'" -- compare none serial --count crash,hung
    refused "kind of failure 'pass'" -- compare none serial --count pass
    printf '[noop]\nrole = positive_control\n' > own.ini
    refused "only controls" -- compare none serial --suite ./own.ini
    refused "never ends" -- compare none serial --rounds 0
}

# flies POSITION: the round at this position has started and not ended.
flies() {
    [ "$(query "SELECT count(*) FROM running WHERE position = $1")" = 1 ]
}

@test "a comparison that is killed at each of its hangs resumes with the same blocks" {
    local order="SELECT ifnull(position, seq), seed, arm FROM round JOIN cell ON cell.id = cell_id ORDER BY 1"
    local device=null:fault=hang,p=0.6
    "$program" compare none serial noop --device $device --rounds 4 --all-rounds --seed 9 --timeout 100ms \
        --db whole.db --quiet > /dev/null || true
    "$program" compare none serial noop --device $device --rounds 4 --all-rounds --seed 9 --timeout 10m \
        --count hang --db rounds.db > out 2> err &
    campaign_pid=$!
    for position in $(query "SELECT ifnull(position, seq) FROM round WHERE outcome = 'hang' ORDER BY 1" whole.db); do
        wait_until "round $position hangs" flies "$position"
        kill -KILL "$campaign_pid"
        wait "$campaign_pid" || true
        "$program" compare --resume --db rounds.db > out 2> err &
        campaign_pid=$!
    done
    wait "$campaign_pid" || true
    campaign_pid=
    cat out err
    [ "$(query "$order")" = "$(query "$order" whole.db)" ]
    [ "$(query "SELECT kind, counts FROM plan")" = "compare_all|hang" ]
    grep -q "  counting hang alone: " out
    [ "$(query "SELECT state, (SELECT count(*) FROM campaign) FROM campaign")" = "complete|1" ]
    "$program" report --db rounds.db > again.text || true
    cmp out again.text
    [ "$(query "SELECT count(DISTINCT outcome) FROM round WHERE outcome IN ('lost', 'hang')")" = 1 ]
}

@test "--resume accepts no option of the request" {
    "$program" compare none serial noop --device null --rounds 2 --db rounds.db --quiet > /dev/null || true
    for arguments in "none serial" "--all-rounds" "--rounds 3"; do
        # shellcheck disable=SC2086
        run --separate-stderr "$program" compare --resume $arguments --db rounds.db
        [ "$status" -eq 2 ]
    done
    run --separate-stderr "$program" compare --resume --db rounds.db
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"no interrupted"* ]]
}

# Three blocks, in which the control always crashes and the arm never: too few to say anything.
three_blocks() {
    local db=$1 seed=$2
    shift 2
    run --separate-stderr "$program" compare none sync_on_queue destroy_impl:q=1 --rounds 3 --seed "$seed" --db "$db" "$@"
    flat=$(tr -s ' \n' ' ' <<< "$output")
    echo "$status $flat"
}

@test "a question that is asked again is answered by all its campaigns together" {
    local seed
    three_blocks rounds.db 1
    [ "$status" -eq 3 ]
    [[ "$flat" == "NO DIFFERENCE"*"0 of 3 rounds, arm none in 3 of 3"* && "$flat" != *"campaigns together"* ]]
    for seed in 2 3; do three_blocks rounds.db $seed; done
    three_blocks rounds.db 4
    [ "$status" -eq 0 ]
    [[ "$flat" == "BETTER arm sync_on_queue failed in 0 of 12 rounds, arm none in 12 of 12"*"in 4 campaigns together, this one alone: no difference shown"* ]]
    [[ "$flat" == *"campaign 1 "*"sync_on_queue 0 of 3 against 3 of 3, alone no difference shown campaign 2"*"together sync_on_queue better, E = "* ]]
    # On the seed of an earlier one the rounds are the same, and count once.
    three_blocks rounds.db 4
    [ "$status" -eq 0 ]
    [[ "$flat" == "BETTER"*"0 of 12 rounds"*"in 4 campaigns together"*"campaign 5"*"the seed of an earlier one, not counted again"* ]]
    "$program" report --db rounds.db --json > out.json
    [ "$(json '$.verdict')" = better ]
    [ "$(json '$.comparison.tries.counted') $(json '$.comparison.tries.blocks')" = "4 12" ]
    [ "$(json '$.comparison.tries.campaigns[4].is_repeat') $(json '$.comparison.tries.campaigns[3].arms[0].alone')" = "1 no_difference" ]
    [ "$(json '$.comparison.tries.together[0].verdict') $(json '$.comparison.tries.together[0].strata')" = "better 4" ]
    run -0 "$program" report --db rounds.db --format markdown
    [[ "$output" == *"Every time this was asked on this system"*"campaign 4"* ]]
    run -0 "$program" report --db rounds.db --format junit
    [[ "$output" == *"campaign 4: "*"alone no difference shown"* ]]
    # An older report knows nothing of what came after it.
    run -3 "$program" report --db rounds.db --campaign 1
    [[ "$output" != *"campaigns together"* ]]
}

@test "another question, another order of arms and another build are no tries of it" {
    local seed
    for seed in 1 2 3; do three_blocks rounds.db $seed; done
    three_blocks rounds.db 4 --fixed-below 20%
    [[ "$flat" == "NO DIFFERENCE"*"0 of 3 rounds"* && "$flat" != *"campaigns together"* ]]
    run --separate-stderr "$program" compare sync_on_queue none destroy_impl:q=1 --rounds 3 --seed 5 --db rounds.db
    [[ "$output" != *"campaigns together"* ]]
    sqlite3 rounds.db "INSERT INTO environment (fingerprint, os, os_build, cpu, gpu, driver, driver_id, facts)
            SELECT 'other', os, 'other', cpu, gpu, driver, driver_id, facts FROM environment LIMIT 1;
        UPDATE campaign SET environment_id = last_insert_rowid() WHERE id <= 3;"
    three_blocks rounds.db 6
    [[ "$flat" == "NO DIFFERENCE"*"0 of 3 rounds"* && "$flat" != *"campaigns together"* ]]
}

@test "campaigns of two databases answer together once these are merged" {
    three_blocks a.db 1
    three_blocks b.db 2
    three_blocks a.db 3
    three_blocks b.db 4
    [[ "$flat" == "NO DIFFERENCE"*"0 of 6"* ]]
    run -0 "$program" merge all.db a.db b.db
    run -0 "$program" report --db all.db
    [[ "$(tr -s ' \n' ' ' <<< "$output")" == "BETTER arm sync_on_queue failed in 0 of 12 rounds"*"in 4 campaigns together"* ]]
}
