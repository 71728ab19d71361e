# The live line on a real terminal, which tmux is.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# Every start has a tmux server of its own: one that is going away still holds its socket for a moment.
tmux_here() {
    tmux -S "$BATS_TEST_TMPDIR/tmux.$starts" "$@"
}

# screen: what the terminal shows.
screen() {
    tmux_here capture-pane -p -t live
}

shows() {
    screen | grep -q -- "$1"
}

# start COLUMNS COMMAND: runs it in a terminal; the terminal stays until the test ends.
start() {
    starts=$((${starts:-0} + 1))
    tmux_here -f /dev/null new-session -d -s live -x "$1" -y 24 "$2; echo ended; cat"
}

teardown() {
    tmux_here kill-server 2> /dev/null || true
}

@test "a live line shows the state and is cleared before the report" {
    command -v tmux > /dev/null || skip "no tmux"
    start 140 "'$program' run noop --device null --duration 10m --db rounds.db --color never"
    wait_until "the live line stands" shows "rounds/s  left 00:0"
    wait_until "it counts" shows "[0-9] rounds  no failure  subjects 0/"
    [ "$(screen | grep -c 'rounds/s')" -eq 1 ]
    tmux_here send-keys -t live C-c
    wait_until "the run has ended" shows "^ended"
    [ "$(screen | grep -c 'rounds/s')" -eq 0 ]
    screen | grep -q interrupted
    tmux_here capture-pane -p -S - -t live | grep -q '^database'
}

@test "a terminal that becomes narrow keeps one live line" {
    command -v tmux > /dev/null || skip "no tmux"
    start 140 "'$program' run noop --device null --duration 10m --db rounds.db --color never"
    wait_until "the live line stands" shows "rounds/s"
    tmux_here resize-window -t live -x 40
    wait_until "the line is short" shows "rounds  no failure$"
    # Of the long line nothing is left, whatever rows the terminal made of it.
    [ "$(screen | grep -c -e 'no failure' -e 'so far' -e 'rounds/s')" -eq 1 ]
}

# raw ENVIRONMENT OPTION...: the bytes that a short run writes to a terminal, in the file "bytes".
raw() {
    local environment="$1"
    shift
    rm -f bytes
    start 140 "until [ -e go ]; do sleep 0.05; done; \
        env $environment '$program' run noop --device null --rounds 30 --db rounds.db $* > /dev/null"
    tmux_here pipe-pane -t live 'cat > bytes'
    wait_until "the pipe stands" test -e bytes
    touch go
    wait_until "the run has ended" shows "^ended"
    tmux_here kill-server
    rm go
}

@test "NO_COLOR takes the colour, TERM=dumb the live line, --quiet everything" {
    command -v tmux > /dev/null || skip "no tmux"
    raw "TERM=screen"
    grep -q $'\033\\[1m' bytes
    grep -q $'\033\\[J' bytes
    raw "TERM=screen NO_COLOR=1"
    run ! grep -q $'\033\\[[0-9;]*m' bytes
    grep -q $'\033\\[J' bytes
    raw "TERM=screen NO_COLOR=1" --color=always
    grep -q $'\033\\[1m' bytes
    raw "TERM=dumb"
    run ! grep -q $'\033' bytes
    grep -q 'seed 0x' bytes
    raw "TERM=screen" --quiet
    [ "$(tr -d '\r\n' < bytes)" = ended ]
}
