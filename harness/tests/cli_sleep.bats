# A machine that sleeps while rounds run. The clock is a double: no machine slept for this.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

setup_file() {
    [ "$(uname)" = Linux ] || skip "the clock's double is made for Linux"
}

# sleeps_during DEVICE: runs two rounds; the machine sleeps while the first runs, which waits for the file hold to go.
sleeps_during() {
    export LD_PRELOAD="$MP_BIN/../tests/sleepy_clock.so" SLEEPY_CLOCK="$PWD/slept"
    "$program" run noop --device "$1" --rounds 2 --timeout "$2" --quiet --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "the first round runs" eval '[ "$(query "SELECT count(*) FROM running")" = 1 ]'
    touch slept
    wait "$campaign_pid" || code=$?
    unset LD_PRELOAD
}

@test "a round past its deadline across a sleep is broken, the next one is a hang" {
    sleeps_during null:fault=hang 2s
    [ "$(query "SELECT group_concat(outcome) FROM (SELECT outcome FROM round ORDER BY seq)")" = broken,hang ]
    detail=$(query "SELECT detail FROM round ORDER BY seq LIMIT 1")
    [[ "$detail" == "the machine slept for 2 min during the round; without that it would be hang: "* ]] ||
        { echo "$detail"; false; }
}

@test "a round that passed across a sleep has no verdict either" {
    sleeps_during null:delay=1s 30s
    [ "$(query "SELECT group_concat(outcome) FROM (SELECT outcome FROM round ORDER BY seq)")" = broken,pass ]
}
