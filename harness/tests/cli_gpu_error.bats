# What becomes of rounds whose command buffers a driver ends: their own fault is a finding, somebody else's is none.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

@test "the victim of another process's error is no verdict, and a canary follows each" {
    run -3 "$program" run noop --device null:fault=gpu_victim --rounds 3 --canary on --quiet --db rounds.db
    [ "$(query "SELECT outcome, count(*) FROM round GROUP BY 1")" = "no_verdict|3" ]
    [ "$(query "SELECT count(*) FROM health_check WHERE outcome = 'pass'")" = 3 ]
    [ "$(query "SELECT DISTINCT gpu_error_domain, gpu_error_code, gpu_error_callback FROM round")" = "MTLCommandBufferErrorDomain|1|5" ]
    [[ "$(query "SELECT gpu_error_text FROM round LIMIT 1")" == "Discarded (victim"*"InnocentVictim)"* ]]
    [[ "$(query "SELECT detail FROM round LIMIT 1")" == \
        "the driver ended a command buffer for an error that is not its own (innocent victim); without that it would be gpu_error: "* ]]
    run "$program" show round 1 --db rounds.db
    [[ "$output" == *"GPU error"*"MTLCommandBufferErrorDomain 1: Discarded"* ]]
}

@test "an error of its own is a finding with its raw parts" {
    run -1 "$program" run noop --device null:fault=gpu_error --rounds 2 --quiet --db rounds.db
    [ "$(query "SELECT DISTINCT outcome, gpu_error_domain, gpu_error_code, gpu_error_callback IS NULL, gpu_error_text FROM round")" = \
        "gpu_error|mpstress.null|1|1|planted" ]
    "$program" show round 1 --db rounds.db --json > out.json || true
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.round.gpu_error_text')")" = planted ]
}

@test "a round without errors has none" {
    run -0 "$program" run noop --device null --rounds 1 --quiet --db rounds.db
    [ "$(query "SELECT gpu_error_domain IS NULL AND gpu_error_code IS NULL AND gpu_error_text IS NULL FROM round")" = 1 ]
}

@test "the Metal client tells the error of the driver's command buffer" {
    touch scar # the model's device stays broken while it exists
    run -1 "$program" run mm --device metal@model:scar=scar --rounds 1 --quiet --db rounds.db
    [ "$(query "SELECT outcome, gpu_error_domain, gpu_error_code > 0, gpu_error_callback IS NULL FROM round")" = \
        "gpu_error|MTLCommandBufferErrorDomain|1|1" ] || { query "SELECT * FROM round"; false; }
}
