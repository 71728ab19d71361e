#!/usr/bin/env bats
# Scenarios about what clients send beside ops, and the controls that break a rule of Metal's: what each is by its role on
# the sound model, and a skip that says why on devices that have no such thing.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    export TSAN_OPTIONS="atexit_sleep_ms=0 ${TSAN_OPTIONS-}"
}

query() {
    sqlite3 -readonly rounds.db "$1"
}

# rounds CELL...: two rounds of each on the model without a defect.
rounds() {
    run "$MP_BIN/mpstress" run "$@" --device metal@model --rounds 2 --timeout 60s --quiet --db rounds.db
    echo "$output"
}

# all_pass: every round did; one in which threads did not meet is no failure of a busy machine.
all_pass() {
    [ "$(query "SELECT count(*) FROM round WHERE outcome NOT IN ('pass', 'no_overlap')")" = 0 ]
    [ "$(query "SELECT count(*) FROM round WHERE ops_done <> ops_planned OR ops_device <> ops_planned")" = 0 ]
    [ "$(query "SELECT group_concat(DISTINCT role) FROM campaign_cell")" = subject ]
}

@test "blits with fences and without, and events on the device and on the CPU, pass on the sound model" {
    rounds 'blit_fence:threads=3,iters=5,fence=on|off' 'event_mix:threads=4,iters=10,wait=device|cpu' \
        'event_pool:threads=4,iters=6' profiler_on:threads=4,iters=6 shutdown_race:threads=4,iters=6
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
    [ "$(query "SELECT count(*) FROM round")" = 14 ]
    all_pass
}

@test "threads that share a stream and commit beside its queue get their events all the same" {
    rounds event_pool:threads=4,iters=6,share=all,sync=off_queue
    all_pass
}

@test "a client that breaks a rule is a control that must fail, in Apple's words; its twin passes" {
    calls='commit|event|handler|wait|scheduled|end|again|enqueue|reopen'
    rounds abandon_encoder:threads=2 "commit_open_encoder:threads=2,call=$calls"
    [ "$status" -eq 0 ]
    [ "$(query "SELECT group_concat(DISTINCT role) FROM campaign_cell")" = positive_control ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'abort'")" = 20 ]
    [ "$(query "SELECT count(*) FROM round WHERE detail LIKE '%released without endEncoding%(encoder_not_ended:%'")" = 2 ]
    [ "$(query "SELECT count(*) FROM round WHERE detail LIKE '%with uncommitted encoder%(commit_open_encoder:%'")" = 2 ]
    [ "$(query "SELECT count(*) FROM round WHERE detail LIKE '%with uncommitted encoder%(signal_open_encoder:%'")" = 2 ]
    [ "$(query "SELECT count(*) FROM round WHERE detail LIKE '%after commit call%(completed_handler_late:%'")" = 2 ]
    for name in wait_open_encoder scheduled_handler_late double_end double_commit double_enqueue \
        encode_after_commit; do
        [ "$(query "SELECT count(*) FROM round WHERE detail LIKE '%($name:%'")" = 2 ]
    done
    rm rounds.db
    rounds abandon_encoder:rule=kept,threads=2,iters=40 \
        "commit_open_encoder:rule=kept,threads=2,call=$calls"
    all_pass
}

@test "no finding can be made of a broken rule" {
    printf '[abandon_encoder]\nrole = subject\ndevice = metal@model\n' > finding.ini
    run "$MP_BIN/mpstress" run --suite ./finding.ini --rounds 1 --db rounds.db
    [ "$status" -eq 2 ]
    [[ "$output" == *"can only be a positive control: what fails is its client's fault"* ]]
}

@test "a device that has no blits, events or encoders is a skip that names one that has" {
    for cell in blit_fence event_mix event_pool profiler_on shutdown_race abandon_encoder commit_open_encoder; do
        rm -f rounds.db
        run "$MP_BIN/mpstress" run "$cell" --device null --rounds 1 --quiet --db rounds.db
        [ "$(query "SELECT outcome FROM round")" = skip ]
        [[ "$(query "SELECT detail FROM round")" == *"device null has no "*"use metal or metal@model"* ]]
    done
}

@test "what MPS has no call for runs there between its ops, with command buffers of MPS" {
    for cell in noop:iters=5 sync_storm:threads=3,iters=10,storm=5 mha:threads=2,iters=2 transformer_mix:threads=2,iters=1 \
        sequential:threads=2,iters=4 conv1d:threads=2,iters=4 lstm:threads=2,iters=4 scatter:threads=2,iters=4 \
        batch:threads=2,iters=4 blit_fence:threads=2,iters=4 \
        event_mix:threads=2,iters=4 event_pool:threads=2,iters=4 profiler_on:threads=2,iters=4 shutdown_race:threads=2,iters=4 \
        pipeline_churn:threads=2,iters=2 library_race:threads=2,iters=2; do
        printf '[%s]\ndevice = mps@model\n' "${cell%%:*}"
        printf '%s\n' "${cell#*:}" | tr ',' '\n'
    done > mps.ini
    run "$MP_BIN/mpstress" run --suite ./mps.ini --rounds 1 --timeout 60s --quiet --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome IN ('pass', 'no_overlap') AND ops_done > 0")" = 16 ]
    rm rounds.db
    # A process has the model's device once, and `list` says so.
    run "$MP_BIN/mpstress" run device_churn --device mps@model --rounds 1 --quiet --db rounds.db
    [[ "$(query "SELECT detail FROM round WHERE outcome = 'skip'")" == *"a process has this device only once"* ]]
    run -0 "$MP_BIN/mpstress" list device_churn
    [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"metal@model and mps@model are a skip"* ]]
}

@test "streams in PyTorch's style take ops only, and say so instead of mixing two orders" {
    for cell in blit_fence event_pool event_mix profiler_on; do
        rm -f rounds.db
        run "$MP_BIN/mpstress" run "$cell:stream=pytorch_main,threads=2" --device metal@model --rounds 1 --quiet \
            --timeout 60s --db rounds.db
        [ "$(query "SELECT outcome FROM round")" = skip ]
        [[ "$(query "SELECT detail FROM round")" == *"need stream=safe"* ]]
    done
}

@test "every form in which clients send ops passes, with a scenario of ops" {
    for form in buffers=unretained buffers=mps encoders=concurrent encoders=descriptor memory=heap handlers=on \
        buffers=mps,encoders=descriptor,memory=heap,handlers=on; do
        "$MP_BIN/mpstress" run mm:iters=8,batch=4 contiguous:iters=8 --device "metal@model:$form" --rounds 1 \
            --quiet --timeout 60s --db rounds.db || [ $? -eq 3 ]
    done
    [ "$(query "SELECT count(*) FROM round")" = 14 ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome NOT IN ('pass', 'no_overlap')")" = 0 ]
}

@test "a lost op shows in the output of a blit behind it" {
    run "$MP_BIN/mpstress" run blit_fence:threads=2 --device metal@model:defects=silent_drop --rounds 2 --quiet \
        --timeout 60s --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome IN ('mismatch', 'dropped')")" = 2 ]
}

@test "a scheduled handler that runs after the completed one of its buffer is noticed" {
    run "$MP_BIN/mpstress" run mm:threads=2 --device metal@model:defects=scheduled_after_completed,handlers=on --rounds 2 \
        --quiet --timeout 60s --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'gpu_error'")" = 2 ]
    [ "$(query "SELECT count(*) FROM round WHERE detail LIKE '%ran before the scheduled handler of its command buffer'")" = 2 ]
}

@test "what dispatches use is declared, buffers get their place before they are filled, and every op is right" {
    run "$MP_BIN/mpstress" run blit_fence:threads=2,iters=5 mm:threads=4,iters=10 \
        --device metal@model:residency=use,memory=heap,enqueue=on,handlers=on --rounds 2 --quiet --timeout 60s --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome IN ('pass', 'no_overlap') AND ops_wrong = 0")" = 4 ]
    run "$MP_BIN/mpstress" run mm:threads=2 --device metal@model:enqueue=on,buffers=mps --rounds 1 --quiet --db rounds.db
    [[ "$(query "SELECT detail FROM round WHERE outcome = 'skip'")" == *"enqueue=on needs command buffers of the queue"* ]]
}

@test "a profiler notices what is wrong with its handlers, and adds them while other threads commit" {
    rounds profiler_on:threads=4,iters=10,share=all,sync=off_queue
    all_pass
    rm rounds.db
    run "$MP_BIN/mpstress" run profiler_on:threads=2 --device metal@model:defects=assert_completed --rounds 2 --quiet --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'abort' AND detail LIKE '%(completed_handler_late:%'")" = 2 ]
}

@test "a dropped stream does its work, in every form of command buffers" {
    run "$MP_BIN/mpstress" run shutdown_race:threads=4,iters=8 --device metal@model:buffers=unretained \
        --device metal@model:buffers=mps,handlers=on --rounds 2 --quiet --timeout 60s --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome IN ('pass', 'no_overlap')")" = 4 ]
    run "$MP_BIN/mpstress" run shutdown_race:threads=2 --device metal@model:defects=silent_drop --rounds 2 --quiet --db drop.db
    [ "$(sqlite3 -readonly drop.db "SELECT count(*) FROM round WHERE outcome = 'dropped'")" = 2 ]
}

@test "streams in PyTorch's style commit after a graph once memory is near the low watermark" {
    cells='linear_graph:threads=1,iters=12,batch=4,stream=pytorch_main'
    for watermark in 0 1; do
        # Until the watermark a command buffer takes all ops between two synchronizations.
        run "$MP_BIN/mpstress" run "$cells" --device "metal@model:defects=gpu_hang,low_watermark=$watermark" --rounds 1 \
            --timeout 3s --quiet --db "mark$watermark.db"
    done
    [ "$(sqlite3 -readonly mark0.db "SELECT outcome FROM round")" = pass ]
    [ "$(sqlite3 -readonly mark1.db "SELECT outcome FROM round")" = hang ]
    run "$MP_BIN/mpstress" run linear_graph:threads=4,batch=4,stream=pytorch_main --device metal@model:low_watermark=1 \
        --device metal@model:low_watermark=1,buffers=mps --rounds 2 --quiet --timeout 60s --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome IN ('pass', 'no_overlap') AND ops_wrong = 0")" = 4 ]
}

@test "graphs are compiled first, or on the way, and do the same" {
    run "$MP_BIN/mpstress" run graph_compile:threads=4 linear_graph:threads=4 layernorm:threads=2,iters=8 \
        --device mps@model:graphs=compile --rounds 2 --quiet --timeout 60s --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome IN ('pass', 'no_overlap') AND ops_wrong = 0")" = 6 ]
    run "$MP_BIN/mpstress" run graph_compile --device mps@model:graphs=compile,defects=kernel_dag --rounds 2 --quiet --db dag.db
    [ "$(sqlite3 -readonly dag.db "SELECT count(*) FROM round WHERE outcome = 'abort'")" = 2 ]
}
