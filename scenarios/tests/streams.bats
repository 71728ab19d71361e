#!/usr/bin/env bats
# More threads than streams, by each policy of the pool, on the model without a defect and on the
# test bed: what every thread does is there and right, or the round says whom the pool refused.
# SPDX-License-Identifier: Apache-2.0

setup() {
    # ThreadSanitizer's second of sleep before each exit would make minutes of this file.
    export TSAN_OPTIONS="atexit_sleep_ms=0 ${TSAN_OPTIONS-}"
    spec="$BATS_TEST_TMPDIR/round.spec"
}

# play DEVICE [NAME VALUE]...: one round of `scenario`, small.
play() {
    {
        printf 'mpstress-spec 1\ndevice %s\nscenario %s\narm none\n' "$1" "${scenario-oversubscribe}"
        printf 'seed 0x5eed\ntimeout_ms 120000\nrecorder on\nparam iters %s\nparam n 4\n' "${iters-2}"
        shift
        printf 'param %s %s\n' "$@"
    } >"$spec"
    run "$MP_BIN/mpstress-round" --spec "$spec"
    outcome=$(printf '%s\n' "$output" | sed -n 's/^outcome *//p')
    ops=$(printf '%s\n' "$output" | sed -n 's/^ops *//p')
}

# works OPS: that many ops ran and were right. Threads that never met on a busy machine are no failure
# of a policy.
works() {
    case "$status $outcome" in
    "0 pass"* | "3 no_overlap"*) ;;
    *) false ;;
    esac && [ "$ops" = "$1 planned, $1 started, $1 right, 0 wrong, 0 dropped; $1 by the device's own count" ]
}

expect() {
    "$@" || {
        printf 'wanted "%s", got code %s:\n%s\n' "$*" "$status" "$output" >&2
        return 1
    }
}

@test "every policy but throw serves 31 to 80 threads over 32 streams" {
    for device in metal@model null; do
        for policy in round_robin grow cap wait; do
            for threads in 31 32 33 40 64 80; do
                play $device threads $threads policy $policy
                expect works $((2 * threads))
            done
        done
    done
}

# refuses WORKERS OF: the round is dropped, and says so of each.
refuses() {
    [ "$status" -eq 1 ] && [[ "$outcome" == "dropped: $1 of $2 workers got no stream; first: no stream is left \
for worker "*": other threads have all 31 that are for workers, and policy=throw refuses it then; give the pool more \
streams, or another policy" ]] &&
        [[ "$ops" == "$((2 * $2)) planned, $((2 * ($2 - $1))) started, $((2 * ($2 - $1))) right, 0 wrong, 0 dropped; "* ]]
}

@test "throw serves 31 threads and refuses each one beyond: their work is missing, and the round is dropped" {
    play metal@model threads 31 policy throw
    expect works 62
    for threads in 32 33 40 64 80; do
        play metal@model threads $threads policy throw
        expect refuses $((threads - 31)) $threads
    done
}

@test "a smaller pool is exhausted sooner, and one that grows makes a stream for each thread beyond" {
    play metal@model threads 4 policy throw streams 3
    [ "$status" -eq 1 ]
    [[ "$outcome" == "dropped: 2 of 4 workers got no stream"* ]]
    play metal@model threads 4 policy grow streams 3
    expect works 8
}

@test "stream 0 is the main thread's: it works beside 31 and 32 threads, or synchronizes them all" {
    for policy in round_robin grow cap wait; do
        for threads in 31 32; do
            play metal@model threads $threads policy $policy main ops
            expect works $((2 * threads + 2))
            play metal@model threads $threads policy $policy main sync_all
            expect works $((2 * threads))
        done
    done
    # The main thread takes none of the workers' streams.
    play metal@model threads 31 policy throw main ops
    expect works 64
}

@test "each thread can synchronize all streams, while others encode on them" {
    for device in metal@model null; do
        for policy in round_robin grow cap wait; do
            play $device threads 33 policy $policy syncs all
            expect works 66
        done
    done
}

@test "a policy has nothing to hand out where all threads are on one stream" {
    for param in 'share all' 'streams 1'; do
        # shellcheck disable=SC2086
        play metal@model threads 4 policy throw $param
        [ "$status" -eq 6 ]
        [[ "$outcome" == "broken: all threads are on stream 0 (share=all, or streams=1), so that no policy but \
round_robin has anything to hand out" ]]
    done
}

@test "a tensor handed to another thread is right if its memory waits for that stream" {
    scenario=cross_stream
    for device in metal@model null; do
        iters=10 play $device threads 6
        [ "$status" -eq 0 ]
        [[ "$ops" == "60 planned, 60 started, 60 right, 0 wrong, 0 dropped; 60 by the device's own count" ]]
        play $device threads 2 streams 1
        [ "$status" -eq 0 ]
    done
    for style in pytorch_2_9 pytorch_main; do
        iters=10 play metal@model threads 6 stream $style
        [ "$status" -eq 0 ]
    done
    play metal@model threads 3
    [[ "$outcome" == "broken: set-up of cross_stream: threads work in pairs here, and 3 is no even number" ]]
}

@test "a stream waits on the device for the event of the stream that made its tensor" {
    scenario=cross_stream
    iters=10 play metal@model threads 6 order event
    [ "$status" -eq 0 ]
    [[ "$ops" == "60 planned, 60 started, 60 right, 0 wrong, 0 dropped; 60 by the device's own count" ]]
    iters=10 play metal@model threads 4 order event share all
    [ "$status" -eq 0 ]
    play null threads 4 order event
    [[ "$outcome" == *"device null has no events, which order=event is about: use metal or metal@model" ]]
    play metal@model threads 4 order event stream pytorch_main
    [[ "$outcome" == *"blits and events need stream=safe" ]]
}

@test "what a policy did to threads is a figure of the round and stands in the report" {
    cd "$BATS_TEST_TMPDIR"
    run "$MP_BIN/mpstress" run 'oversubscribe:threads=4,streams=3,iters=10,policy=cap|grow|throw|wait' --device metal@model \
        --rounds 1 --db rounds.db
    [[ "$output" == *"policy=grow, arm none: the stream pool lent a stream 4 times, 2 (50 %) made for it"* ]]
    [[ "$output" == *"policy=throw, arm none: the stream pool lent a stream 2 times, 2 (50 %) wishes"* ]]
    [ "$(sqlite3 rounds.db "SELECT count(*) FROM round WHERE json_extract(figures, '$.pool_lent') >= 2")" = 4 ]
    # Whether a thread had to wait depends on when it came; that each wait has its time does not.
    [ "$(sqlite3 rounds.db "SELECT count(*) FROM round JOIN cell ON cell.id = cell_id
        WHERE json_extract(params, '$.policy') = 'wait' AND json_extract(figures, '$.pool_lent') = 4
              AND ifnull(json_extract(figures, '$.pool_waits'), 0) <= 2
              AND (json_extract(figures, '$.pool_waits') > 0) IS (json_extract(figures, '$.pool_wait_ns') > 0)")" = 1 ]
}

@test "without record_stream another tensor's numbers are read, on any device, and the round names the first" {
    nm "$MP_BIN/mpstress-round" | grep -q '__tsan_init' && skip "a sanitizer meets the race in its own way"
    scenario=cross_stream
    for device in metal@model null; do
        iters=10 play $device threads 6 rule broken
        [ "$status" -eq 1 ]
        [[ "$outcome" =~ ^mismatch:\ [0-9]+\ of\ 60\ ops\ gave\ a\ wrong\ result\;\ first:\ thread\ [246],\ tensor\ [0-9]+\ \(mp_mm\):\ buffer\ 2 ]]
    done
}

@test "a client that breaks the rule is a control that must fail, whatever the device plants" {
    cd "$BATS_TEST_TMPDIR"
    "$MP_BIN/mpstress" run cross_stream:rule=kept\|broken,threads=4 --device metal@model --rounds 3 --quiet --db rounds.db || [ $? -eq 3 ]
    # A slow thread may find what is not written yet instead of what is wrong.
    [ "$(sqlite3 rounds.db "SELECT group_concat(DISTINCT json_extract(params, '$.rule') || ' ' || role || ' ' ||
        replace(replace(outcome, 'dropped', 'mismatch'), 'no_overlap', 'pass')) FROM round JOIN cell ON cell.id = round.cell_id
        JOIN campaign_cell USING (cell_id)")" = "kept subject pass,broken positive_control mismatch" ]
}
