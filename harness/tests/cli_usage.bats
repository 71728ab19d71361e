# Command lines: help, and every kind of bad input before any round runs.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

@test "without arguments it shows short help on stderr and ends with 2" {
    run --separate-stderr "$program"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ "$stderr" == *"Usage: mpstress COMMAND"*run*report*list* ]]
}

@test "help and version go to stdout" {
    run -0 --separate-stderr "$program" --version
    [[ "$output" == "mpstress "[0-9]* ]]
    [ -z "$stderr" ]
    run -0 --separate-stderr "$program" version
    run -0 --separate-stderr "$program" --help
    [[ "$output" == "Usage: mpstress COMMAND"* ]]
    run -0 --separate-stderr "$program" -h
}

@test "a command whose output cannot be written ends with 6 and says so, and a run keeps its rounds" {
    "$program" run noop --device null --rounds 2 --quiet --db kept.db > /dev/null
    for command in version help "help run" --help list "list null" "report --db kept.db" "show round 1 --db kept.db" \
        "report --json --db kept.db" "plan rate<10%@95%" "merge all.db kept.db" "doctor --db kept.db" \
        "run noop --device null --rounds 3 --db run.db" "run noop --device null --rounds 3 --json --db run.db"; do
        for out in '&-' /dev/full; do
            if [ "$out" = /dev/full ] && [ ! -e /dev/full ]; then continue; fi
            rm -f run.db*
            status=0
            eval '"$program" $command' ">$out" 2> err < /dev/null || status=$?
            echo "$command >$out: $status"
            cat err
            [ "$status" -eq 6 ]
            grep -q "cannot write to stdout" err
            case $command in
            run*) [ "$(query "SELECT count(*) FROM round" run.db)" = 3 ] ;;
            esac
        done
    done
}

@test "all ways to get help of a command print the same" {
    "$program" help run > a
    "$program" run --help > b
    "$program" run -h mm --rounds 3 > c
    cmp a b
    cmp a c
    grep -q -- --round-seed a
}

@test "help of an unknown topic names the nearest guide too" {
    refused "unknown command or guide 'nightli', did you mean 'nightly'?" -- help nightli
    refused "merge, list, doctor, help, version, nightly, reproduce" -- help qqqqqqq
}

@test "an unknown command names the nearest" {
    refused "'rn'" "'run'" -- rn
    refused "'repport'" "'report'" -- repport
    refused "'quark'" report list -- quark
    refused "'rpeort'" -- help rpeort
}

@test "an unknown option names the nearest, a bad value what is allowed" {
    refused "'--ruonds'" "'--rounds'" -- run mm --ruonds 3
    refused "--rounds" "--rounds N" -- run mm --rounds
    refused "rounds=some" "whole number" -- run mm --rounds some
    refused "jobs=0" "from 1 to 64" -- run mm --jobs 0
    refused "capture=maybe" "on, off" -- run mm --capture maybe
    refused "timeout=soon" "duration" -- run mm --timeout soon
    refused "--seed" "12x" -- run mm --seed 12x
    refused "--round-seed" "0x" -- run mm --round-seed 0x
    refused "--seed" -- run mm --seed 0x10000000000000000
}

@test "an empty request is reported" {
    refused "nothing to run" "mpstress list" -- run
}

@test "an unknown scenario, parameter or value names offender and nearest" {
    refused "'destroy_impll'" "'destroy_impl'" -- run destroy_impll
    refused "'thraeds'" "'threads'" "mm" -- run mm:thraeds=4
    refused "threads=1000" "from 1 to 128" -- run mm:threads=1000
    refused "share=some" "thread, all" -- run mm:share=some
    refused "q=2" -- run 'mm:q=0|2'
    refused "'thread'" -- run mm:share=thraed
    refused "fault=segv_nul" "did you mean 'segv_null'" -- run mm --device null:fault=segv_nul
    refused "did you mean 'gpu_hang'" -- \
        run mm --device metal@model:defects=destroy_race+gpu_hnag
    refused "empty" -- run 'mm:threads=2||4'
    refused "name=value" "'threads'" -- run mm:threads
    refused "role=boss" positive_control -- run noop:role=boss
}

@test "an unknown device, setting or arm names offender and nearest" {
    refused "'nul'" "'null'" -- run noop --device nul
    refused "'falt'" "'fault'" -- run noop --device null:falt=abort
    refused "fault=sevg_null" segv_null -- run noop --device null:fault=sevg_null
    refused "'encode_mutx'" "'encode_mutex'" "--arm" -- run noop --arm encode_mutx
    refused "'encode_mutx'" -- run noop:arm=encode_mutx
}

@test "the same cell twice is refused, rounds without an end too" {
    refused "same cell" -- run noop noop
    refused "same cell" -- run 'noop:threads=2|2'
    refused "--duration" -- run noop --rounds 0
}

@test "a matrix beyond the limit is refused" {
    all=$(seq -s '|' 1 65)
    refused "more than 64" -- run "noop:threads=$all"
    all=$(seq -s '|' 1 64)
    refused 4096 -- run "noop:threads=$all,iters=$all,n=1|2"
}

@test "list shows devices, scenarios with ranges, arms and suites" {
    run -0 "$program" list
    [[ "$output" == *null*present*mm*"threads=8 (1..128)"*encode_mutex*smoke* ]]
    run -0 "$program" list mm null
    [[ "$output" == *hunts*how*"a hit"*"threads=8"*"exit_early calls exit(0)"*fault=none* ]]
    [[ "$output" != *" "$'\n'* ]]
    run -0 "$program" list smoke
    [[ "$output" == "smoke: "*"[destroy_impl: no fix]"*"role = positive_control"* ]]
    refused "'mn'" "'mm'" -- list mn
    refused "'smok'" "'smoke'" -- list smok
}

@test "list prints only names, or one JSON document" {
    run -0 "$program" list --names scenarios
    [[ $'\n'"$output"$'\n' == *$'\n'mm$'\n'* ]]
    run -0 "$program" list --names=suites
    [[ $'\n'"$output"$'\n' == *$'\n'smoke$'\n'* ]]
    "$program" list --json > list.json
    run -0 sqlite3 :memory: "SELECT json_extract(readfile('list.json'), '$.command')
        || (SELECT count(*) FROM json_each(readfile('list.json'), '$.scenarios') AS s
            WHERE json_extract(s.value, '$.name') = 'mm')"
    [ "$output" = list1 ]
}

@test "an unwritable stdout is not a success" {
    [ -e /dev/full ] || skip "no /dev/full here"
    run --separate-stderr bash -c '"$1" list > /dev/full' - "$program"
    [ "$status" -eq 6 ]
    [[ "$stderr" == *stdout* ]]
}

@test "a reader of stdout that leaves early is not a failure" {
    run --separate-stderr bash -c 'set -o pipefail; "$1" help --format=man | true; echo "${PIPESTATUS[0]}"' - "$program"
    [ "$output" = 0 ]
    [ -z "$stderr" ]
}

@test "a missing round program is a failure of the harness, named" {
    MPSTRESS_ROUND=/nowhere/mpstress-round run --separate-stderr "$program" run noop
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"/nowhere/mpstress-round"* ]]
    [ ! -e mpstress.db ]
}

@test "a round program with malformed output is a failure of the harness" {
    printf '#!/bin/sh\necho nonsense\n' > fake
    chmod +x fake
    MPSTRESS_ROUND="$PWD/fake" run --separate-stderr "$program" run noop
    [ "$status" -eq 6 ]
    [[ "$stderr" == *fake* ]]
}

@test "mpstress contains no round code, mpstress-round no supervisor code" {
    command -v nm > /dev/null || skip "no nm"
    ! nm "$program" | grep -Eq '__[at]san_init' || skip "a sanitizer brings names of its own"
    nm "$MP_BIN/mpstress" | awk '{ print $NF }' | sed 's/^_//; s/@.*//' > supervisor
    nm "$MP_BIN/mpstress-round" | awk '{ print $NF }' | sed 's/^_//; s/@.*//' > round
    grep -q '^mp_runner_open$' supervisor
    grep -q '^mp_scenario_list$' round
    sed -i -E '/^mp_(device_(name|terms)|arm_text)_/d' supervisor # names of devices and arms, and the words for them, are of both
    run grep -E '^(mp_scenario_|mp_device_|mp_metal|mp_null|mp_stream_|mp_arm_|objc_|sel_|dlopen)' supervisor
    [ "$status" -eq 1 ]
    run grep -E '^(sqlite3_|_?U[A-Z]|unw_|dwfl_|dwarf_|elf_|ini_|json_|mp_runner_|mp_store_|mp_capture_)' round
    [ "$status" -eq 1 ]
}

# The document of a failure: "command verdict exit_code what", and a hint; and the sentence on stderr.
failure_of() {
    local code=$1 shape=$2
    shift 2
    run --separate-stderr "$program" "$@"
    echo "status $status, stdout '$output', stderr '$stderr'"
    [ "$status" -eq "$code" ]
    [ "${#lines[@]}" -eq 1 ]
    printf '%s' "$output" > failure.json
    [[ "$(sqlite3 :memory: "SELECT json_extract(j, '$.schema') || ' ' || json_extract(j, '$.command') || ' ' ||
        json_extract(j, '$.verdict') || ' ' || json_extract(j, '$.exit_code') || ' ' || json_extract(j, '$.error.what')
        FROM (SELECT readfile('failure.json') AS j)")" == $shape ]]
    hint=$(sqlite3 :memory: "SELECT json_extract(readfile('failure.json'), '$.error.hint')")
    local what
    what=$(sqlite3 :memory: "SELECT json_extract(readfile('failure.json'), '$.error.what')")
    [[ "$(tr -s ' \n' ' ' <<< "$stderr")" == *"$what"* ]]
}

@test "with --json every failure is one document on stdout, and a sentence on stderr" {
    failure_of 2 "1 frobnicate usage 2 unknown command 'frobnicate'*" frobnicate --json
    [ "$hint" = "'mpstress help' shows the commands" ]
    failure_of 2 "1 run usage 2 unknown option '--jsn'*" run --jsn --json
    [ "$hint" = "'mpstress help run' shows the options" ]
    failure_of 2 "1 run usage 2 unknown scenario 'nope'*" run nope --json
    failure_of 2 "1 run usage 2 command line: rounds*" run mm --rounds many --json
    failure_of 2 "1 compare usage 2 only one arm*" compare none --json
    failure_of 2 "1 plan usage 2 claim 'x'*" plan x --json
    failure_of 2 "1 list usage 2 *nope*" list nope --json
    failure_of 2 "1 import usage 2 import needs*" import --json
    failure_of 2 "1 merge usage 2 merge needs*" merge --json
    failure_of 2 "1 doctor usage 2 *operand*" doctor mm --json
    local line
    for line in report "report --nights" "report --format=json" "show crash 1" "run --resume" "compare --resume" "doctor" \
        "list reports" "plan rate<1%"; do
        failure_of 2 "1 ${line%% *} usage 2 there is no database at gone.db*" $line --db gone.db --json
    done
    [ ! -e gone.db ]
}

@test "with --json a database that is none, or torn, is a failure in one document" {
    local line
    echo "no database at all, of which there is more than a page of text" > none.db
    "$program" run noop --device null --rounds 50 --db torn.db --quiet > /dev/null
    dd if=/dev/zero of=torn.db bs=1024 seek=1 count=40 conv=notrunc 2> /dev/null
    for line in "report" "report --nights" "show round 1" "list reports" "plan rate<1%" "doctor" "run noop --device null"; do
        failure_of 6 "1 ${line%% *} harness_failed 6 *none.db*" $line --db none.db --json
        [ "$hint" = "'mpstress doctor' shows what this machine allows, 'mpstress doctor --db none.db' whether that database is intact" ]
        failure_of 6 "1 ${line%% *} harness_failed 6 *torn.db*" $line --db torn.db --json
    done
}

@test "with --json an interrupt that kills the rounds leaves a document too" {
    "$program" run noop --device null:fault=hang --rounds 5 --db rounds.db --json > out.json 2> err &
    local pid=$!
    wait_until "a round runs" eval '[ "$(sqlite3 -readonly rounds.db "SELECT count(*) FROM running" 2> /dev/null)" = 1 ]'
    kill -INT $pid
    wait_until "the first was heard" grep -q 'again' err
    kill -INT $pid
    local code=0
    wait $pid || code=$?
    [ "$code" -eq 130 ]
    [ "$(wc -l < out.json)" -eq 1 ]
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.verdict', '$.exit_code')")" = '["interrupted",130]' ]
    [[ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.error.what')")" == "stopped at once: 1 round is in "*"1 of them lost" ]]
}
