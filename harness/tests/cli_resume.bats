# An interrupted campaign resumes as if nothing had happened.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

device=null:fault=hang,p=0.2
matrix='noop:threads=1|2|3'

begin() {
    "$program" "$@" > out 2> err &
    campaign_pid=$!
}

# end: waits for the campaign; its exit code is in status.
end() {
    status=0
    wait "$campaign_pid" || status=$?
    campaign_pid=
}

state() {
    query "SELECT group_concat(state) FROM campaign"
}

# What the rounds were, in the order of starting.
order() {
    query "SELECT ifnull(position, seq), seed, params FROM round JOIN cell ON cell.id = cell_id ORDER BY 1" "$1"
}

balances() {
    [ "$(query "SELECT count(*) FROM balance WHERE planned <> passed + failed + no_verdict + lost")" = 0 ]
    [ "$(query "SELECT count(*) = max(seq) AND count(DISTINCT seq) = count(*) FROM round")" = 1 ]
    [ "$(query "SELECT count(*) FROM running JOIN campaign ON campaign.id = campaign_id WHERE state <> 'running'")" = 0 ]
}

# flies POSITION: the round at this position has started and not ended.
flies() {
    [ "$(query "SELECT count(*) FROM running WHERE position = $1")" = 1 ]
}

# The same campaign without an interruption: hangs end at their deadline.
make_reference() {
    "$program" run "$matrix" --device "$device" --rounds 6 --seed 9 --timeout 100ms --db whole.db --quiet > out || true
    order whole.db > whole.order
    [ "$(wc -l < whole.order)" = 18 ]
    hangs=$(query "SELECT group_concat(seq, ' ') FROM (SELECT seq FROM round WHERE outcome = 'hang' ORDER BY 1)" whole.db)
    [[ "$hangs" == *" "* ]]
}

@test "killed at each of its hangs and resumed each time, a run has the same rounds in the same order" {
    make_reference
    begin run "$matrix" --device "$device" --rounds 6 --seed 9 --timeout 10m --db rounds.db
    for position in $hangs; do
        wait_until "round $position hangs" flies "$position"
        kill -KILL "$campaign_pid"
        end
        [ "$(state)" = running ]
        begin run --resume --db rounds.db
        wait_until "the lost round is recorded" grep -q "campaign 1 was killed: 1 round in flight recorded as lost" err
        balances
    done
    end
    [ "$status" -eq 0 ]
    [ "$(state)" = complete ]
    lost=$(wc -w <<< "$hangs")
    [ "$(query "SELECT lost FROM balance")" = "$lost" ]
    order rounds.db > rounds.order
    diff whole.order rounds.order
    balances
    # What is lost can be repeated, with its own seed.
    [ "$(query "SELECT count(*) FROM round JOIN round_text ON round_id = round.id WHERE outcome = 'lost'
        AND instr(spec, 'seed ' || seed) > 0")" = "$lost" ]
}

@test "stopped at once at each hang and resumed, a run has the same rounds in the same order" {
    make_reference
    begin run "$matrix" --device "$device" --rounds 6 --seed 9 --timeout 10m --db rounds.db
    signals=(INT TERM HUP)
    stops=0
    for position in $hangs; do
        wait_until "round $position hangs" flies "$position"
        signal=${signals[stops % 3]}
        stops=$((stops + 1))
        kill -"$signal" "$campaign_pid"
        wait_until "the first is told" grep -q interrupted err
        kill -"$signal" "$campaign_pid"
        end
        [ "$status" -gt 128 ]
        [ "$(state)" = interrupted ]
        balances
        begin run --resume 1 --db rounds.db
        wait_until "it goes on" grep -q "campaign 1 resumes after round" err
    done
    end
    [ "$(state)" = complete ]
    order rounds.db > rounds.order
    diff whole.order rounds.order
    balances
}

@test "three jobs, killed and resumed, leave no gap and no duplicate" {
    "$program" run "$matrix" --device null:delay=5ms --rounds 10 --seed 3 --db whole.db --quiet > out
    order whole.db > whole.order
    begin run "$matrix" --device null:delay=5ms --rounds 10 --seed 3 --jobs 3 --db rounds.db
    for rounds in 1 9 17; do
        wait_until "enough rounds are recorded" has_rounds "$rounds"
        kill -KILL "$campaign_pid" || true
        end
        [ "$(state)" = complete ] && break
        begin run --resume --db rounds.db
        wait_until "it goes on" grep -q "resumes after round" err
    done
    end
    [ "$(state)" = complete ]
    order rounds.db > rounds.order
    diff whole.order rounds.order
    balances
}

has_rounds() {
    [ "$(query "SELECT count(*) FROM round")" -ge "$1" ]
}

@test "SIGHUP ends a campaign like SIGINT, unless nohup says otherwise" {
    begin run noop --device null:fault=hang --timeout 10m --rounds 3 --db rounds.db
    wait_until "it hangs" flies 1
    kill -HUP "$campaign_pid"
    wait_until "the first is told" grep -q interrupted err
    kill -HUP "$campaign_pid"
    end
    [ "$status" -eq 129 ]
    [ "$(state)" = interrupted ]
    rm err rounds.db
    (trap '' HUP; exec "$program" run noop --device null:fault=hang --timeout 10m --db rounds.db > out 2> err) &
    campaign_pid=$!
    wait_until "it hangs" flies 1
    kill -HUP "$campaign_pid"
    kill -HUP "$campaign_pid"
    kill -HUP "$campaign_pid"
    run ! grep -q interrupted err
    kill -TERM "$campaign_pid"
    wait_until "the first is told" grep -q interrupted err
    kill -TERM "$campaign_pid"
    end
    [ "$status" -eq 143 ]
}

@test "time used before an interruption counts" {
    begin run noop --device null:fault=hang --timeout 10m --duration 10m --db rounds.db
    wait_until "it hangs" flies 1
    kill -KILL "$campaign_pid"
    end
    # As if its first hour had passed when that round began. What the clock of the day says is no matter.
    sqlite3 rounds.db "UPDATE running SET used_ns = 3600e9;
        UPDATE campaign SET started_at = strftime('%Y-%m-%dT%H:%M:%fZ', started_at, '+2 hours')"
    run --separate-stderr "$program" run --resume --db rounds.db
    [ "$(query "SELECT state, used_ns > 3599e9, (SELECT group_concat(outcome) FROM round) FROM campaign")" = "complete|1|lost" ]
}

# leaps SIGNAL: the clock of the day is set a day ahead in the first round, then the run is sent SIGNAL.
leaps() {
    [ "$(uname)" = Linux ] || skip "the clock's double is made for Linux"
    rm -f leapt rounds.db*
    export LD_PRELOAD="$MP_BIN/../tests/sleepy_clock.so" LEAPING_CLOCK="$PWD/leapt"
    begin run noop --device null:delay=200ms --rounds 3 --duration 1h --db rounds.db
    wait_until "the first round runs" eval '[ "$(query "SELECT count(*) FROM running")" = 1 ]'
    touch leapt
    kill "-$1" "$campaign_pid"
    end
    # With the double, which is part of what a run is recorded under.
    "$program" run --resume --db rounds.db > out || true
    unset LD_PRELOAD
    query "SELECT state, count(*), used_ns < 3600e9 FROM campaign JOIN round ON campaign_id = campaign.id"
}

@test "a clock of the day that is set ahead uses up no time of a run" {
    [ "$(leaps INT)" = "complete|3|1" ]
    [ "$(leaps KILL)" = "complete|3|1" ]
}

@test "a live run, here or elsewhere, is left alone" {
    begin run noop --device null:fault=hang --timeout 10m --db rounds.db
    wait_until "it hangs" flies 1
    run -0 --separate-stderr "$program" run noop --device null --rounds 1 --db rounds.db
    [[ "$stderr" != *"was killed"* ]]
    [ "$(state)" = running,complete ]
    run --separate-stderr "$program" run --resume 1 --db rounds.db
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"campaign 1 "*"is running; only an interrupted one"* ]]
    sqlite3 rounds.db "UPDATE campaign SET host = 'another' WHERE id = 1"
    kill -KILL "$campaign_pid"
    end
    run -0 --separate-stderr "$program" run noop --device null --rounds 1 --db rounds.db
    [ "$(state)" = running,complete,complete ]
    [ "$(query "SELECT count(*) FROM running")" = 1 ]
}

@test "the next run reports what was lost and continues" {
    begin run noop --device null:fault=hang --timeout 10m --db rounds.db
    wait_until "it hangs" flies 1
    kill -KILL "$campaign_pid"
    end
    run --separate-stderr "$program" report --db rounds.db
    [ "$status" -eq 4 ]
    [ "$(state)" = running ]
    run -0 --separate-stderr "$program" run noop --device null --rounds 2 --db rounds.db
    [ "$(grep -c "campaign 1 was killed: 1 round in flight recorded as lost" <<< "$stderr")" -eq 1 ]
    [ "$(state)" = interrupted,complete ]
    [ "$(query "SELECT planned, lost FROM balance ORDER BY campaign_id")" = $'1|1\n2|0' ]
    run -0 --separate-stderr "$program" run noop --device null --rounds 2 --db rounds.db
    [[ "$stderr" != *"was killed"* ]]
}

refuses_to_resume() {
    run --separate-stderr "$program" run --resume "${@:2}" --db rounds.db
    echo "$status $stderr"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
    [[ "$stderr" == *"$1"* ]]
}

@test "how to resume stands behind the report where both go into one file" {
    timeout -s INT 1 "$program" run 'mm:iters=2,threads=2|3|4|5|6|7|8|9|10|11|12|13|14|15|16|17' --device null --rounds 1000000 --db rounds.db > both 2>&1 || true
    [ "$(wc -c < both)" -gt 4096 ] # more than stdio keeps
    [ "$(tail -n 1 both)" = "mpstress: 'mpstress run --resume --db rounds.db' resumes it" ]
    [ "$(grep -c 'resumes it' both)" = 1 ]
}

@test "what cannot be resumed is refused with the reason" {
    refuses_to_resume "no database at rounds.db"
    [ ! -e rounds.db ]
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet > out
    refuses_to_resume "has no interrupted run"
    refuses_to_resume "campaign 1 in rounds.db is complete" 1
    refuses_to_resume "no campaign '7'" 7
    refuses_to_resume "leave out --rounds" --rounds 3
    refuses_to_resume "takes one campaign" 1 2
    sqlite3 rounds.db "UPDATE campaign SET state = 'interrupted', command = 'compare'"
    refuses_to_resume "mpstress compare" 1
    sqlite3 rounds.db "UPDATE campaign SET command = NULL"
    refuses_to_resume "recorded without its request" 1
    sqlite3 rounds.db "UPDATE campaign SET command = 'run'; DELETE FROM round"
    sqlite3 rounds.db "INSERT INTO environment SELECT NULL, 'x', os, 'newer', cpu, gpu, driver, driver_id, facts
        FROM environment LIMIT 1; UPDATE campaign SET environment_id = last_insert_rowid()"
    refuses_to_resume "started on another machine or under another system" 1
}

@test "a cell whose meaning has changed is refused" {
    "$program" run noop --device null --rounds 4 --db rounds.db --quiet > out
    sqlite3 rounds.db "UPDATE campaign SET state = 'interrupted'"
    cat > newer <<'END'
#!/bin/sh
[ "$1" = --describe ] || exec "$MP_BIN/mpstress-round" "$@"
"$MP_BIN/mpstress-round" --describe | sed "$CHANGE"
END
    chmod +x newer
    export MPSTRESS_ROUND="$PWD/newer" MP_BIN
    CHANGE='/^scenario	noop	/,/^row	q	/s/^row	n	/row	size	/' refuses_to_resume "noop"
    CHANGE='/^scenario	noop	/s/.*/&\nrow	extra		int	N	1	1	9	0	0	\\N	0	one more	\\N	\\N/' \
        refuses_to_resume "'noop' means a different cell"
    [ "$(state)" = interrupted ]
    CHANGE='' run -0 "$program" run --resume --db rounds.db
    [ "$(state)" = complete ]
}
