# mpstress doctor without a database: what this machine allows, and whether observing changes the rate.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

observe() {
    run --separate-stderr "$program" doctor --observer --db rounds.db --seed 1 --rounds 6 "$@"
}

# wrapper SCRIPT...: a round program that does SCRIPT before a round; the round's order is in its page.
wrapper() {
    {
        echo '#!/bin/sh'
        echo 'asks() { grep -aq "^$1\$" /proc/self/fd/3; }'
        # Like any round it waits for the go flag of its page: from then on it is traced, if it is to be. It says that it is
        # in phase run: before it no driver is loaded, and a signal that nobody saw arrive is no finding.
        echo 'crash() {'
        echo '    until [ "$(od -An -tu4 -j4160 -N4 /proc/self/fd/3 | tr -d " ")" = 1 ]; do :; done'
        echo '    printf "\004" | dd of=/proc/self/fd/3 bs=1 seek=4164 conv=notrunc 2>/dev/null'
        echo '    kill -SEGV $$'
        echo '}'
        echo 'if [ "$1" = --page-fd ]; then'
        printf '%s\n' "$@"
        echo 'fi'
        echo "exec '$MP_BIN/mpstress-round' \"\$@\""
    } > round.sh
    chmod +x round.sh
    export MPSTRESS_ROUND="$PWD/round.sh"
}

extract() {
    printf '%s' "$output" > out.json
    sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$1')"
}

@test "each kind of round runs equally often with the same seeds, and no false difference is shown" {
    observe noop --device null:fault=abort,p=0.5
    [ "$status" -eq 0 ]
    [[ "$output" == "NO DIFFERENCE SHOWN"* ]]
    [[ "$output" == *"no difference larger than "*" points shown"* ]]
    [ "$(query "SELECT count(*), count(DISTINCT seed), count(DISTINCT cell_id) FROM round")" = "18|6|1" ]
    [ "$(query "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM round GROUP BY was_traced, recorder)")" = 6,6,6 ]
    [ "$(query "SELECT count(*) FROM round WHERE NOT was_traced AND NOT recorder")" = 0 ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'abort'")" -gt 0 ]
    # A block holds one of each kind.
    [ "$(query "SELECT count(DISTINCT seed), count(DISTINCT was_traced || recorder) FROM round WHERE seq <= 3")" = "1|3" ]
    run -0 "$program" report --db rounds.db || [ "$status" -eq 1 ]
    run -0 "$program" doctor --db rounds.db
}

@test "a cell that never fails has no power" {
    observe noop --device null
    [ "$status" -eq 5 ]
    [[ "$output" == "NO POWER"*"the cell never failed"* ]]
}

@test "a recorder that makes it fail is detected" {
    [ -e /proc/self/fd ] || skip "needs /proc"
    wrapper 'if asks "recorder on"; then crash; fi'
    observe noop --device null
    [ "$status" -eq 1 ]
    [[ "$output" == "LOOKING CHANGES THE RATE"* ]]
    [[ "$output" == *"the recorder CHANGES the rate: by +100.0 points"* ]]
    [[ "$output" == *"tracing    no difference larger than"* ]]
    [[ "$output" == *"of the same seeds, 6 failed only with it and 0 only without it"* ]]
}

@test "tracing that hides a failure is detected, in JSON too" {
    [ -e /proc/self/fd ] || skip "needs /proc"
    wrapper 'if asks "capture off"; then crash; fi'
    observe noop --device null --json
    [ "$status" -eq 1 ]
    [ "$(extract '$.verdict')" = changes ]
    [ "$(extract '$.tracing.finding')" = changes ]
    [ "$(extract '$.tracing.difference')" = -1.0 ]
    [ "$(extract '$.tracing.only_without')" = 6 ]
    [ "$(extract '$.recorder.finding')" = no_power ]
    [ "$(extract '$.kinds[1].failures')" = 6 ]
}

@test "what the observer cannot look at is refused before any round" {
    refused "one cell" -- doctor --observer noop mm
    refused "one cell" "spans 2" -- doctor --observer 'noop:threads=1|2'
    refused "scenario" -- doctor --observer nothing_of_the_kind
    refused "only with --observer" -- doctor noop
}

@test "without options it shows what this machine allows, and creates nothing" {
    run -0 --separate-stderr "$program" doctor
    [[ "$output" == *"rounds      run by $MP_BIN/mpstress-round"* ]]
    [[ "$output" == *"device      null opens"* ]]
    [[ "$output" == *"ok       tracing     works: a planted crash was read, with its address and the stack"* ]]
    [[ "$output" == *"tracing"*"guard"*"if mpstress is killed, so is all that"*"database"*"cores"*"injection"*"core dumps"* ]]
    [[ "$output" == *"ok       system      "*", build "* ]]
    for name in load disk heat clock validation "GPU clients"; do
        [[ "$output" == *"  $name "* ]]
    done
    [[ "$output" == *"./mpstress.db does not exist yet and can be created"* ]]
    [ ! -e mpstress.db ]
    run -0 --separate-stderr "$program" doctor --json
    [ "$(extract '$.command')" = doctor ]
    [ "$(extract '$.exit_code')" = 0 ]
    [ "$(sqlite3 :memory: "SELECT count(*) > 7 FROM json_each(readfile('out.json'), '$.checks')")" = 1 ]
}

@test "where the system refuses tracing it says so, and what to do" {
    [ "$(uname)" = Linux ] || skip "there is nothing to refuse"
    run -0 --separate-stderr "$MP_BIN/../tests/without_ptrace" "$program" doctor
    [[ "$output" == *"careful  tracing     refused: cannot trace"*"-> allow ptrace"* ]]
}

@test "if rounds cannot run it exits with 6 and says what to do" {
    MPSTRESS_ROUND="$PWD/nowhere" run "$program" doctor
    [ "$status" -eq 6 ]
    [[ "$output" == *"not ok   rounds"*"-> build mpstress-round"* ]]
    MPSTRESS_DB=no/folder/rounds.db run "$program" doctor
    [ "$status" -eq 6 ]
    [[ "$output" == *"not ok   database"*"cannot be created"*"-> create the directory"* ]]
}

@test "a library injected from outside is reported" {
    [ "$(uname -s)" = Linux ] || skip "preloads as Linux does"
    LD_PRELOAD="$MP_BIN/../tests/fix_other.so" run -0 "$program" doctor --json
    [[ "$output" == *'"injection","state":"careful","words":"LD_PRELOAD='*'fix_other.so is injected into every round"'* ]]
}
