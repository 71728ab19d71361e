# Two runs never share a GPU unnoticed.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

begin_holder() {
    export MPSTRESS_LOCK=$PWD/gpu.lock
    "$program" run noop --device null:fault=hang --timeout 10m --lock refuse --db holder.db > holder.out 2> holder.err &
    holder=$!
    wait_until "the lock is held" grep -q "process $holder" gpu.lock
}

end_holder() {
    kill -KILL "$holder"
    wait "$holder" || true
}

@test "a second run is refused, and says who has the GPU" {
    begin_holder
    run ! --separate-stderr "$program" run noop --device null --lock refuse --db second.db
    end_holder
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"in use by process $holder, "*"run noop"*"use --lock wait to wait for it"* ]]
    [ ! -e second.db ]
}

@test "a lock whose holder was killed is free" {
    begin_holder
    end_holder
    run -0 "$program" run noop --device null --lock refuse --rounds 1 --db second.db
}

@test "the process that has the lock is named, never one that is gone" {
    begin_holder
    sh -c 'printf "process %d, mpstress run of yesterday" $$' > gpu.lock
    run ! --separate-stderr "$program" run noop --device null --lock refuse --db second.db
    end_holder
    [[ "$stderr" == *"in use by process $holder (lock"* ]]
    [[ "$stderr" != *yesterday* ]]
}

@test "a waiting run starts when the other has ended" {
    begin_holder
    "$program" run noop --device null --lock wait --rounds 1 --db second.db 2> second.err &
    second=$!
    wait_until "it waits" grep -q "waiting for process $holder" second.err
    [ ! -e second.db ]
    end_holder
    wait "$second"
    [ "$(sqlite3 second.db "SELECT count(*) FROM round")" = 1 ]
}

@test "without the lock a run starts beside the other, with a warning" {
    begin_holder
    run -0 --separate-stderr "$program" run noop --device null --lock off --rounds 1 --db second.db
    end_holder
    [[ "$stderr" == *"disturb each other"* ]]
}

@test "the null device and the model need no lock unless requested" {
    begin_holder
    run -0 "$program" run noop --device null --rounds 1 --db second.db
    run -0 "$program" run noop --device metal@model --rounds 1 --db second.db
    end_holder
}

@test "an unusable lock file is named" {
    mkdir folder
    MPSTRESS_LOCK=$PWD/folder run ! --separate-stderr "$program" run noop --device null --lock refuse --db second.db
    [ "$status" -eq 6 ]
    [[ "$stderr" == *"$PWD/folder"*MPSTRESS_LOCK* ]]
    ln -s elsewhere link
    MPSTRESS_LOCK=$PWD/link run -6 "$program" run noop --device null --lock refuse --db second.db
    [ ! -e elsewhere ]
}
