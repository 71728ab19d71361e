# Plans: written before the first round, shown with the result, never changed.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

json() {
    printf '%s' "$output" > out.json
    sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$1')"
}

@test "every run has a plan, and its report shows it as text and as JSON" {
    run -0 --separate-stderr "$program" run noop --device null --rounds 3 --duration 1h --seed 7 --db rounds.db
    hash=$(query "SELECT substr(hash, 1, 12) FROM plan")
    [[ "$output" == *"plan       1 · $hash · no claim · 1 cell · at most 3 rounds within 1h"* ]]
    [ "$(query "SELECT plan_id FROM campaign")" = 1 ]
    run -0 "$program" report --db rounds.db --json
    [ "$(json '$.plan.hash')" = "$(query "SELECT hash FROM plan")" ]
    [ "$(json '$.plan.cells[0].scenario')" = noop ]
    [ "$(json '$.plan.seed')" = 0x7 ]
}

@test "the plan is written before the first round" {
    "$program" run noop --device null --rounds 1 --seed 7 --db rounds.db --quiet > /dev/null
    [ "$(query "SELECT created_at <= (SELECT min(started_at) FROM round) FROM plan")" = 1 ]
}

@test "the same plan again is the same row, another seed or budget is another" {
    for arguments in "--seed 7 --rounds 2" "--seed 7 --rounds 2" "--seed 8 --rounds 2" "--seed 7 --rounds 3"; do
        # shellcheck disable=SC2086
        "$program" run noop --device null $arguments --db rounds.db --quiet > /dev/null
    done
    [ "$(query "SELECT group_concat(plan_id) FROM (SELECT plan_id FROM campaign ORDER BY id)")" = 1,1,2,3 ]
}

@test "plan says how many rounds a claim needs, without a database" {
    run -0 --separate-stderr "$program" plan 'rate<0.1%@95%'
    [ -z "$stderr" ]
    [[ "$output" == *"no failure "*" 2995 "*"74.1 %"*"22.3 %"* ]]
    [[ "$output" == *"at most 2 failures "*" 6294 "* ]]
    [[ "$output" == *"none fails "*" 3678"* ]]
    [[ "$output" == *"No speed measured here yet"* ]]
    [ ! -e mpstress.db ]
}

@test "plan says what clean rounds show and what one more night adds" {
    "$program" run noop --device null --rounds 3 --db rounds.db --quiet > /dev/null
    sqlite3 rounds.db "UPDATE round SET started_at = strftime('%Y-%m-%dT%H:%M:%fZ', '2026-01-01', printf('+%d seconds', seq * 10)), wall_ns = 10000000000"
    run -0 "$program" plan 'rate<0.1%' --rounds 2966 --night 2h --db rounds.db
    [[ "$output" == *"0 of 2966 rounds failed: at most 0.101 % of all rounds fail"* ]]
    [[ "$output" == *"NOT enough for rate<0.1%@95%: 29 fewer than a plan without failures needs"* ]]
    [[ "$output" == *"1000 more, none failing, 2.8 h: the limit moves from 0.101 to 0.0756 %"* ]]
    [[ "$output" == *"one more night of 2h, 720 rounds, none failing: the limit moves from 0.101 to "* ]]
    [[ "$output" == *"Times assume the speed of campaign 1, in which one round of each of its 1 cell took 10.0 s"* ]]
}

@test "plan uses the counts of the database" {
    "$program" run 'noop:threads=1|2' --device null --rounds 30 --db rounds.db --quiet > /dev/null
    "$program" run 'noop:threads=1|2' --device null --rounds 35 --db rounds.db --quiet > /dev/null
    run -0 "$program" plan 'rate<5%' --db rounds.db
    [ "$(grep -c '0 of 65 rounds failed' <<< "$output")" -eq 2 ]
    run -0 "$program" plan 'rate<5%' --db rounds.db --json
    [ "$(json '$.verdict')" = planned ]
    [ "$(json '$.known[1].rounds')" = 65 ]
    [ "$(json '$.known[1].is_shown_if_fixed')" = 1 ]
    [ "$(json '$.known[1].is_met_looking')" = 0 ]
    [ "$(json '$.known[1].clean_rounds_needed')" = 7 ]
    [ "$(json '$.claim.fixed[0].rounds')" = 59 ]
    [ "$(json '$.claim.looking[0].rounds')" = 72 ]
    [ "$(json '$.speed.campaign_id')" = 2 ]
}

@test "plan says how many rounds distinguish two arms" {
    run -0 "$program" plan --from 10% --to 0.01 --json
    [ "$(json '$.contrast.test')" = mcnemar ]
    [ "$(json '$.contrast.rounds_per_arm_looking')" -gt "$(json '$.contrast.rounds_per_arm')" ]
    [ "$(json '$.contrast.rounds_per_arm')" -gt 90 ]
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.contrast.power') >= 0.9")" = 1 ]
    run -0 "$program" plan --from 10% --to 1% --power 90%
    [[ "$output" == *"compare --all-rounds, judged once by McNemar's test: "*" with a power of 9"* ]]
}

@test "what plan cannot answer is refused" {
    refused "name a claim" -- plan
    refused "must start with the word 'rate'" -- plan 'p<1%'
    refused "one too many" -- plan 'rate<1%' 'rate<2%'
    refused "--failures needs --rounds" -- plan 'rate<1%' --failures 2
    refused "larger than --rounds" -- plan 'rate<1%' --rounds 1 --failures 2
    refused "--from and --to must be given together" -- plan --from 10%
    refused "--power needs" -- plan 'rate<1%' --power 80%
    refused "--to 'x'" -- plan --from 10% --to x
    refused "between 50% and 99.9%" -- plan --from 10% --to 1% --power 100%
    run --separate-stderr "$program" plan 'rate<1%' --db absent.db
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"there is no database at absent.db"* ]]
}

@test "a run without power lends no passes, in the plan and in cell_rate" {
    "$program" run noop 'destroy_impl:role=positive_control,q=0' --device null:fault=abort,at=99999 --rounds 80 --seed 1 --db rounds.db --quiet > /dev/null || [ $? = 5 ]
    run "$program" plan 'rate<5%@95%' --db rounds.db
    [ "$status" = 0 ]
    flat=$(tr -s ' \n' ' ' <<< "$output")
    [[ "$flat" == *"0 of 0 rounds failed"*"80 more passed where a control that must fail stayed silent"* ]]
    [[ "$flat" == *"NOT enough for rate<5%@95%"* ]]
    [ "$(sqlite3 rounds.db "SELECT rounds, without_power, low, high FROM cell_rate WHERE role = 'subject'")" = "0|80|0.0|1.0" ]
}

@test "the answer to --from and --to stands before what the database holds" {
    "$program" run noop --device null --rounds 3 --db rounds.db --quiet > /dev/null
    run -0 "$program" plan --from 10% --to 1% --db rounds.db
    [ "${lines[0]}" = "Two arms" ]
    [[ "$output" == *"What the rounds in the database show"* ]]
}
