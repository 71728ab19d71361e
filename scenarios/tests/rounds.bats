#!/usr/bin/env bats
# Whole rounds of every scenario on the null device: clean ones pass with books that balance, and
# work that is wrong, lost or refused is found by the scenario's own checks.
# SPDX-License-Identifier: Apache-2.0

scenarios="mm linear_nograph layernorm contiguous oversubscribe destroy_impl single_thread noop"

load standalone

@test "every scenario passes with its defaults and its books balance" {
    for scenario in $scenarios; do
        play null "$scenario" none
        expect_clean
    done
}

@test "every scenario passes with one op a thread and the smallest matrices" {
    for scenario in $scenarios; do
        play null "$scenario" none iters 1 n 1
        expect_clean
    done
}

@test "every scenario passes under every arm" {
    for scenario in $scenarios; do
        for arm in encode_mutex stream_mutex sync_on_queue serial; do
            play null "$scenario" "$arm" iters 3
            expect_clean
        done
    done
}

@test "sizes that are no multiple of a group, and batches that do not divide the ops, pass" {
    for scenario in mm linear_nograph layernorm contiguous; do
        play null "$scenario" none threads 3 n 33 iters 7 batch 5
        expect_clean
    done
}

@test "128 threads pass" {
    for scenario in mm oversubscribe; do
        play null "$scenario" none threads 128 n 4 iters 2
        expect_clean
    done
}

@test "one wrong result is a mismatch that names thread, op, place and values" {
    for scenario in mm linear_nograph layernorm contiguous oversubscribe destroy_impl single_thread; do
        play null:fault=wrong,at=5 "$scenario" none
        expect 1 'mismatch: 1 of [0-9]+ ops gave a wrong result; first: thread [0-9]+, op [0-9]+ \(mp_[a-z]+\): buffer [1-5], element [0-9]+: got .*, expected .* elements are wrong'
    done
}

@test "one op that never ran is dropped, with the op named where it has an output" {
    for scenario in mm linear_nograph layernorm contiguous oversubscribe destroy_impl single_thread; do
        play null:fault=drop,at=5 "$scenario" none
        expect 1 'dropped: 1 of [0-9]+ ops left no output; first: thread [0-9]+, op [0-9]+ \(mp_[a-z]+\): none of its [0-9]+ elements was written'
    done
}

@test "a dropped noop is found by the device's own count" {
    play null:fault=drop noop none iters 3
    expect 1 'dropped: the device executed 2 of 3 ops'
}

@test "a failed command buffer is a gpu_error in every scenario" {
    for scenario in $scenarios; do
        play null:fault=gpu_error "$scenario" none
        expect 1 gpu_error
    done
}

@test "destroy_impl with a closed gate has no hostile sync, and with an open one has some" {
    play null destroy_impl none q 0
    expect_clean
    [[ "$output" == *" 0 hostile syncs"* ]]
    play null:delay=2ms destroy_impl none q 1 threads 3 iters 2
    expect_clean
    [[ "$output" != *" 0 hostile syncs"* ]]
}

@test "the same seed gives the same numbers and another seed gives others" {
    play null:fault=wrong mm none threads 1
    first=$(printf '%s\n' "$output" | grep '^outcome')
    run "$MP_BIN/mpstress-round" --spec "$spec"
    [ "$(printf '%s\n' "$output" | grep '^outcome')" = "$first" ]
    sed 's/0x5eed/0x5eee/' "$spec" >"$spec.other"
    run "$MP_BIN/mpstress-round" --spec "$spec.other"
    [ "$(printf '%s\n' "$output" | grep '^outcome')" != "$first" ]
}
