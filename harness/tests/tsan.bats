# ThreadSanitizer on the client and the model: silent when every defect is off, and loud when the race of
# destroyImpl is planted. Built and run in the tsan preset only; no suppressions anywhere.
#
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
}

# play SEED SCENARIO DEVICE [PARAM VALUE]...: one standalone round.
play() {
    {
        printf 'mpstress-spec 1\nseed %s\nscenario %s\ndevice %s\n' "$1" "$2" "$3"
        shift 3
        [ $# -eq 0 ] || printf 'param %s %s\n' "$@"
        printf 'arm none\ntimeout_ms 120000\nrecorder on\n'
    } >round.spec
    run --separate-stderr "$MP_BIN/mpstress-round" --spec round.spec
}

# A pass, or threads that never met on a busy machine (3): never a report, which ends with 66.
silent() {
    play 0x5eed "$@"
    echo "code $status: $output $stderr"
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
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
    silent destroy_impl metal@model:late=hold threads 8 q 1
    # Where committed work starts at once, they lose work: the client's fault, and no race of the driver.
    play 0x5eed destroy_impl metal@model threads 8 q 1
    echo "code $status: $output $stderr"
    [ "$status" -ne 66 ]
    [[ "$stderr" != *ThreadSanitizer* ]]
}

# Whether one round shows it is chance, which is why there are many of them; one report is enough.
@test "the planted race of destroyImpl is reported" {
    local seed
    for seed in 1 2 3 4 5 6 7 8 9 10; do
        play "$seed" destroy_impl metal@model:defects=destroy_race,reader=P,order=original \
            threads 8 iters 50 q 1
        [[ "$stderr" != *"ThreadSanitizer: data race"* ]] || break
    done
    echo "seed $seed, code $status: $stderr"
    [ "$status" -ne 0 ]
    [[ "$stderr" == *"ThreadSanitizer: data race"* ]]
    [[ "$stderr" == *AGXG16XFamilyComputeContext* ]]
}

@test "streams in PyTorch's style make no race on the queue, nor where each thread has one of its own" {
    local window policy
    for window in none a b c d e f g h i; do
        silent destroy_impl metal@model:buffers=mps stream pytorch_main window $window q 1
    done
    silent mm metal@model threads 6 iters 6 stream pytorch_2_9
    for policy in grow cap wait; do
        silent oversubscribe metal@model threads 40 iters 3 n 4 policy $policy syncs all main ops
    done
    silent cross_stream metal@model threads 6 iters 6
}

# The members are meant to race, and are silent; what that does to the driver is not.
@test "an open window is reported where it meets the driver" {
    local seed
    for seed in 1 2 3 4 5; do
        play "$seed" destroy_impl metal@model stream pytorch_2_9 window a q 1
        [[ "$stderr" != *"ThreadSanitizer: data race"* ]] || break
    done
    echo "seed $seed, code $status: $stderr"
    [[ "$stderr" == *"ThreadSanitizer: data race"* ]]
    [[ "$stderr" != *"#0 peek"* ]]
    [[ "$stderr" != *"#0 poke"* ]]
}
