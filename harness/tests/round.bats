# The program mpstress-round on the command line: standalone specs, the catalog, and the null device's
# faults, each of which must end the process in its own way.
# SPDX-License-Identifier: Apache-2.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    program="$MP_BIN/mpstress-round"
    # A sanitizer must leave the planted signals alone.
    leave="handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0"
    leave="$leave:handle_sigtrap=0:detect_leaks=0"
    export ASAN_OPTIONS="$leave" TSAN_OPTIONS="$leave:report_thread_leaks=0" UBSAN_OPTIONS="$leave"
}

# spec DEVICE [LINE...]: writes round.spec.
spec() {
    local device="$1"
    shift
    {
        echo "mpstress-spec 1"
        echo "device $device"
        echo "scenario noop"
        printf '%s\n' "$@"
    } > round.spec
}

# dies_of SIGNAL FAULT
dies_of() {
    spec "null:fault=$2,at=3" "param threads 2" "param iters 10"
    run --separate-stderr "$program" --spec round.spec
    echo "$2: status $status, expected $((128 + $1))"
    [ "$status" -eq $((128 + $1)) ]
    [[ "$output" != *outcome* ]]
}

bats_require_minimum_version 1.5.0

@test "a clean round passes, with its counts" {
    spec null "param threads 4" "param iters 25"
    run -0 "$program" --spec round.spec
    [[ "$output" == *"100 planned, 100 started, 100 right, 0 wrong, 0 dropped; 100 by the device"* ]]
    [[ "$output" == *"outcome   pass"* ]]
}

@test "a spoiled round fails, and says of what" {
    spec null:fault=drop "param iters 5"
    run -1 "$program" --spec round.spec
    [[ "$output" == *"outcome   dropped"*"executed 4 of 5"* ]]
    spec null:fault=gpu_error
    run -1 "$program" --spec round.spec
    [[ "$output" == *"outcome   gpu_error"*planted* ]]
}

@test "a thread that vanishes inside a call makes the round dropped, and it still ends" {
    ! nm "$program" | grep -q __asan_init || skip "ASan cannot follow pthread_exit up the stack"
    spec null:fault=thread_exit,at=7 "param threads 4" "param iters 10" "param streams 32"
    run -1 "$program" --spec round.spec
    [[ "$output" == *"outcome   dropped"*"vanished inside encode"* ]]
}

@test "threads that never met although the scenario promised it are no verdict" {
    spec null "param threads 4" "param share all"
    sed -i.bak 's/scenario noop/scenario mm/' round.spec
    run -3 "$program" --spec round.spec
    [[ "$output" == *"outcome   no_overlap"* ]]
    echo "arm serial" >> round.spec
    run -0 "$program" --spec round.spec
}

@test "a round whose gate decided for no hostile sync is a pass, with its overlap of 1 told" {
    spec null "param threads 4" "param share all" "param sync off_queue" "param q 0"
    sed -i.bak 's/scenario noop/scenario mm/' round.spec
    run -0 "$program" --spec round.spec
    [[ "$output" == *"overlap   1 of 4"* ]]
}

@test "an absent device is a skip" {
    [ "$(uname)" = Linux ] || skip "Metal is present here"
    spec metal
    run -4 "$program" --spec round.spec
    [[ "$output" == *"outcome   skip"* ]]
}

@test "a hang ends at the deadline, and says which thread is where" {
    local fault
    for fault in hang spin; do
        spec null:fault=$fault "timeout_ms 1500"
        run -1 --separate-stderr "$program" --spec round.spec
        [[ "$output" == *"outcome   hang"* ]]
        [[ "$stderr" == *"thread 1 is inside encode"* ]]
    done
}

@test "bad specs exit with 2, name the file and the line, and start nothing" {
    local case line word
    while read -r line word case; do
        spec null "$case"
        [[ "$case" != device* ]] || spec "${case#device }"
        run -2 --separate-stderr "$program" --spec round.spec
        echo "$case: $stderr"
        [ -z "$output" ]
        [[ "$stderr" == *"round.spec:$line:"* ]]
        [[ "$stderr" == *"$word"* ]]
    done <<'CASES'
4 iters param itres 5
4 128 param threads 129
4 serial arm seriel
4 colour colour blue
2 null device nul
2 fault device null:falt=drop
CASES
    printf 'mpstress-spec 1\nscenario nop\n' > round.spec
    run -2 --separate-stderr "$program" --spec round.spec
    [[ "$stderr" == *"round.spec:2:"*noop* ]]
    run -2 --separate-stderr "$program" --spec missing.spec
    [[ "$stderr" == *"missing.spec"*"No such file"* ]]
    head -c 5000 /dev/zero > round.spec
    run -2 --separate-stderr "$program" --spec round.spec
    [[ "$stderr" == *"more than 4096 bytes"* ]]
}

@test "bad options exit with 2 and name the nearest" {
    run -2 "$program" --describ
    [[ "$output" == *describe* ]]
    run -2 "$program" round.spec
    [[ "$output" == *"unexpected argument"* ]]
    run -2 "$program" --spec
    [[ "$output" == *"needs a value"* ]]
    run -2 "$program" --page-fd x
    run -2 "$program"
    [[ "$output" == *"nothing to do"* ]]
}

@test "a descriptor that holds no page is refused with 6" {
    run -6 "$program" --page-fd 63
    [[ "$output" == *"round page"* ]]
    head -c 2000000 /dev/zero > page
    run -6 "$program" --page-fd 5 5<>page
    : > page
    run -6 "$program" --page-fd 5 5<>page
    [[ "$output" == *"has 0 bytes"* ]]
}

@test "version and help are printed" {
    run -0 "$program" --version
    [[ "$output" == "mpstress-round "[0-9]* ]]
    run -0 "$program" --help
    [[ "$output" == *"--spec FILE"*"exit codes"* ]]
    run -0 "$program" -h
}

@test "the catalog names devices, faults, scenarios and arms" {
    run -0 --separate-stderr "$program" --describe
    [ -z "$stderr" ]
    [[ "$output" == *$'device\tmetal\t'*$'device\tmetal@model\t'*$'device\tnull\t0\t'* ]]
    [[ "$output" == *"none|segv_null|"* ]]
    [[ "$output" == *$'scenario\tnoop\t'* ]]
    [[ "$output" == *$'arm\tnone\t'*$'arm\tserial\t'* ]]
}

@test "one device is opened and described, and a name that is none is refused with the nearest" {
    run -0 --separate-stderr "$program" --describe-device null
    [[ "${lines[0]}" == $'device\tnull\t1\t'*"ops run on the CPU"* ]]
    [[ "$output" != *$'device\tmetal'* ]]
    run -2 --separate-stderr "$program" --describe-device nul
    [ -z "$output" ]
    [[ "$stderr" == *"did you mean 'null'"* ]]
}

@test "faults of addresses die of SIGSEGV" {
    local fault
    for fault in segv_null segv_null_write segv_offset segv_wild segv_noncanonical jump_null \
        stack_overflow exit_segv; do
        if [ "$fault" = exit_segv ]; then
            spec null:fault=exit_segv
            run "$program" --spec round.spec
            # The round itself passes before the process dies.
            [ "$status" -eq 139 ]
            [[ "$output" == *"outcome   pass"* ]]
        else
            dies_of 11 "$fault"
        fi
    done
}

@test "faults of protection and alignment die as the system has it" {
    [ "$(uname)" = Linux ] || skip "other signals on this system"
    dies_of 11 segv_readonly
    dies_of 11 jump_data
    dies_of 7 bus
    if [ "$(uname -m)" = x86_64 ]; then
        dies_of 11 misaligned
        dies_of 8 fpe
    fi
    dies_of 4 ill
    dies_of 5 trap
}

@test "aborts die of SIGABRT and say why" {
    dies_of 6 abort
    [[ "$stderr" == *"failed assertion"* ]]
    ! nm "$program" | grep -Eq '__[at]san_init' || skip "a sanitizer replaces free()"
    dies_of 6 double_free
}

@test "a process that is killed or leaves early gives no outcome" {
    dies_of 9 kill_self
    spec null:fault=exit_early
    run -0 "$program" --spec round.spec
    [[ "$output" != *outcome* ]]
    spec null:fault=exit_code
    run -7 "$program" --spec round.spec
}

@test "a leaked process ignores SIGTERM and outlives a round that passes" {
    spec null:fault=fork_leak
    mv round.spec "leak-$$.spec"
    # Its output goes to files: the leak would hold the pipes of bats open.
    "$program" --spec "leak-$$.spec" > out 2> err 3>&-
    grep -q "outcome   pass" out
    local leak
    leak=$(pgrep -x -f "$program --spec leak-$$.spec")
    kill "$leak"
    kill -0 "$leak"
    kill -9 "$leak"
}

@test "a crash of a forked child is no pass, although the round did all its work" {
    spec null:fault=fork_crash
    run -1 "$program" --spec round.spec
    [[ "$output" == *"outcome   crash: a process started by the round crashed"* ]]
}

@test "noise on stderr leaves the round passing" {
    spec null:fault=noise
    "$program" --spec round.spec 2> err | grep -q "outcome   pass"
    [ "$(wc -c < err)" -ge 1048576 ]
}

@test "the same seed decides the same" {
    local seed first second mixed=""
    for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
        spec null:fault=exit_code,p=0.5 "seed $seed"
        run "$program" --spec round.spec
        first=$status
        run "$program" --spec round.spec
        second=$status
        [ "$first" -eq "$second" ]
        mixed="$mixed$first"
    done
    [[ "$mixed" == *0* && "$mixed" == *7* ]]
}
