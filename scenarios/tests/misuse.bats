#!/usr/bin/env bats
# Rules of Vulkan that are broken on purpose, on lavapipe: those that do not depend on timing fail in each round, and
# every twin passes.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
}

need_lavapipe() {
    "$MP_BIN/mpstress-round" --describe-device vulkan@lavapipe | grep -q $'^device\tvulkan@lavapipe\t1' ||
        skip "lavapipe is not installed (scripts/bootstrap vulkan)"
}

query() {
    sqlite3 -readonly rounds.db "$1"
}

@test "what the device executes after it was freed or changed fails in each round, as a control that must" {
    need_lavapipe
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' ||
        skip "a sanitizer meets it in its own way"
    run "$MP_BIN/mpstress" run \
        'vulkan_misuse:kind=free_in_flight|buffer_in_flight|pipeline_in_flight|set_in_flight|fence_in_flight' \
        --device vulkan@lavapipe --rounds 2 --timeout 60s --quiet --db rounds.db
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(query "SELECT group_concat(DISTINCT role) FROM campaign_cell")" = positive_control ]
    [ "$(query "SELECT count(*) FROM round JOIN outcome ON name = outcome WHERE class = 'failure'")" = 10 ]
}

@test "the twin of every kind passes" {
    need_lavapipe
    kinds=$("$MP_BIN/mpstress-round" --describe | awk -F'\t' '$1 == "scenario" { is = $2 == "vulkan_misuse" }
        is && $1 == "row" && $2 == "kind"' | grep -o '[a-z_]*\(_[a-z]*\)*|[a-z_|]*' | head -n 1)
    [ "$(tr '|' '\n' <<< "$kinds" | wc -l)" -eq 14 ]
    run "$MP_BIN/mpstress" run "vulkan_misuse:rule=kept,iters=8,kind=$kinds" --device vulkan@lavapipe --rounds 1 \
        --timeout 60s --quiet --db rounds.db
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'pass'")" = 14 ]
    [ "$(query "SELECT group_concat(DISTINCT role) FROM campaign_cell")" = subject ]
}

@test "no finding can be made of a broken rule, and a device without rules of Vulkan is a skip" {
    printf '[vulkan_misuse]\nrole = subject\ndevice = vulkan@lavapipe\n' > finding.ini
    run "$MP_BIN/mpstress" run --suite ./finding.ini --rounds 1 --db rounds.db
    [ "$status" -eq 2 ]
    [[ "$output" == *"can only be a positive control: what fails is its client's fault"*"rule=kept"* ]]
    run "$MP_BIN/mpstress" run vulkan_misuse:rule=kept --device null --rounds 1 --quiet --db rounds.db
    [ "$status" -eq 4 ]
    [[ "$(query "SELECT detail FROM round")" == *"device null has no Vulkan rule to break"* ]]
}
