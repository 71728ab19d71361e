# scripts/fleet to its end: over an sshd of the test's own, with homes that stand for machines.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture
load homes_fixture
load sshd_fixture
load slurm_fixture

teardown() {
    cat fleet.txt 2>/dev/null || true
    [ -z "${fleet_pid:-}" ] || kill -KILL "$fleet_pid" 2>/dev/null || true
    stop_sshd
    stop_homes
    stop_slurm
}

# hosts NAME...: the file.
hosts() {
    local name
    for name in "$@"; do
        printf '%s %s %s\n' "$name" "$name" "$program"
    done >hosts
}

# Rounds that leave the processor to what is tested.
slow=(noop --device null:delay=100ms --jobs 1)

# fleet ARGUMENT...
fleet() {
    MPSTRESS="$program" "$MP_SOURCE/scripts/fleet" ${fleet_ssh:+--ssh "$fleet_ssh"} --every 1 "$@" 3>&-
}

# Runs that still go on in the homes.
running() {
    local pid count=0
    for pid in $(cat homes/*/*/*/*/run.pid 2>/dev/null); do
        ! kill -0 "$pid" 2>/dev/null || count=$((count + 1))
    done
    echo "$count"
}

@test "a fleet over ssh ends when its claim is decided by all machines together" {
    start_sshd
    hosts one two three
    run fleet --hosts hosts --seed 0x5 --until 'rate<15%@95%' --rounds 100000 -- "${slow[@]}"
    echo "$output"
    [ "$status" -eq 0 ]
    [[ "$output" == *"ending all machines"*"CLAIM MET"*"3 machines"*"together"* ]]
    [ "$(running)" = 0 ]
    # What was recorded there is here, and no round was run twice.
    [ "$(query "SELECT count(*), count(DISTINCT machine) FROM fleet_member" fleet/fleet.db)" = '3|3' ]
    recorded=0
    for file in homes/*/mpstress-fleet/*/*/run.db; do
        recorded=$((recorded + $(query "SELECT count(*) FROM round" "$file")))
    done
    [ "$(query "SELECT count(*), count(DISTINCT seed) FROM round" fleet/fleet.db)" = "$recorded|$recorded" ]
    [ "$(query "SELECT seed FROM campaign JOIN fleet_member ON campaign_id = id WHERE machine = 'two'" fleet/fleet.db)" = \
        "0x$(printf '0x5 two' | sha256sum | cut -c 1-16)" ]
    # The folder has a fleet: it is not begun again by mistake.
    run -2 fleet --hosts hosts -- noop --device null
    [[ "$output" == *"--resume goes on with it"* ]]
}

# said TEXT: the fleet in the background has.
said() {
    grep -qF "$1" fleet.txt
}

# As wait_until, for what takes several looks, each of which is a login on every machine.
wait_long() {
    wait_until "$@" || wait_until "$@" || wait_until "$@" || wait_until "$@" || wait_until "$@"
}

@test "a machine that dies loses nothing recorded, and what was interrupted goes on" {
    start_homes
    hosts one two away
    arguments=(--hosts hosts --until 'rate<0.001%@95%' --rounds 100000 -- "${slow[@]}")
    fleet "${arguments[@]}" >fleet.txt 2>&1 &
    fleet_pid=$!
    wait_long "all is looked at" said 'undecided'
    said 'away cannot be reached'
    # Its run and the shell that waits for it: as if the machine had lost its power.
    two=$(cat homes/two/*/*/two/run.pid)
    kill -KILL "$(ps -o ppid= -p "$two" | tr -d ' ')" "$two"
    wait_long "the dead run is told" said 'the run on two is lost'
    recorded=$(query "SELECT count(*) FROM round" homes/two/*/*/two/run.db)
    [ "$recorded" -ge 1 ]
    # The script itself dies as well. What it started goes on.
    kill -KILL "$(cat fleet/fleet.pid)" "$fleet_pid" 2>/dev/null || true
    wait "$fleet_pid" || true
    [ "$(running)" = 1 ]
    fleet --resume >fleet.txt 2>&1 &
    fleet_pid=$!
    wait_long "the dead run goes on" eval '[ "$(query "SELECT count(*) FROM round" homes/two/*/*/two/run.db)" -gt '"$recorded"' ]'
    run -2 fleet --resume
    [[ "$output" == *"is looked after by process"* ]]
    kill -INT "$(cat fleet/fleet.pid)"
    code=0
    wait "$fleet_pid" || code=$?
    cat fleet.txt
    [ "$code" -eq 3 ]
    said 'INCONCLUSIVE'
    said 'ended by SIGINT; --resume'
    [ "$(running)" = 0 ]
    # Nothing is lost, and the rounds of both lives of the run are one campaign.
    for name in one two; do
        [ "$(query "SELECT count(*) FROM round JOIN fleet_member USING (campaign_id) WHERE machine = '$name'" fleet/fleet.db)" = \
            "$(query "SELECT count(*) FROM round" homes/$name/*/*/$name/run.db)" ]
    done
    [ "$(query "SELECT count(*), count(resumed_at) FROM campaign" fleet/fleet.db)" = '2|1' ]
}

@test "machines go on when the rounds in flight take a decision back" {
    start_homes
    hosts one
    # The first look finds the claim met, which no later one does. (Rounds slow enough to be in flight then.)
    cat >looks <<END
#!/bin/sh
[ "\$1" = report ] && [ ! -e looked ] || exec "$program" "\$@"
: >looked
"$program" "\$@" | sed 's/"decision":"open"/"decision":"met"/'
END
    chmod +x looks
    # The database has an earlier try of the claim, which the reports do not take for this fleet.
    "$program" run "${slow[@]}" --rounds 3 --until 'rate<0.1%@95%' --fleet earlier/one --db lab.db --quiet || [ $? -eq 3 ]
    run env MPSTRESS="$PWD/looks" "$MP_SOURCE/scripts/fleet" --ssh "$fleet_ssh" --every 1 --hosts hosts --db lab.db \
        --until 'rate<0.1%@95%' --rounds 80 -- "${slow[@]}" 3>&-
    echo "$output"
    [ "$status" -eq 3 ]
    [[ "$output" == *"(met): ending all machines"*"took the decision back: going on"*"INCONCLUSIVE"* ]]
    [[ "$(tr -s '\n ' ' ' <<< "$output")" == *"; try 2 of this claim here: in all of them 0 of 83 rounds failed"* ]]
    [ "$(query "SELECT state, resumed_at IS NOT NULL, (SELECT count(*) FROM round WHERE campaign_id = campaign.id)
        FROM campaign ORDER BY id DESC LIMIT 1" lab.db)" = 'complete|1|80' ]
    [ ! -e lab.db.fleet ]
}

@test "what cannot be a fleet is refused in words" {
    start_homes
    printf 'one one\none two\n' >hosts
    run -2 fleet --hosts hosts -- noop
    [[ "$output" == *"two machines called one"* ]]
    printf 'one away\n' >hosts
    run -6 fleet --hosts hosts --folder none -- noop --device null
    [[ "$output" == *"cannot be reached"*"no machine could be started"* ]]
    echo $$ >lab.db.fleet
    run -2 fleet --hosts hosts --folder other --db lab.db -- noop --device null
    [[ "$output" == *"lab.db takes the rounds of another fleet, of process $$"* ]]
    [ ! -e other/fleet.settings ]
    run -2 fleet --hosts hosts -- noop --seed 3
    [[ "$output" == *"--seed stands before --"* ]]
    run -2 fleet --resume --folder none --rounds 3
    [[ "$output" == *"leave out --rounds"* ]]
    run -2 fleet --resume --folder elsewhere
    [[ "$output" == *"no fleet to go on with"* ]]
}

# both_recorded: a copy of what each of the two nodes records has come.
both_recorded() {
    [ -s fleet/from/task-0.db ] && [ -s fleet/from/task-1.db ] && said 'undecided'
}

@test "a fleet in Slurm goes on after a node died and an interruption, and loses and repeats no round" {
    start_slurm
    mkdir nodes
    export TMPDIR=$PWD/nodes # of the nodes
    fleet --slurm 2 --until 'rate<0.001%@95%' --rounds 60 -- "${slow[@]}" >fleet.txt 2>&1 &
    fleet_pid=$!
    wait_long "it is looked at" both_recorded
    kept=$(query "SELECT count(*) FROM round" fleet/from/task-1.db)
    [ "$kept" -ge 1 ]
    # The node and its disk: what was copied to the shared folder stays.
    kill_node two
    rm -rf nodes/*/task-1
    # shellcheck disable=SC2016
    wait_long "Slurm sees it" eval '[[ "$(sinfo --noheader --nodes=two --format=%t)" == down* ]]'
    kill -INT "$(cat fleet/fleet.pid)"
    code=0
    wait "$fleet_pid" || code=$?
    [ "$code" -eq 3 ]
    said 'task-1 is lost with its node; what it recorded counts'
    [ -z "$(squeue --noheader)" ]
    before=$(query "SELECT count(*) FROM round" fleet/fleet.db)
    [ "$before" -lt 120 ]
    [ "$(query "SELECT count(*) FROM round JOIN fleet_member USING (campaign_id) WHERE machine = 'task-1'" fleet/fleet.db)" -ge "$kept" ]
    run fleet --resume # one node for both: one waits
    echo "$output"
    [ "$status" -eq 3 ]
    [[ "$output" == *"of Slurm, tasks "*"INCONCLUSIVE"*"2 machines"*"together"* ]]
    [ "$(query "SELECT count(*), count(DISTINCT seed) FROM round WHERE outcome <> 'lost'" fleet/fleet.db)" = '120|120' ]
    [ "$(query "SELECT count(*), count(resumed_at) > 0 FROM campaign WHERE state = 'complete'" fleet/fleet.db)" = '2|1' ]
    [ -z "$(ls nodes)" ] # what is in the folder does not stay there
}
