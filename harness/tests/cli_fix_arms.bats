# Arms with libraries: the built-in ones, what a library does in a round, and one that does nothing or dies.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

linux() {
    [ "$(uname -s)" = Linux ] || skip "the libraries of these tests preload as Linux does"
    [ -e "$MP_BIN/libmpmodel.so" ] || skip "built without the model"
}

# outcomes [DB]: those of the arms with a library, "OUTCOME NUMBER" a line.
outcomes() {
    query "SELECT outcome || ' ' || count(*) FROM round JOIN cell ON cell.id = cell_id WHERE arm <> 'none' GROUP BY outcome" "${1:-rounds.db}"
}

@test "the built-in libraries are arms: listed, completed, compared, and repeated without a file" {
    linux
    run -0 "$program" list fix_encoder
    [[ "$output" == *"a lock for each encoder"* ]]
    run -0 "$program" list fix_global
    [[ "$output" == *"one lock for all of the driver"* ]]
    run "$program" compare none fix_encoder fix_global mm:iters=2 --device metal@model --rounds 3 --db rounds.db
    [ "$(query "SELECT count(DISTINCT arm), count(*) FROM round JOIN cell ON cell.id = cell_id WHERE arm GLOB 'fix_*=??????'")" = "2|6" ]
    run -0 "$program" show round 1 --db rounds.db
    run "$program" report --db rounds.db
    [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"fix_encoder="*" of "*" methods of the driver"*" calls came through it"* ]]
    round=$(query "SELECT round.id FROM round JOIN cell ON cell.id = cell_id WHERE arm LIKE 'fix_encoder=%' LIMIT 1")
    run -0 "$program" show round "$round" --db rounds.db
    [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"library its library owns "*" methods of the driver; "*" calls came through it"* ]]
    [[ "$output" == *"--arm fix_encoder --round-seed"* ]]
    run -0 "$program" show round "$round" --modules --db rounds.db
    [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"libfix_encoder.so"*"of the driver's methods: "*"-[AGXG16XFamilyComputeContext setComputePipelineState:]"* ]]
    [ "$(query "SELECT count(*) FROM round WHERE json_extract(figures, '\$.fix_calls') > 0
        AND json_extract(figures, '\$.fix_owned') * 2 > json_extract(figures, '\$.fix_asked')")" = 6 ]
}

@test "a library that is mapped and replaces nothing makes the round broken, on a driver that has methods" {
    linux
    lib="$MP_BIN/../tests/fix_dies.so"
    run "$program" run noop --device metal@model --arm fix --fix "$lib" --rounds 2 --db rounds.db
    [ "$(outcomes)" = "broken 2" ]
    [[ "$(query "SELECT detail FROM round LIMIT 1")" == *"mapped and not active: none of the "*" methods of the driver"*"would be pass"* ]]
    run "$program" run noop --device null --arm fix --fix "$lib" --rounds 2 --db null.db
    [ "$(outcomes null.db)" = "pass 2" ]
}

@test "a library that dies while it is loaded is broken each time, with its stack" {
    linux
    lib="$MP_BIN/../tests/fix_dies.so"
    run "$program" run noop --device null --arm fix:FIX_DIES=1 --fix "$lib" --rounds 20 --db rounds.db
    [ "$(outcomes)" = "broken 20" ]
    [[ "$(query "SELECT detail FROM round LIMIT 1")" == *"died while the library of its arm was loaded"*"would be abort"* ]]
    if [ "$(query "SELECT min(untraced IS NULL) FROM round")" = 1 ]; then
        [ "$(query "SELECT count(DISTINCT round_id) FROM crash JOIN crash_frame ON crash_id = crash.id WHERE module LIKE '%fix_dies.so'")" -ge 1 ]
    fi
    run "$program" run noop --device null --arm fix:FIX_DIES=1 --fix "$lib" --capture off --rounds 3 --db off.db
    [ "$(outcomes off.db)" = "broken 3" ]
    # in every other way of running: several at once, more in a process, one seed again, a user's program
    for how in "--jobs 3" "--reuse 3" "--recorder off" "--round-seed 7"; do
        # shellcheck disable=SC2086
        run "$program" run noop --device null --arm fix:FIX_DIES=1 --fix "$lib" $how --rounds 3 --db how.db
        [ "$(outcomes how.db)" = "broken 3" ]
        # shellcheck disable=SC2086
        run "$program" run --arm fix:FIX_DIES=1 --fix "$lib" ${how/--reuse 3/} --rounds 3 --db program.db -- "$(command -v true)"
        [ "$(outcomes program.db)" = "broken 3" ]
        if [ "$(query "SELECT min(untraced IS NULL) FROM round" program.db)" = 1 ]; then
            [[ "$(query "SELECT detail FROM round LIMIT 1" program.db)" == \
                "it died while the library of its arm was loaded, before the program began; without that it would be abort"* ]]
        fi
        rm how.db* program.db*
    done
    run "$program" run --arm fix:FIX_DIES=1 --fix "$lib" --capture off --rounds 2 --db program.db -- "$(command -v true)"
    [ "$(outcomes program.db)" = "broken 2" ]
    # a program that dies by itself is none of the library's doing
    run "$program" run --arm fix --fix "$lib" --rounds 2 --db own.db -- "$(command -v sh)" -c 'kill -ABRT $$'
    [ "$(outcomes own.db)" = "abort 2" ]
}

@test "a library that ends the process with a code while it is loaded is broken, whatever the code means" {
    linux
    lib="$MP_BIN/../tests/fix_dies.so"
    for code in 0 3 77; do
        run "$program" run noop --device null --arm fix:FIX_LEAVES=$code --fix "$lib" --rounds 1 --db scenario.db
        run "$program" run --arm fix:FIX_LEAVES=$code --fix "$lib" --skip-codes 77 --rounds 2 --db rounds.db -- "$(command -v true)"
        run "$program" run --arm fix:FIX_LEAVES=$code --fix "$lib" --capture off --rounds 1 --db off.db -- "$(command -v true)"
    done
    [ "$(outcomes scenario.db)" = "broken 3" ]
    [ "$(outcomes off.db)" = "broken 3" ]
    [ "$(query "SELECT min(untraced IS NULL) FROM round")" = 1 ] || skip "this host lets nobody trace"
    [ "$(outcomes)" = "broken 6" ]
    words="it left while it was loaded with the library of its arm, before the program began; without that it would be"
    [ "$(query "SELECT group_concat(DISTINCT detail) FROM round")" = \
        "$words pass: it exited with code 0,$words exit: it exited with code 3,$words skip: it exited with code 77: it cannot run here" ]
    # what the program does by itself, and what a library does when it has ended, is told from that
    run "$program" run --arm fix --fix "$lib" --rounds 1 --db pass.db -- "$(command -v sh)" -c "exit 0"
    [ "$(outcomes pass.db)" = "pass 1" ]
    run "$program" run --arm fix --fix "$lib" --rounds 1 --db own.db -- "$(command -v sh)" -c "exit 3"
    [ "$(query "SELECT outcome, detail FROM round" own.db)" = "exit|it exited with code 3" ]
    run "$program" run --arm fix:FIX_LEAVES_LATE=5 --fix "$lib" --rounds 1 --db late.db -- "$(command -v true)"
    [ "$(query "SELECT outcome, detail FROM round" late.db)" = "exit|it exited with code 5" ]
}

@test "a library that the loader cannot load ends no round of its arm as the program's failure" {
    linux
    printf 'extern int nowhere_at_all(void);\nint (*const keep)(void) = nowhere_at_all;\n' > lacks.c
    "${CC:-cc}" -shared -fPIC -Wl,--build-id -o lacks.so lacks.c
    run "$program" run --arm fix --fix lacks.so --rounds 2 --db rounds.db -- "$(command -v true)"
    [ "$(outcomes)" = "broken 2" ]
    run "$program" run --arm fix --fix "$MP_BIN/../tests/fix_dies.so" --rounds 2 --db own.db -- "$(command -v sh)" -c "exit 127"
    [ "$(outcomes own.db)" = "exit 2" ]
}

@test "variables that a library reads are part of its arm" {
    linux
    lib="$MP_BIN/../tests/fix_dies.so"
    export OTHER_NAME=1
    run -0 "$program" run noop --device null --arm fix --fix "$lib" --rounds 1 --db rounds.db
    FIX_DIES=yes run "$program" run noop --device null --arm fix --fix "$lib" --rounds 1 --db rounds.db
    [ "$(query "SELECT group_concat(substr(arm, 17) || ' ' || outcome, ';') FROM (SELECT arm, outcome FROM round JOIN cell ON cell.id = cell_id ORDER BY round.id)")" = \
        " pass;:FIX_DIES=yes broken" ]
    run "$program" compare fix fix:FIX_DIES=2 noop --fix "$lib" --device null --rounds 2 --db both.db
    [ "$(query "SELECT outcome || ' ' || count(*) FROM round JOIN cell ON cell.id = cell_id GROUP BY arm LIKE '%FIX_DIES=2' ORDER BY 1" both.db | tr '\n' ' ')" = \
        "broken 2 pass 2 " ]
    run -0 "$program" show round 2 --db rounds.db
    [[ "$output" == *"--arm fix:FIX_DIES=yes --fix "*"fix_dies.so"* ]]
    [[ "$output" == *"LD_PRELOAD="*"fix_dies.so FIX_DIES=yes mpstress-round --spec round.spec"* ]]
    run -2 "$program" run noop --device null --arm fix:FIX_DIES --fix "$lib" --rounds 1 --db bad.db
    [[ "$output" == *"is not written NAME=VALUE"* ]]
}

@test "implementations that a client keeps are beyond what a library replaces" {
    linux
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' || skip "a sanitizer meets the planted race in its own way"
    run "$program" run destroy_impl --device metal@model:defects=destroy_race --arm fix_encoder --rounds 2 --db sent.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'crash'" sent.db)" = 0 ]
    for try in {1..50}; do # 160 of 160 rounds crashed; what a busy machine's do is no matter, if one does
        run "$program" run destroy_impl --device metal@model:defects=destroy_race,imp=cached --arm fix_encoder --rounds 2 --db cached.db
        [ "$(query "SELECT count(*) FROM round WHERE outcome = 'crash'" cached.db)" = 0 ] || break
    done
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'crash'" cached.db)" -gt 0 ] || { echo "none in $try tries"; false; }
    [ "$(query "SELECT min(json_extract(figures, '\$.fix_owned')) > 20 FROM round" cached.db)" = 1 ]
    run -0 "$program" run mm blit_fence event_mix --device metal@model:imp=cached --rounds 1 --db lawful.db
}
