#!/usr/bin/env bats
# Op chains on the null device, in rounds of their own: clean ones pass with books that balance, one op that is
# wrong or lost is found as one op in its place in the chain, and sizes that do not fit are refused in words.
# SPDX-License-Identifier: Apache-2.0

chains="mha transformer_mix sequential conv1d lstm scatter batch"

load standalone

@test "every chain passes with its defaults, with the smallest sizes and with many passes in flight" {
    for scenario in $chains; do
        play null "$scenario" none
        expect_clean
        play null "$scenario" none threads 3 n 1 iters 1
        expect_clean
        play null "$scenario" none threads 3 iters 7 batch 2 depth 2
        expect_clean
        play null "$scenario" none threads 2 iters 40 depth 32
        expect_clean
    done
}

@test "every chain passes under every arm, and on one queue for all threads" {
    for scenario in $chains; do
        for arm in encode_mutex stream_mutex sync_on_queue serial; do
            play null "$scenario" "$arm" iters 3 threads 4
            expect_clean
        done
        play null "$scenario" none iters 3 threads 4 share all
        expect_clean
    done
}

@test "every chain passes on the model of the driver" {
    for scenario in $chains; do
        play metal@model "$scenario" none iters 4 threads 4 depth 2
        expect_clean
    done
}

@test "attention by chunk, and sizes that are no multiple of a group, pass" {
    play null mha none split chunk threads 3 n 3 length 9 heads 3 width 5
    expect_clean
    play null transformer_mix none split chunk threads 2 layers 4 hidden 13 width 3 length 7 iters 2
    expect_clean
    play null sequential none threads 2 n 5 features 3 hidden 17 layers 16 iters 3
    expect_clean
    play null conv1d none threads 2 n 3 channels 5 length 33 iters 3
    expect_clean
    play null lstm none threads 2 n 3 length 16 layers 2 features 5 hidden 7 iters 3
    expect_clean
    play null scatter none threads 2 n 3 columns 129 iters 3
    expect_clean
}

@test "ops of a chain are passes times stages" {
    play null mha none threads 2 iters 3
    printf '%s\n' "$output" | grep -Eq '^ops +60 planned'
    play null mha none threads 2 iters 3 split chunk
    printf '%s\n' "$output" | grep -Eq '^ops +54 planned'
    play null transformer_mix none threads 1 iters 1 layers 2
    printf '%s\n' "$output" | grep -Eq '^ops +34 planned'
    play null lstm none threads 2 iters 3 length 5 layers 2
    printf '%s\n' "$output" | grep -Eq '^ops +180 planned'
    play null scatter none threads 2 iters 3
    printf '%s\n' "$output" | grep -Eq '^ops +24 planned'
}

@test "a wrong place is one wrong op, and what is scattered by it is still judged by itself" {
    play null:fault=wrong,at=2 scatter none threads 1
    expect 1 "mismatch: 1 of [0-9]+ ops gave a wrong result; first: thread 1, op 1 \(mp_rank, stage 2 of 4 of pass 0\)"
    play null:fault=drop,at=2 scatter none threads 1
    expect 1 "dropped: 1 of [0-9]+ ops left no output; first: thread 1, op 1 \(mp_rank, stage 2 of 4 of pass 0\)"
}

@test "one wrong result is one op in its place in the chain, and not all that follow from it" {
    for scenario in $chains; do
        for at in 1 4; do
            play "null:fault=wrong,at=$at" "$scenario" none threads 1
            expect 1 "mismatch: 1 of [0-9]+ ops gave a wrong result; first: thread 1, op $((at - 1)) \(mp_[a-z0-9]+, stage $at of [0-9]+ of pass 0\): buffer [1-5], element [0-9]+: got .*, expected .* elements are wrong"
        done
    done
}

@test "one op that never ran is one dropped op" {
    for scenario in $chains; do
        play null:fault=drop,at=4 "$scenario" none threads 1
        expect 1 'dropped: 1 of [0-9]+ ops left no output; first: thread 1, op 3 \(mp_[a-z0-9]+, stage 4 of [0-9]+ of pass 0\): none of its [0-9]+ elements was written'
    done
}

@test "a pass that was overtaken by the next one in its slot is not taken for right" {
    # The fault hits the second pass: its slot still holds what was right for the first.
    play null:fault=drop,at=12 mha none threads 1 iters 2
    expect 1 'dropped: 1 of 20 ops left no output; first: thread 1, op 11 .*stage 2 of 10 of pass 1'
}

@test "sizes that do not fit are refused before anything runs, in words" {
    play null sequential none threads 128 n 1024 features 8192 hidden 8192 layers 16
    expect 4 'skip: set-up of sequential: its buffers and references take [0-9]+ MiB, and this machine has [0-9]+ MiB, of which a round may take half; choose smaller sizes or fewer threads'
    play null mha none threads 1 n 256 length 1024 heads 32 width 1
    expect 4 'skip: set-up of mha: a tensor of 8589934592 elements is more than the 32 bits of an index reach'
    play null sequential none threads 1 n 1024 features 4096 hidden 4096 layers 2
    expect 4 'skip: set-up of sequential: its references take 6.87e\+10 multiplications on the CPU before the threads start, and a round may take 2e\+10'
}

# The least that is large: three sets of it are more than 2e9 multiplications.
@test "a large product is checked by projection: right ones pass, and a wrong or missing one is found" {
    play null mm none threads 1 iters 1 n 900
    expect 0 pass
    play null:fault=wrong mm none threads 1 iters 1 n 900
    expect 1 'mismatch: 1 of 1 ops gave a wrong result; first: thread 1, op 0 \(mp_mm\): buffer 2, row [0-9]+: its product with a random vector is .*; 900 of 810000 elements are in wrong rows, 0 of them never written'
    play null:fault=drop mm none threads 1 iters 1 n 900
    expect 1 'dropped: 1 of 1 ops left no output; first: thread 1, op 0 \(mp_mm\): none of its 810000 elements was written'
}

@test "products and linear layers take any shape, several command buffers deep" {
    play null mm none threads 3 n 128 m 1 k 256 iters 7 batch 2 depth 3
    expect_clean
    play null linear_nograph none threads 3 n 1 features 256 out 128 iters 40 batch 1 depth 32
    expect_clean
    play null mm none threads 128 n 4096 batch 64 depth 32
    expect 4 'skip: set-up of mm: its buffers and references take [0-9]+ MiB'
}

@test "what threads do to warm up is in no count, and is done" {
    for scenario in mm linear_nograph layernorm contiguous $chains; do
        play null "$scenario" none threads 3 iters 4 warm on
        expect_clean
    done
    play null:fault=drop,at=1 mm none threads 1 iters 4 warm on
    expect 1 'dropped: the device executed 3 of 4 ops'
}

@test "chains take every pattern" {
    for pattern in barrier staggered churn open_exit; do
        play null sequential none threads 4 iters 6 batch 2 pattern "$pattern"
        expect_clean
    done
}
