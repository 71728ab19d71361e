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
