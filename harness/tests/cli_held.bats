# A database that another program holds: it is waited for, up to a limit, and nothing is lost.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

teardown() {
    touch free
    [ -z "${campaign_pid:-}" ] || kill -KILL "$campaign_pid" 2>/dev/null || true
}

# hold: another program takes the write lock until the file "free" is there.
hold() {
    rm -f held free
    {
        printf 'BEGIN IMMEDIATE;\n.shell touch held\n'
        until [ -e free ]; do sleep 0.05; done
        printf 'ROLLBACK;\n'
    } | sqlite3 -cmd '.timeout 20000' rounds.db > /dev/null &
    wait_until "the other holds it" test -e held
}

# begin_and_hold ARGUMENT...: a run of 20 rounds; once some have ended, somebody holds the database.
begin_and_hold() {
    "$program" run noop --device null:delay=20ms --rounds 20 --db rounds.db "$@" > out 2> err &
    campaign_pid=$!
    wait_until "rounds end" eval '[ "$(query "SELECT count(*) > 2 FROM round")" = 1 ]'
    hold
}

# end: waits for the campaign; its exit code is in status.
end() {
    status=0
    wait "$campaign_pid" || status=$?
    campaign_pid=
}

outcomes() {
    query "SELECT group_concat(outcome || ' ' || n) FROM (SELECT outcome, count(*) AS n FROM round GROUP BY 1)"
}

@test "a run waits for another writer, says so, and goes on" {
    begin_and_hold
    wait_until "it is said" grep -q 'another program holds rounds.db; waiting up to 10 min for it' err
    touch free
    end
    [ "$status" -eq 0 ]
    [ "$(outcomes)" = "pass 20" ]
}

@test "the wait has a limit, and what was committed stays" {
    begin_and_hold --db-wait 300ms
    end
    cat err
    [ "$status" -eq 6 ]
    grep -q 'another program held it for more than 300.0 ms' err
    touch free
    wait_until "the other lets go" "$program" run --resume --db rounds.db --quiet
    [ "$(query "SELECT group_concat(state), planned = passed + lost AND planned = 20 FROM campaign, balance")" = "complete|1" ]
}

@test "two interrupts end the wait" {
    begin_and_hold
    kill -INT "$campaign_pid"
    kill -TERM "$campaign_pid" # a second INT might become one with the first
    end
    cat err
    [ "$status" -eq 130 ]
    touch free
}

@test "opening, merging and importing wait as well" {
    "$program" run noop --device null --rounds 1 --quiet --db rounds.db > /dev/null
    cp rounds.db from.db
    hold
    for command in "run noop --device null --rounds 1 --db rounds.db" "merge rounds.db from.db"; do
        run -6 --separate-stderr "$program" $command --db-wait 50ms
        [[ "$stderr" == *"another program held it for more than 50.0 ms"* ]]
    done
    "$program" run noop --device null --rounds 1 --db rounds.db > /dev/null 2> err &
    campaign_pid=$!
    wait_until "it is said" grep -q 'another program holds rounds.db' err
    touch free
    end
    [ "$status" -eq 0 ]
}
