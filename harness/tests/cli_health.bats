# A device that stays broken after a hang: what then happens on it is not a finding.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

@test "rounds on a null device that stays broken have no verdict until its canary passes" {
    run -1 --separate-stderr "$program" run noop --device "null:fault=hang,p=0.5,scar=scar,heals=2" \
        --canary on --silence 1s --rounds 12 --seed 7 --db rounds.db
    [ "$(query "SELECT group_concat(outcome) FROM (SELECT outcome FROM round ORDER BY seq)")" = \
        hang,no_verdict,no_verdict,pass,hang,no_verdict,no_verdict,pass,pass,pass,hang,no_verdict ]
    [ "$(query "SELECT group_concat(outcome || after_seq) FROM (SELECT * FROM health_check ORDER BY id LIMIT 3)")" = \
        gpu_error1,gpu_error2,pass3 ]
    [[ "$output" == *"unhealthy after round 1 (hang, mpstress show round 1) until after round 3"* ]]
    [ "$(query "SELECT failures FROM cell_rate")" = 3 ]
    "$program" report --json --db rounds.db > report.json || [ $? -eq 1 ]
    [ "$(query "SELECT json_array_length(readfile('report.json'), '\$.health')")" = 8 ]
}

@test "without canaries the same device would give false failures" {
    run -1 "$program" run noop --device "null:fault=hang,p=0.5,scar=scar,heals=2" \
        --canary off --silence 1s --rounds 9 --seed 7 --db rounds.db
    [ "$(query "SELECT count(*) > 3 FROM round WHERE outcome = 'gpu_error'")" = 1 ]
    [ "$(query "SELECT count(*) FROM health_check")" = 0 ]
}

@test "a run ends when the model stays unhealthy after a hang" {
    run -1 --separate-stderr "$program" run mm --device "metal@model:defects=gpu_hang,scar=scar" \
        --canary on --canary-limit 3 --silence 1s --rounds 20 --seed 7 --db rounds.db
    [ "$(query "SELECT group_concat(outcome) FROM (SELECT outcome FROM round ORDER BY seq)")" = hang,no_verdict,no_verdict ]
    [ "$(query "SELECT state FROM campaign")" = interrupted ]
    [[ "$stderr" == *"a device remains unhealthy"* ]]
    [[ "$output" == *"unhealthy after round 1 (hang, mpstress show round 1) to the end"* ]]
}

@test "rounds that ended beside a bad one wait for the canary, at several jobs too" {
    run -1 --separate-stderr "$program" run noop --device "null:fault=hang,scar=scar" --jobs 4 \
        --canary on --canary-limit 2 --silence 1s --rounds 40 --seed 1 --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome NOT IN ('no_verdict')")" = 1 ]
    [ "$(query "SELECT outcome FROM round WHERE seq = 1")" = hang ] || [ "$(query "SELECT outcome FROM round WHERE seq = 1")" = gpu_error ]
    [ "$(query "SELECT count(*) FROM running")" = 0 ]
}
