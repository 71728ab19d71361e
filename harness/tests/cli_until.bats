# mpstress run --until: how it ends, what it says, and what is in the database.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

json() {
    printf '%s' "$output" > out.json
    sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$1')"
}

@test "clean rounds succeed after exactly as many as the claim needs" {
    # Beta(1/2, 10) truncated to (0, 0.05): log E passes log 20 at the 72nd round.
    run -0 --separate-stderr "$program" run noop --device null --until 'rate<5%@95%' --db rounds.db
    [[ "$output" == "CLAIM MET, NO CONTROL  rate<5%@95% is met: evidence 20."*"0 of 72 rounds of the subject failed"* ]]
    [[ "$stderr" == *"ended by success: rate<5%@95% is shown"* ]]
    [ "$(query "SELECT count(*), max(state) FROM round, campaign")" = "72|complete" ]
    [ "$(query "SELECT claim, target, confidence, prior_a, prior_b, rounds FROM plan")" = "rate<5%@95%|0.05|0.95|0.5|10.0|732" ]
    run -0 "$program" report --db rounds.db --json
    [ "$(json '$.verdict')" = claim_met_no_control ]
    [ "$(json '$.exit_code')" = 0 ]
    [ "$(json '$.claim.decision')" = met ]
    [ "$(json '$.plan.claim')" = 'rate<5%@95%' ]
}

@test "rounds that die of a signal from outside cannot make a claim true" {
    # 25 of the first 97 die of SIGKILL: no verdict, and each might have been a failure.
    run --separate-stderr "$program" run noop --device null:fault=kill_self,p=0.3 --until 'rate<5%@95%' --rounds 110 \
        --seed 1 --db rounds.db
    [ "$status" -eq 3 ]
    local flat=${output//[[:space:]]/}
    [[ "$flat" == "INCONCLUSIVE"*"sinceroundsthatshowednothingcountasfailures"* ]]
    [[ "$flat" == *"havenoverdictandcountasfailedhere:withoutthisruletheclaimwouldbemet;withit,itisNOTmet"* ]]
    run "$program" report --db rounds.db --json
    [ "$status" -eq 3 ]
    [ "$(json '$.claim.is_met_as_counted')" = 1 ]
    [ "$(json '$.claim.is_met_at_worst')" = 0 ]
}

@test "rounds that were lost while they hung cannot make a claim true" {
    run --separate-stderr "$program" run noop --device null:fault=exit_code,p=0 --until 'rate<5%@95%' --db rounds.db
    [ "$status" -eq 0 ]
    sqlite3 rounds.db "UPDATE round SET outcome = 'lost' WHERE seq IN (5, 9)"
    run -3 "$program" report --db rounds.db
    [[ "$output" == "INCONCLUSIVE"* ]]
}

@test "a claim that is tried again until it is met says so, and all tries must meet it" {
    local seed
    for seed in 1 2 3; do
        run "$program" run noop --device null:fault=exit_code,p=0.1 --until 'rate<10%@95%' --rounds 60 --seed $seed \
            --db rounds.db --quiet
        [ "$status" -eq 3 ]
    done
    [[ "${output//[[:space:]]/}" == *"try3ofthisclaimhere:inallofthem16of180roundsfailed,andallofthemtogethermustmeetittoo"* ]]
    # By itself the third would meet it, had none of its rounds failed.
    sqlite3 rounds.db "UPDATE round SET outcome = 'pass' WHERE campaign_id = 3"
    run -3 "$program" report --db rounds.db --json
    [ "$(json '$.claim.is_met_as_counted')" = 1 ]
    [ "$(json '$.claim.decision')" = open ]
    [ "$(json '$.claim.tries')" = 3 ]
    [ "$(json '$.claim.failures_of_all_tries')" = 9 ]
    sqlite3 rounds.db "DELETE FROM campaign_cell WHERE campaign_id < 3"
    run -0 "$program" report --db rounds.db
}

@test "another claim needs another number of rounds" {
    run -0 "$program" run noop --device null --until 'rate<20%@90%' --db rounds.db --quiet
    [ "$(query "SELECT count(*) FROM round")" = 13 ]
}

@test "failures do not end it while the claim can still be met, and are reported" {
    # Which rounds fail follows from the seed: the first one with a failure will do.
    local seed failures=0
    for ((seed = 1; seed <= 20 && failures == 0; seed++)); do
        rm -f rounds.db
        run --separate-stderr "$program" run noop --device null:fault=exit_code,p=0.1 --seed $seed \
            --until 'rate<30%' --db rounds.db
        [ "$status" -ne 0 ] || failures=$(query "SELECT count(*) FROM round WHERE outcome <> 'pass'")
    done
    [ "$failures" -gt 0 ]
    [[ "$output" == "CLAIM MET"*" $failures of "*" rounds of the subject failed"* ]]
}

@test "a device that fails ends it with a regression" {
    run --separate-stderr "$program" run noop --device null:fault=segv_null --until 'rate<5%' --db rounds.db
    [ "$status" -eq 1 ]
    [[ "$output" == "REGRESSION  rate<5%@95% is refuted by noop, arm none"*"3 of 3 rounds of the subject failed"* ]]
    [[ "$stderr" == *"ended by a regression against rate<5%@95%: 3 of 3 rounds of noop"* ]]
    [ "$(query "SELECT count(*), max(state) FROM round, campaign")" = "3|complete" ]
    run "$program" report --db rounds.db --json
    [ "$status" -eq 1 ]
    [ "$(json '$.verdict')" = regression ]
}

@test "the end of the budget leaves it undecided, as announced before it began" {
    run --separate-stderr "$program" run noop --device null --rounds 20 --until 'rate<5%' --db rounds.db
    [ "$status" -eq 3 ]
    [[ "$stderr" == *"rate<5%@95% needs 72 rounds of each subject even if none fails, and noop has 20"* ]]
    [[ "$stderr" == *"the budget is used up, and rate<5%@95% is undecided: "*" % of the evidence needed"* ]]
    [[ "$output" == "INCONCLUSIVE  rate<5%@95% is neither shown nor refuted"* ]]
    [[ "$output" == *"52 more rounds without a failure would have met it"* ]]
    run "$program" report --db rounds.db --json
    [ "$(json '$.verdict')" = inconclusive ]
}

@test "a silent positive control ends it without power after 66 rounds" {
    run --separate-stderr "$program" run noop noop:role=positive_control,threads=2 --device null:fault=abort,at=9 --until 'rate<5%' --db rounds.db
    [ "$status" -eq 5 ]
    [[ "$stderr" == *"ended without power: a control that must fail is silent"* ]]
    [[ "$output" == "NO POWER  rate<5%@95% cannot be judged"* ]]
    [ "$(query "SELECT count(*) FROM round JOIN campaign_cell USING (cell_id) WHERE role = 'positive_control'")" = 66 ]
}

@test "a silent positive control means no power at the end of the budget too" {
    run --separate-stderr "$program" run noop noop:role=positive_control,threads=2 --device null:fault=abort,at=9 --rounds 5 --until 'rate<90%' --db rounds.db
    [ "$status" -eq 5 ]
    [ "$(query "SELECT count(*) FROM round")" -lt 11 ]
}

@test "with a control that fails the claim is met" {
    cat > guarded.ini <<'INI'
[noop]
device = null
[noop: control]
role = positive_control
device = null:fault=exit_code
threads = 2
INI
    run -0 --separate-stderr "$program" run --suite ./guarded.ini --until 'rate<20%@90%' --db rounds.db
    [[ "$output" == "CLAIM MET  "*"the control that must fail did"* ]]
    run -0 "$program" report --db rounds.db --json
    [ "$(json '$.verdict')" = claim_met ]
}

@test "every subject must meet the claim by itself" {
    cat > two.ini <<'INI'
[noop]
device = null
[noop: failing]
device = null:fault=exit_code
threads = 2
INI
    run --separate-stderr "$program" run --suite ./two.ini --until 'rate<5%' --db rounds.db
    [ "$status" -eq 1 ]
    [[ "$output" == "REGRESSION  rate<5%@95% is refuted by noop, arm none, "*"threads=2"* ]]
}

@test "rounds that still run when it is decided are counted, and it must still stand" {
    run -0 "$program" run noop --device null --jobs 4 --until 'rate<5%' --db rounds.db --quiet
    [ "$(query "SELECT count(*) BETWEEN 72 AND 143 FROM round")" = 1 ]
}

@test "an invalid claim is refused before anything is created" {
    refused "--until" "must start with the word 'rate'" "'rate<0.1%@95%'" -- run noop --device null --until 'crashes<5%'
    refused "--round-seed" -- run noop --device null --until 'rate<5%' --round-seed 1
}

@test "a run that was interrupted resumes with its claim and what it had counted" {
    "$program" run noop --device null --until 'rate<5%' --db rounds.db --quiet > /dev/null
    # As if it had been interrupted after 40 rounds.
    sqlite3 rounds.db "DELETE FROM round WHERE seq > 40; UPDATE campaign SET state = 'interrupted', ended_at = NULL"
    run -0 --separate-stderr "$program" run --resume --db rounds.db
    [[ "$stderr" == *"ended by success: rate<5%@95% is shown"* ]]
    [ "$(query "SELECT count(*), count(DISTINCT campaign_id) FROM round")" = "72|1" ]
    [ "$(query "SELECT count(*) FROM plan")" = 1 ]
}

@test "a decision undone by a running round does not count" {
    # A crash is read for longer than a pass takes, so it often comes back after the round that seemed to decide.
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        rm -f rounds.db
        run --separate-stderr "$program" run noop --device null:fault=segv_null,p=0.1 --jobs 4 --seed $seed \
            --rounds 1000 --until 'rate<40%' --db rounds.db
        [ "$status" -eq 0 ]
        [[ "$output" == "CLAIM MET"* ]]
    done
}
