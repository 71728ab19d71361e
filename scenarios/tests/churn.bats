#!/usr/bin/env bats
# Scenarios that make and release what others only use: devices, pipelines, memory up to its limit. They pass where they
# can run, and elsewhere they are skips that say why.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    devices=(null metal@model)
    # ThreadSanitizer cannot see how lavapipe's threads, which it did not build, wait for each other.
    nm "$MP_BIN/mpstress-round" | grep -q '__tsan_init' ||
        ! "$MP_BIN/mpstress-round" --describe-device vulkan@lavapipe | grep -q $'^device\tvulkan@lavapipe\t1' ||
        devices+=(vulkan@lavapipe)
}

# outcomes SCENARIO: of one round on each device, in the order of `devices`.
outcomes() {
    local device
    for device in "${devices[@]}"; do
        "$MP_BIN/mpstress" run "$1" --device "$device" --rounds 1 --timeout 60s --quiet --db "$device.db" >out || true
        sqlite3 -readonly "$device.db" "SELECT outcome || ': ' || detail FROM round"
    done
}

@test "pipelines are made and released on all threads" {
    outcomes pipeline_churn:threads=4,iters=4 | tee said
    grep -q '^skip: .*device null compiles nothing' said
    [ "$(grep -c '^pass: 16 ops' said)" -eq $((${#devices[@]} - 1)) ]
}

@test "devices are opened and closed on all threads, where a process may have several" {
    outcomes device_churn:threads=3,iters=2 | tee said
    grep -q '^skip: .*a process has this device only once' said
    [ "$(grep -c '^pass: 6 ops' said)" -eq $((${#devices[@]} - 1)) ]
}

@test "memory runs out, is refused in words, and ops go on; without a refusal there is no verdict" {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' || skip "a sanitizer needs its address space"
    [ -r /proc/self/statm ] || skip "this system does not say how much address space is used"
    outcomes memory_limit:iters=2 | tee said
    [ "$(grep -c '^pass: 2 ops' said)" -eq "${#devices[@]}" ]
    devices=(null)
    rm null.db
    outcomes memory_limit:room=65536,size=1 | tee said
    grep -q 'buffers of 1 MiB were allocated within a smaller limit' said
}

@test "the driver is unloaded and loaded again, where it can be" {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' || skip "a sanitizer keeps every library"
    outcomes library_reload:threads=3,iters=2 | tee said
    [ "$(grep -c "^skip: device .* keeps its driver's library loaded, or has none" said)" = 2 ]
    [ "$(grep -c '^pass: 7 ops' said)" -eq $((${#devices[@]} - 2)) ]
}
