#!/usr/bin/env bats
# The interleavings of two threads on one stream in PyTorch's style, each as a cell of destroy_impl:
# on the model each ends as the table of windows says, and its correct twins are clean.
# SPDX-License-Identifier: Apache-2.0

setup() {
    # ThreadSanitizer's second of sleep before each exit would make minutes of this file.
    export TSAN_OPTIONS="atexit_sleep_ms=0 ${TSAN_OPTIONS-}"
    db="$BATS_TEST_TMPDIR/rounds.db"
    cd "$BATS_TEST_TMPDIR" || exit 1
    windows=$("$MP_BIN/mpstress-round" --describe |
        awk -F'\t' '$1 == "scenario" { of = $2 } of == "destroy_impl" && $1 == "row" && $2 == "window" { print $11 }')
    windows=${windows#none|}
    [ -n "$windows" ]
}

without_sanitizer() {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' ||
        skip "a sanitizer meets these races in its own way"
}

# play CELL DEVICE ARM ROUNDS [TIMEOUT]
play() {
    "$MP_BIN/mpstress" run "destroy_impl:$1" --device "$2" --arm "$3" --rounds "$4" --timeout "${5-60s}" --db "$db" \
        --quiet >said 2>&1 || true
}

# ended WINDOW SQL: of its rounds so far, "how many that SQL holds for|how many".
ended() {
    sqlite3 "$db" "SELECT count(*) FILTER (WHERE $2) || '|' || count(*) FROM round
        JOIN cell ON cell.id = round.cell_id LEFT JOIN round_text ON round_text.round_id = round.id
        LEFT JOIN crash ON crash.round_id = round.id
        WHERE json_extract(cell.params, '\$.window') = '$1'"
}

# shows WINDOW SQL: all rounds failed, and all but at most one of them so: a thread that waits longer for a core than the
# other waits for its step lets something else go wrong.
shows() {
    local count
    count=$(ended "$1" "$2")
    [ "${count#*|}" -gt 0 ] && [ "${count%|*}" -gt 0 ] && [ "${count%|*}" -ge $((${count#*|} - 1)) ] || {
        explain "$1" "$2" "$count" >&2
        return 1
    }
}

explain() {
    printf 'window %s: "%s" holds for %s\n' "$1" "$2" "$3"
    sqlite3 "$db" "SELECT outcome, detail FROM round"
}

says() {
    shows "$1" "outcome = 'abort' AND stderr LIKE '%$2%'"
}

@test "each window ends as the table says" {
    without_sanitizer
    play "stream=pytorch_2_9,window=${windows/g|/}" metal@model:defects=destroy_race none 4
    # The context of an encoder that another thread ended, and an encoder that another thread freed.
    shows a "outcome = 'crash'"
    shows b "outcome = 'crash'"
    says c 'A command encoder is already encoding to this command buffer'
    says d 'commit command buffer with uncommitted encoder'
    says e '_status < MTLCommandBufferStatusCommitted'
    says f 'commit an already committed command buffer'
    says h 'Command encoder released without endEncoding'
    says i 'Completed handler provided after commit call'
    [ "$(sqlite3 "$db" "SELECT count(DISTINCT json_extract(params, '\$.window')) FROM cell")" = 8 ]
}

@test "a wait on the queue for a buffer that commitAndContinue put in the place of the one handed out never ends" {
    without_sanitizer
    play "stream=pytorch_2_9,window=g" metal@model:buffers=mps none 2 4s
    shows g "outcome = 'hang'"
    rm "$db"
    play "stream=pytorch_2_9,window=g" metal@model none 1
    [[ "$(sqlite3 "$db" "SELECT outcome || ': ' || detail FROM round")" == "skip: window g is between two uses of an \
MPSCommandBuffer, which the client makes with the device's setting buffers=mps" ]]
}

@test "an op that holds its encoder meets a context that is gone, where the driver's defect is" {
    without_sanitizer
    play "stream=pytorch_2_9,hold=op,window=a|b" metal@model:defects=destroy_race none 4
    for window in a b; do
        shows $window "outcome = 'crash' AND fault_address IN ('0x98', '0x184', '0x5c8', '0x5f4')"
    done
}

@test "an op that holds its encoder is refused where the driver has no defect, and one that does not meets freed memory" {
    without_sanitizer
    play "stream=pytorch_2_9,hold=op,window=a|b" metal@model none 3
    for window in a b; do
        shows $window "outcome IN ('gpu_error', 'dropped')"
    done
    rm "$db"
    play "stream=pytorch_2_9,hold=stream,window=b" metal@model none 3
    shows b "outcome = 'crash'"
}

@test "on the queue every window is shut: the upstream fix as an arm, and as PyTorch's main has it" {
    play "stream=pytorch_2_9,window=none|${windows}" metal@model:defects=destroy_race,buffers=mps sync_on_queue 2
    play "stream=pytorch_main,window=none|${windows}" metal@model:defects=destroy_race,buffers=mps none 2
    cat said
    [ "$(sqlite3 "$db" "SELECT group_concat(DISTINCT outcome) FROM round WHERE outcome <> 'no_overlap'")" = pass ]
    [ "$(sqlite3 "$db" "SELECT count(*) FROM round")" = 40 ]
}

@test "threads with streams of their own are clean in PyTorch's style, whoever holds the encoder" {
    for cell in mm linear_nograph layernorm contiguous oversubscribe; do
        for style in pytorch_2_9 pytorch_main; do
            for hold in op stream; do
                # Threads that never met on a busy machine end it with another code.
                "$MP_BIN/mpstress" run "$cell:threads=4,stream=$style,hold=$hold" --device metal@model --rounds 1 \
                    --db "$db" --quiet || true
            done
        done
    done
    [ "$(sqlite3 "$db" "SELECT group_concat(DISTINCT outcome) FROM round WHERE outcome <> 'no_overlap'")" = pass ]
    [ "$(sqlite3 "$db" "SELECT count(*) FROM round")" = 20 ]
}

@test "the windows are the same with MPSCommandBuffer, which PyTorch has, and what is in flight is waited for" {
    without_sanitizer
    play "stream=pytorch_2_9,window=d|f|i" metal@model:defects=destroy_race,buffers=mps none 3
    says d 'commit command buffer with uncommitted encoder'
    says f 'commit an already committed command buffer'
    says i 'Completed handler provided after commit call'
    rm "$db"
    for style in pytorch_2_9 pytorch_main; do
        for buffers in retained mps; do
            "$MP_BIN/mpstress" run "sequential:stream=$style,share=all,sync=off_queue,depth=3,iters=6" --rounds 1 \
                --device metal@model:buffers=$buffers --arm sync_on_queue --db "$db" --quiet --timeout 60s || true
        done
    done
    [ "$(sqlite3 "$db" "SELECT group_concat(DISTINCT outcome), count(*) FROM round WHERE outcome <> 'no_overlap'")" = "pass|4" ]
}

@test "two synchronizations that met are each other's victim, whichever of them was on the queue" {
    without_sanitizer
    play window=f,stream=pytorch_2_9,q=1 metal@model:defects=destroy_race none 8
    # A third thread may have found nobody: some round had none but the two.
    [ "$(sqlite3 "$db" "SELECT count(*) > 0 FROM round WHERE json_extract(figures, '\$.gate_asked') > 1
        AND json_extract(figures, '\$.gate_alone') IS NULL")" = 1 ] || {
        sqlite3 "$db" "SELECT outcome, figures FROM round"
        return 1
    }
}

@test "a window is open without the gate too" {
    without_sanitizer
    play "stream=pytorch_2_9,q=0" metal@model none 10
    [ "$(sqlite3 "$db" "SELECT count(*) > 0 FROM round WHERE outcome IN ('abort', 'crash', 'dropped', 'gpu_error', 'mismatch')")" = 1 ]
}

@test "a device that is not Metal has no such streams, and says so" {
    play "stream=pytorch_2_9" null none 1
    [[ "$(sqlite3 "$db" "SELECT outcome || ': ' || detail FROM round")" == "skip: stream=pytorch_... is the way in which \
PyTorch keeps Metal's encoders, and device null is not Metal: it has no such streams" ]]
}

@test "a window without members to open it between is refused with words" {
    play "window=c" metal@model none 1
    [[ "$(sqlite3 "$db" "SELECT outcome || ': ' || detail FROM round")" == "broken: the windows are between members that no \
lock guards, which stream=safe does not have; write stream=pytorch_2_9, or stream=pytorch_main for the twin in which they are shut" ]]
}

@test "the streams suite is clean on the model, its windows are found and their twins are shut" {
    without_sanitizer
    run "$MP_BIN/mpstress" run --suite streams --device metal@model --rounds 1 --db "$db" --quiet
    # Threads that never met on a busy machine leave the verdict open.
    [ "$status" -eq 0 ] || [ "$(sqlite3 "$db" "SELECT count(*) FROM round WHERE outcome = 'no_overlap'")" -gt 0 ]
    [ "$(sqlite3 "$db" "SELECT group_concat(DISTINCT outcome) FROM round JOIN campaign_cell USING (cell_id)
        WHERE role = 'positive_control' AND outcome NOT IN ('crash', 'abort', 'mismatch', 'hang')")" = "" ]
    [ "$(sqlite3 "$db" "SELECT group_concat(DISTINCT outcome) FROM round JOIN campaign_cell USING (cell_id)
        WHERE role <> 'positive_control' AND outcome <> 'no_overlap'")" = pass ]
    [ "$(sqlite3 "$db" "SELECT count(*) FROM round JOIN campaign_cell USING (cell_id) WHERE role = 'positive_control'")" = 11 ]
}
