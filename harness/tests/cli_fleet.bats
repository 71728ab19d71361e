# A run on several machines: each run's share, the report by machine and build, and what it says while a run goes on.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

control='destroy_impl:q=1,share=all,sync=off_queue,role=positive_control'
model='metal@model:defects=destroy_race,reader=U'

# share MACHINE ARGUMENT...: its run, into MACHINE.db.
share() {
    local machine=$1
    shift
    "$program" run "$@" --fleet "try/$machine" --db "$machine.db" --quiet >"$machine.txt" || true
}

@test "the claim of a fleet is met by the rounds of all its machines together, and only when all have ended" {
    for machine in mac-1 mac-2; do
        share "$machine" single_thread "$control" --device "$model" --rounds 12 --until 'rate<30%@95%'
        # not ended by the claim, which is the fleet's
        [ "$(query "SELECT count(*) FROM round" "$machine.db")" = 24 ]
        run -3 "$program" report --fleet --db "$machine.db" --json || [ "$status" -eq 0 ]
    done
    "$program" merge --quiet all.db mac-1.db mac-2.db
    run -0 "$program" report --fleet --db all.db
    [[ "$output" == *"CLAIM MET"*"2 machines"*"mac-1"*"mac-2"*"together"*"24"* ]]
    [[ "$output" == *"nothing here was seen on Apple's driver"* ]]
    run -0 "$program" report --fleet --db all.db --json
    [[ "$output" == *'"verdict":"claim_met"'*'"machines":2'* ]]
    # a machine that is gone, or goes on
    sqlite3 all.db "UPDATE campaign SET state = 'running' WHERE id = 1"
    run -3 "$program" report --fleet --db all.db
    [[ "$output" == "UNFINISHED"*"would be met"*"1 run still goes on"* ]]
    run "$program" report --fleet --all-ended --db all.db --json
    [[ "$output" == *"what was in flight counts as failed"* ]]
}

@test "runs of a fleet that make different claims are not added up" {
    share a single_thread --device null --rounds 2 --until 'rate<90%@95%'
    share b single_thread --device null --rounds 2 --until 'rate<80%@95%'
    "$program" merge --quiet all.db a.db b.db
    run -2 "$program" report --fleet --db all.db
    [[ "$output" == *"do not all make the same claim"* ]]
}

@test "builds are never added up: a claim must be met on each" {
    share a single_thread --device null --rounds 12 --until 'rate<30%@95%'
    share b single_thread --device null --rounds 2 --until 'rate<30%@95%'
    sqlite3 b.db "UPDATE environment SET driver_id = 'another', fingerprint = 'x' || fingerprint"
    "$program" merge --quiet all.db a.db b.db
    run -3 "$program" report --fleet --db all.db
    [[ "$output" == *"undecided"*"on build"*"builds"* ]]
    [[ "$output" != *"together"*"14 "* ]]
}

@test "what is no fleet is refused in words" {
    refused "two names" -- run mm --device null --fleet mac-1
    refused "two names" -- run mm --device null --fleet 'a/b c'
    refused "failure" -- run mm --device null --fleet a/b --until failure
    refused "needs --fleet" -- report --all-ended
    share a single_thread --device null --rounds 1
    "$program" run single_thread --device null --rounds 1 --db plain.db --quiet >plain.txt || true
    run "$program" report --fleet --db plain.db
    [ "$status" -eq 2 ] || [ "$status" -eq 4 ] || [ "$status" -eq 6 ]
    [[ "$output" == *"belongs to a fleet"* ]]
}
