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
    # What scripts/fleet reads out of it, with its own words.
    for name in decision reason; do
        expression=$(sed -n "s/^ *$name=\$(sed -n '\(.*\)' \"\$folder.*/\1/p" "$MP_SOURCE/scripts/fleet")
        [ -n "$expression" ]
        [ -n "$(sed -n "$expression" <<< "$output")" ]
    done
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

@test "databases of several machines are one table: each cell on each build of system, GPU and driver" {
    "$program" run single_thread noop --device null --rounds 2 --db a.db --quiet >a.txt || true
    "$program" run single_thread --device null:fault=wrong --rounds 3 --db b.db --quiet >b.txt || true
    "$program" run single_thread --device null --rounds 4 --db b.db --quiet >c.txt || true
    "$program" run single_thread --device null --round-seed 7 --db b.db --quiet >d.txt || true
    sqlite3 b.db "UPDATE environment SET os = 'macOS', gpu = 'Apple M4 Max', fingerprint = 'x' || fingerprint;
        UPDATE campaign SET host = 'feedc0defeedc0de'"
    "$program" merge --quiet all.db a.db b.db
    run -1 "$program" report --builds --db all.db
    [[ "$output" == "FAILURES"*"all campaigns · 2 machines · 3 runs; left out: 1 run, whose rounds"*"A (1 machine)"*"B (1 machine): macOS"*"Apple M4 Max"* ]]
    [[ "$output" == *"feedc0de"* && "$output" != *"feedc0defeed"* ]]
    run -1 --separate-stderr "$program" report --builds --db all.db --json
    [ "$(jq -c '.view, [.rows[] | select(.machine == null) | select(.cell | startswith("single")) |
        [.build, .rounds, .failures]]' <<< "$output" | tr '\n' ' ')" = \
        '"builds" [["A",2,0],["B",4,0],["B",3,3]] ' ]
    refused "choose one" -- report --builds --fleet
    refused "cannot be combined" -- report --builds --nights
    refused "--builds supports text and JSON" -- report --builds --format junit
    run -2 "$program" report --builds --signature 1 --db all.db
    sqlite3 all.db "UPDATE campaign SET reuse = 2"
    run "$program" report --builds --db all.db
    [[ "$status" -ne 0 && "$output" == *"holds no campaign that may be pooled yet"* ]]
}

@test "what is no fleet is refused in words" {
    refused "two names" -- run mm --device null --fleet mac-1
    refused "two names" -- run mm --device null --fleet 'a/b c'
    refused "failure" -- run mm --device null --fleet a/b --until failure
    refused "needs --fleet" -- report --all-ended
    share a single_thread --device null --rounds 1
    "$program" run single_thread --device null --rounds 1 --db plain.db --quiet >plain.txt || true
    run -2 "$program" report --fleet --db plain.db
    [[ "$output" == *"belongs to a fleet"* ]]
}

@test "a claim that a fleet tries again needs the rounds of all its tries" {
    # The first has some failures (written into it), the second none.
    for machine in a b; do
        share "$machine" single_thread --device null --rounds 6 --until 'rate<30%@95%'
        sqlite3 "$machine.db" "UPDATE round SET outcome = 'crash' WHERE seq <= 3;
            UPDATE fleet_member SET fleet = 'first'"
    done
    for machine in c d; do
        share "$machine" single_thread --device null --rounds 7 --until 'rate<30%@95%'
    done
    "$program" merge --quiet second.db c.db d.db
    run -0 "$program" report --fleet --db second.db
    [[ "$output" != *"try 2"* ]]
    # whichever was merged first, the one that began last is reported
    "$program" merge --quiet all.db c.db a.db d.db b.db
    run -3 "$program" report --fleet --db all.db
    [[ "$output" == *"is undecided"*"0 of 14 rounds"*"try 2 of this claim here"* ]]
    run -3 "$program" report --fleet --db all.db --json
    [[ "$output" == *"; try 2 of this claim here: in all of them 6 of 26 rounds failed, and all of them together"* ]]
    [[ "$output" == *'"decision":"open"'*'"tries":2'* ]]
    # A run of one machine takes a fleet as one try, and a run of a fleet does not count the fleet itself.
    run "$program" run single_thread --device null --rounds 7 --until 'rate<30%@95%' --db all.db --json
    [[ "$output" == *"try 3 of this claim here"* ]]
    run "$program" report --campaign 1 --db second.db --json
    [[ "$output" == *'"tries":1,'* ]]
    run "$program" report --campaign 2 --db second.db --json
    [[ "$output" == *'"tries":1,'* ]]
}

@test "what a fleet ran in shared processes is left out, and that is said" {
    "$program" run noop --device null --rounds 4 --reuse 2 --fleet f/a --db a.db --quiet >a.txt
    run -4 "$program" report --fleet --db a.db
    [[ "$(tr -s '\n ' ' ' <<< "$output")" == *"1 run; left out: 1 run, whose rounds repeat others or share a process"* ]]
    run -4 "$program" report --fleet --db a.db --json
    [[ "$output" == *'"left_out":1,'* ]]
}

@test "what was seen on the model alone is said to be in the first sentence of builds and fleets" {
    "$program" run noop --device metal@model --rounds 1 --quiet --db model.db > /dev/null
    run -0 "$program" report --builds --db model.db
    [[ "${lines[0]}" == *"rounds of the subjects failed (on the software model)" ]]
    run -0 "$program" report --builds --db model.db --json
    [[ "$output" == *"(on the software model)"* ]]
    "$program" run noop --device null --rounds 1 --quiet --db model.db > /dev/null
    run -0 "$program" report --builds --db model.db
    [[ "${lines[0]}" == *"rounds of the subjects failed" ]]
}
