#!/usr/bin/env bats
# Scenarios about the lives of threads, queues and buffers: they pass on every device that can run them, and elsewhere
# they are skips that say why.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    # ThreadSanitizer's second of sleep before each exit would make minutes of this file.
    export TSAN_OPTIONS="atexit_sleep_ms=0 ${TSAN_OPTIONS-}"
    devices=(null metal@model)
    # ThreadSanitizer cannot see how lavapipe's threads, which it did not build, wait for each other.
    nm "$MP_BIN/mpstress-round" | grep -q '__tsan_init' ||
        ! "$MP_BIN/mpstress-round" --describe-device vulkan@lavapipe | grep -q $'^device\tvulkan@lavapipe\t1' ||
        devices+=(vulkan@lavapipe)
}

# outcomes SCENARIO: of one round on each device, in the order of `devices`; one in which threads did not meet is no
# failure of a busy machine.
outcomes() {
    local device
    for device in "${devices[@]}"; do
        rm -f rounds.db
        "$MP_BIN/mpstress" run "$1" --device "$device" --rounds 1 --timeout 60s --quiet --db rounds.db >out || true
        sqlite3 -readonly rounds.db "SELECT outcome || ': ' || detail FROM round" |
            sed 's/^no_overlap: .*/pass: did not meet/'
    done
}

# pass SCENARIO: on every device.
pass() {
    outcomes "$1" | tee said
    [ "$(grep -c '^pass: ' said)" -eq "${#devices[@]}" ]
}

@test "queues are made, used and released on all threads, many at a time" {
    pass queue_churn:threads=3,iters=3
    pass queue_churn:threads=2,iters=2,queues=100
}

@test "buffers of many sizes are made on all threads and released by others" {
    pass allocator_contention:threads=4,iters=4
}

@test "threads come and go, also with an encoder open, and begin together or one after the other" {
    pass thread_churn:threads=6,iters=4,batch=2
    pass thread_churn:threads=6,iters=4,batch=2,pattern=open_exit
    pass thread_churn:threads=6,iters=4,batch=2,streams=7,policy=throw
    outcomes thread_churn:threads=6,streams=4,policy=wait | tee said
    [ "$(grep -c '^skip: .*6 threads need 7 streams with pattern=churn and policy=wait' said)" -eq "${#devices[@]}" ]
    for pattern in barrier staggered churn open_exit; do
        pass "contiguous:threads=4,iters=6,batch=2,pattern=$pattern"
    done
}

@test "a thread that ends inside the driver is named, also where it took another one's place" {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' || skip "AddressSanitizer takes the stack of such a thread for overrun"
    "$MP_BIN/mpstress" run thread_churn:threads=4 --device null:fault=thread_exit --rounds 1 --timeout 60s --quiet \
        --db rounds.db || true
    sqlite3 -readonly rounds.db "SELECT outcome || ': ' || detail FROM round" | tee said
    grep -q '^dropped: .*worker [1-4] vanished inside encode' said
}

@test "the main thread synchronizes beside the workers; beside the queue it finds the race of destroyImpl" {
    pass sync_storm:threads=4,iters=8,storm=20
    pass sync_storm:threads=4,iters=8,storm=20,which=own
    devices=(metal@model:defects=destroy_race)
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' || return 0 # which have their own words for a crash
    outcomes sync_storm:threads=8,sync=off_queue,share=all,which=own,q=1 | tee said
    grep -q '^crash: ' said
}

@test "what is made is released, where the driver counts it" {
    outcomes leak:threads=3,iters=4 | tee said
    grep -q '^pass: 13 ops' said
    [ "$(grep -c '^skip: .*does not count what it makes' said)" -eq $((${#devices[@]} - 1)) ]
}

@test "small ops go on for a length of time" {
    pass soak:threads=4,seconds=1
}

@test "new texts are compiled on all threads at once" {
    outcomes 'library_race:threads=4,iters=3' | tee said
    grep -q '^skip: .*device null compiles nothing' said
    [ "$(grep -c '^pass: ' said)" -eq $((${#devices[@]} - 1)) ]
}

@test "memory is used up and given back beside ops" {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' || skip "a sanitizer needs its address space"
    [ -r /proc/self/statm ] || skip "this system does not say how much address space is used"
    # Our own memory may be refused as well, which is no verdict.
    for _ in 1 2 3 4 5; do
        outcomes memory_pressure:threads=3 | tee said
        grep -v '^broken: it got no memory for its own work' said | grep -v '^pass: ' > other || true
        [ ! -s other ]
        [ "$(grep -c '^pass: ' said)" -ne ${#devices[@]} ] || return 0
    done
    return 1
}

@test "encoders are made and ended, and buffers committed without a wait" {
    pass encoder_churn:threads=4,iters=24
    pass encoder_churn:threads=2,iters=64,batch=1,depth=32
}

@test "an op is done within another one's encoding, several deep" {
    for where in taken pipeline bound; do
        pass "reentrant:threads=3,iters=3,levels=3,where=$where"
    done
    devices=(null)
    outcomes reentrant:sync=off_queue,q=1 | tee said
    grep -q '^skip: .*the gate (q) needs the points' said
}

@test "two open encoders on one command buffer abort with the driver's words, and their twin passes" {
    outcomes shared_buffer_misuse | tee said
    grep -q '^abort: .*A command encoder is already encoding to this command buffer' said
    [ "$(grep -c '^skip: .*use metal or metal@model' said)" -eq $((${#devices[@]} - 1)) ]
    outcomes shared_buffer_misuse:rule=kept | tee said
    grep -q '^pass: 8 ops' said
}

@test "the model's defects of this kind are found, each by the scenario that looks for it" {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' || skip "a sanitizer has its own time for everything"
    while IFS='|' read -r scenario defect said; do
        # A model that does not have the defect says nothing about the scenario.
        "$MP_BIN/mpstress-round" --describe | grep -P '^row\tdefects\t' | grep -qE "[|	]$defect[|	]" || continue
        devices=("metal@model:defects=$defect")
        outcomes "$scenario" | tee found
        grep -q "$said" found
    done <<'W'
encoder_churn|coalesce_assert|^abort: 
queue_churn|queue_exhaustion|^gpu_error: .*no more queues after .* although none is held
leak|context_leak|^gpu_error: .*of the driver's contexts .*are left
soak:seconds=2,iters=16|slow_degradation|^gpu_error: .*the device became slower
W
}
