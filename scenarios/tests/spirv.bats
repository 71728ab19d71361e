# scripts/check_spirv: the words that are shipped are those of the sources, and a change of either is seen.
# SPDX-License-Identifier: Apache-2.0

setup() {
    command -v glslangValidator >/dev/null || skip "glslangValidator is missing (scripts/bootstrap vulkan)"
    cp "$MP_SOURCE"/scenarios/kernels/*.comp "$MP_SOURCE"/scenarios/kernels/*.spv.inc "$BATS_TEST_TMPDIR"
    cd "$BATS_TEST_TMPDIR"
}

check() {
    run "$MP_SOURCE/scripts/check_spirv" "$@"
    [ "$status" -ne 4 ] || skip "$output"
}

@test "the words shipped are what the sources compile to" {
    check
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$(ls *.comp | wc -l)" -eq 15 ]
}

@test "a source that has changed is found" {
    sed -i 's/sum = 0.0/sum = 1.0/' mm.comp
    check mm.comp noop.comp
    [ "$status" -eq 1 ]
    [[ "$output" == *"mm.spv.inc is not what mm.comp compiles to"* ]]
    [[ "$output" != *noop* ]]
}

@test "words that have changed are found" {
    sed -i '2s/0x07230203/0x07230204/' linear.spv.inc
    check linear.comp
    [ "$status" -eq 1 ]
}

@test "a source that does not compile is told with the compiler's words" {
    sed -i 's/atomicAdd/atomicSubtract/' noop.comp
    check noop.comp
    [ "$status" -eq 1 ]
    [[ "$output" == *atomicSubtract* ]]
}
