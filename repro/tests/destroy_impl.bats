#!/usr/bin/env bats
# The stand-alone program that shows the window, built by the line that stands in it, against the model.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || exit 1
    ! nm "$MP_BIN/libmpmodel.so" | grep -Eq '__[at]san_init' || skip "a sanitized model needs a sanitized program"
    cp "$MP_SOURCE/repro/destroy_impl/destroy_impl.c" .
    line=$(sed -n 's/^ \*   Linux:  //p' destroy_impl.c)
    [[ "$line" == "cc "* ]]
    sh -c "$line -Wall -Wextra -Werror"
    export MODEL="$MP_BIN/libmpmodel.so"
}

@test "correct use is clean, misuse crashes at the offsets of the recorded reports, each labelled as what it is" {
    for mode in correct serial; do
        run -0 ./destroy_impl $mode 6
        [[ "$output" != *MISUSE* ]]
        [ "$(grep -c '^round [0-9]*: clean: 50 encoders$' <<< "$output")" = 6 ]
    done
    run -1 ./destroy_impl shared 12
    [[ "$output" == "shared: MISUSE: threads call one encoder at once"* ]]
    [[ "$output" == *"on the software model of mpstress, which is no driver"* ]]
    # Every crash is at an offset that reports of the driver have.
    [ "$(grep -c '^round [0-9]*: ' <<< "$output")" = 12 ]
    [ "$(grep '^round .*crash' <<< "$output" | grep -cv 'signal 11 at 0x\(5c8\|5f4\|98\|184\),')" = 0 ]
    grep -q 'at 0x5c8' <<< "$output"
}

@test "the controls of one calling thread have two: alone it could not fail" {
    for mode in correct serial; do
        run -0 ./destroy_impl $mode 2 1
        [[ "$output" == "$mode: "*"; 2 threads, 50 encoders a round"* ]]
    done
    run -0 ./destroy_impl correct 1 64
    [[ "$output" == *"; 64 threads"* ]]
}

@test "readers that test under the lock are spared by the patched order" {
    run -1 ./destroy_impl shared 6 1 # one that calls, one that ends
    [[ "$output" == *"one more ends it; 1 thread, 50 encoders a round"* ]]
    MODEL_SETTINGS=reader=L,order=patched,defects=destroy_race run -0 ./destroy_impl shared 6
}

@test "the model's validation names the misuse, and has nothing to say of correct use" {
    export MODEL_SETTINGS=reader=U,defects=destroy_race,validation=on
    run -0 ./destroy_impl correct 2
    run -1 ./destroy_impl shared 2
    [[ "$output" == *"another thread called endEncoding"* ]]
    [ "$(grep -o 'abort: the driver ended the process' <<< "$output" | wc -l)" = 2 ]
}

@test "bad usage, no driver, bad settings" {
    run -2 ./destroy_impl
    run -2 ./destroy_impl wrong
    run -2 ./destroy_impl shared 0
    run -2 ./destroy_impl shared 2 1000
    run -2 ./destroy_impl shared 2x
    MODEL=$PWD/none.so run -4 ./destroy_impl correct 2
    [[ "$output" == *"round 1: no verdict: "*"none.so"* ]]
    MODEL_SETTINGS=reader=X run -4 ./destroy_impl correct 2
    [[ "$output" == *"no verdict: "*"reader"* ]]
}
