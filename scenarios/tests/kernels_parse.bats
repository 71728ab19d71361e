# scripts/check_kernels takes the kernels as they are, and objects to what Apple's compiler would
# object to: each test plants one mistake in a copy of a kernel.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    kernels=$MP_SOURCE/scenarios/kernels
    copy=$BATS_TEST_TMPDIR/planted.metal
}

# plant KERNEL SED: a copy of KERNEL with one change, which must be a change.
plant() {
    sed "$2" "$kernels/$1.metal" >"$copy"
    run ! cmp -s "$kernels/$1.metal" "$copy"
    run "$MP_SOURCE/scripts/check_kernels" "$copy"
    echo "$output"
    [ "$status" -eq 1 ]
}

@test "every kernel is accepted" {
    run "$MP_SOURCE/scripts/check_kernels"
    echo "$output"
    [ "$status" -eq 0 ]
    [ -z "$output" ]
}

@test "a pointer that loses its address space is refused" {
    plant layernorm 's/device const float \*source = x/const float *source = x/'
    [[ $output == *"__private"*"__global"* ]]
}

@test "a threadgroup array that is handed on as device memory is refused" {
    plant layernorm 's/sum_group(threadgroup float/sum_group(device float/'
    [[ $output == *"sum_group"* ]]
}

@test "a write to constant memory is refused" {
    plant mm 's/float sum = 0.0f;/float sum = 0.0f; size.k = 0;/'
    [[ $output == *"read-only"* ]]
}

@test "an attribute that Metal does not have is refused" {
    plant noop 's/thread_position_in_grid/thread_index_in_grid/'
    [[ $output == *"thread_index_in_grid"* ]]
}

@test "a kernel that returns something is refused" {
    plant noop 's/kernel void/kernel uint/'
    [[ $output == *"void"* ]]
}

@test "what only C++17 has is refused: Metal before 4 is C++14" {
    plant contiguous 's/if (index == 0)/if constexpr (sizeof(uint) == 4)/'
    [[ $output == *"C++"*"17"* ]]
}

@test "buffers out of the order in which the client binds them are refused" {
    plant linear 's/buffer(1)/buffer(2)/; s/bias \[\[buffer(2)/bias [[buffer(1)/'
    [[ $output == *"kernel mp_linear takes its buffers at 0 2 1 3 4 30"* ]]
}

@test "an op counter at another index than the client's is refused" {
    plant noop 's/buffer(30)/buffer(0)/'
    [[ $output == *"kernel mp_noop takes its buffers at 0; the client binds"* ]]
}
