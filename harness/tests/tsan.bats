# ThreadSanitizer's word on the client and the model: silent when every defect is off, and loud when the race of
# destroyImpl is planted. Built and run in the tsan preset only; no suppressions anywhere.
#
# SPDX-License-Identifier: Apache-2.0

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# spec SCENARIO DEVICE [PARAM VALUE]...
spec() {
    printf 'mpstress-spec 1\nscenario %s\ndevice %s\n' "$1" "$2"
    shift 2
    while [ $# -gt 0 ]; do
        printf 'param %s %s\n' "$1" "$2"
        shift 2
    done
    printf 'arm none\nseed 0x5eed\ntimeout_ms 120000\nrecorder on\n'
}

silent() {
    spec "$@" >round.spec
    run --separate-stderr "$MP_BIN/mpstress-round" --spec round.spec
    [ "$status" -eq 0 ]
    [[ "$stderr" != *ThreadSanitizer* ]]
}

@test "threads on streams of their own make no race" {
    silent mm metal@model threads 8 iters 10
    silent layernorm metal@model threads 4 iters 10
    silent contiguous metal@model threads 4 iters 10
}

@test "fresh encoders on one command buffer make no race" {
    silent linear_nograph metal@model threads 4 iters 10
}

@test "threads that share streams make no race" {
    silent oversubscribe metal@model
}

@test "hostile syncs make no race on the sound model" {
    silent destroy_impl metal@model threads 8 q 1
}

@test "the planted race of destroyImpl is reported" {
    spec destroy_impl metal@model:defects=destroy_race,reader=P,order=original \
        threads 8 iters 50 q 1 >round.spec
    run --separate-stderr "$MP_BIN/mpstress-round" --spec round.spec
    [ "$status" -ne 0 ]
    [[ "$stderr" == *"ThreadSanitizer: data race"* ]]
    [[ "$stderr" == *AGXG16XFamilyComputeContext* ]]
}
