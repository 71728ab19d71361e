# The scenarios on a real driver, Mesa's lavapipe, where it is installed: portable ones are clean, the one that breaks
# Vulkan's rule fails, and each arm keeps it from failing. Rates are not asserted: only that the race shows in 20 rounds.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    "$MP_BIN/mpstress-round" --describe-device vulkan@lavapipe | grep -q $'^device\tvulkan@lavapipe\t1' ||
        skip "lavapipe is not installed (scripts/bootstrap vulkan)"
    db="$BATS_TEST_TMPDIR/rounds.db"
    cd "$BATS_TEST_TMPDIR"
}

query() {
    sqlite3 -readonly "$db" "$1"
}

# on_lavapipe CODE ARGUMENT...
on_lavapipe() {
    local code="$1"
    shift
    run "$MP_BIN/mpstress" run --device vulkan@lavapipe --db "$db" --quiet --timeout 60s "$@"
    echo "status $status: $output"
    [ "$status" -eq "$code" ]
}

@test "every portable scenario is clean on lavapipe, with its books balanced" {
    # Threads may never meet on a busy machine: that is no failure.
    run "$MP_BIN/mpstress" run --device vulkan@lavapipe --db "$db" --quiet --timeout 60s --rounds 5 \
        noop mm linear_nograph layernorm contiguous oversubscribe single_thread
    echo "$output"
    [ "$(query "SELECT count(*) FROM round")" = 35 ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome NOT IN ('pass', 'no_overlap')")" = 0 ]
    [ "$(query "SELECT count(*) FROM round WHERE ops_device <> ops_planned OR ops_done <> ops_planned")" = 0 ]
    [ "$(query "SELECT count(DISTINCT facts) FROM round_driver")" = 1 ]
}

@test "every op chain is clean on lavapipe, with several command buffers in flight" {
    run "$MP_BIN/mpstress" run --device vulkan@lavapipe --db "$db" --quiet --timeout 60s --rounds 2 \
        mha:iters=4,depth=3 mha:split=chunk,iters=4 transformer_mix:iters=2 sequential:iters=6,depth=3 conv1d:iters=4 batch:iters=6,n=3 \
        lstm:iters=4,layers=2 scatter:iters=6
    echo "$output"
    [ "$(query "SELECT count(*) FROM round")" = 16 ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome NOT IN ('pass', 'no_overlap')")" = 0 ]
    [ "$(query "SELECT count(*) FROM round WHERE ops_device <> ops_planned OR ops_done <> ops_planned")" = 0 ]
}

@test "a synchronize beside the queue breaks lavapipe as a control that must fail, and its texts are of Vulkan" {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' ||
        skip "a sanitizer meets the race in its own way"
    on_lavapipe 0 --rounds 20 destroy_impl
    [ "$(query "SELECT DISTINCT role FROM campaign_cell")" = positive_control ]
    [ "$(query "SELECT count(*) > 0 FROM round WHERE outcome IN ('crash', 'abort', 'dropped', 'mismatch', 'hang')")" = 1 ]
    [[ "$output" == *"found, as it must"* ]]
    [[ "$output" == *"@lavapipe is a real driver that runs on the CPU"* ]]
    failed=$(query "SELECT min(id) FROM round WHERE outcome NOT IN ('pass', 'no_overlap')")
    run -0 "$MP_BIN/mpstress" show round "$failed" --db "$db"
    output=$(printf '%s' "$output" | tr -s ' \n' ' ')
    [[ "$output" == *"Vulkan lets one thread at a time use a command buffer"* ]]
    [[ "$output" != *Apple* ]]
}

@test "each of the four arms keeps it from failing" {
    on_lavapipe 0 --rounds 5 destroy_impl --arm encode_mutex --arm stream_mutex --arm sync_on_queue --arm serial
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'pass'")" = 20 ]
    [ "$(query "SELECT DISTINCT role FROM campaign_cell")" = subject ]
}

@test "the smoke suite has lavapipe beside the default device, and both of its controls behave" {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' ||
        skip "a sanitizer meets the race in its own way"
    run "$MP_BIN/mpstress" run --suite smoke --device metal@model --rounds 5 --db "$db" --quiet --timeout 60s
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" != *"left out"* ]]
    [ "$(query "SELECT count(*) FROM cell WHERE device LIKE 'vulkan@lavapipe%'")" = 6 ]
    [ "$(query "SELECT group_concat(DISTINCT role) FROM campaign_cell AS m JOIN cell ON cell.id = cell_id JOIN round AS r
        USING (cell_id) WHERE device LIKE 'vulkan@lavapipe%' AND outcome NOT IN ('pass', 'no_overlap')")" = positive_control ]
}

@test "a suite cannot make a finding of it" {
    printf '[destroy_impl]\nrole = subject\ndevice = vulkan@lavapipe\n' > finding.ini
    run "$MP_BIN/mpstress" run --suite ./finding.ini --rounds 1 --db "$db"
    [ "$status" -eq 2 ]
    [[ "$output" == *"can only be a positive control"* ]]
}
