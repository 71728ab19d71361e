# Replays: rounds of one seed, which enter no rate and no night.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# evidence: a run of 40 rounds, some of which failed, and $seed of the first that did.
evidence() {
    mkdir kept
    "$program" run noop --device null:fault=segv_null,p=0.3 --rounds 40 --seed 1 --db kept/rounds.db --quiet > /dev/null || [ $? = 1 ]
    seed=$(sqlite3 kept/rounds.db "SELECT seed FROM round WHERE outcome = 'crash' ORDER BY id LIMIT 1")
    [ -n "$seed" ]
}

rates() {
    sqlite3 kept/rounds.db "SELECT rounds, failures, low, high FROM cell_rate"
    "$program" plan 'rate<5%@95%' --db kept/rounds.db | grep 'rounds$\|failed:'
}

@test "--replay records beside the database and never into it, and says how many ended as the round did" {
    evidence
    cp kept/rounds.db before.db
    run "$program" run noop --device null:fault=segv_null,p=0.3 --round-seed "$seed" --rounds 20 --replay --db kept/rounds.db
    [ "$status" -eq 1 ]
    [[ "$output" == *"replay     20 of 20 rounds under this signature, that of the round run again: SIGSEGV"* ]]
    cmp kept/rounds.db before.db
    [ "$(sqlite3 kept/replay.db "SELECT count(*), count(DISTINCT round.seed), min(is_replay) FROM round JOIN campaign ON campaign.id = campaign_id")" = "20|1|1" ]
    run "$program" report --db kept/replay.db --json
    printf '%s' "$output" > out.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.replay[0].same')")" = 20 ]
}

@test "a replay with another outcome counts against the replayed round" {
    evidence
    sqlite3 kept/rounds.db "UPDATE round SET outcome = 'mismatch', signature_id = NULL WHERE seed = '$seed'; DELETE FROM crash WHERE round_id =
        (SELECT id FROM round WHERE seed = '$seed')"
    run "$program" run noop --device null:fault=segv_null,p=0.3 --round-seed "$seed" --rounds 3 --replay --db kept/rounds.db
    [[ "$output" == *"0 of 3 rounds under this signature, that of the round run again: mismatch"* ]]
}

@test "the printed command replays into replay.db, and typing it changes no rate" {
    evidence
    rates > before
    "$program" report --db kept/rounds.db > report.txt || [ $? = 1 ]
    command=$(awk '/^ +repeat +mpstress/ { sub(/^ +repeat +mpstress/, ""); on = 1 }
        on { on = sub(/ \\$/, " "); printf "%s%s", $0, on ? "" : "\n" }' report.txt | head -n 1)
    [[ "$command" == *"--replay"* ]]
    for _ in 1 2 3; do
        eval "$program $command --quiet > /dev/null" || [ $? = 1 ]
    done
    rates > after
    cmp before after
    [ "$(sqlite3 kept/replay.db "SELECT count(*) FROM round")" = 3 ]
}

@test "a replay into the database itself is marked, said to be one, and in no rate" {
    evidence
    rates > before
    run "$program" run noop --device null:fault=segv_null,p=0.3 --round-seed "$seed" --rounds 20 --db kept/rounds.db
    [[ "$output" == *"rounds of one seed are a replay"* ]]
    rates > after
    cmp before after
    [ "$(sqlite3 kept/rounds.db "SELECT group_concat(is_replay) FROM campaign")" = 0,1 ]
}

@test "a night excludes replays, and a replay needs its seed" {
    run -2 "$program" run noop --device null --round-seed 1 --night --db rounds.db
    [[ "$output" == *"--night and --round-seed cannot be combined"* ]]
    run -2 "$program" run noop --device null --replay --db rounds.db
    [[ "$output" == *"--replay needs --round-seed"* ]]
    [ ! -e rounds.db ]
}
