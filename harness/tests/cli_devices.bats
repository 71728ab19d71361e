# Devices that are bad to open: a driver that dies or hangs while it is looked at, and one whose names another library
# has taken. None of them ends a command that only asks about it.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# bad HOW: the model's library is a driver that does HOW when it is loaded.
bad() {
    export MPSTRESS_MODEL="$MP_BIN/../tests/bad_provider.so" BAD_PROVIDER="$1" BAD_PROVIDER_MARK="$PWD/mark"
    export MPSTRESS_OPEN_TIMEOUT=500ms
}

@test "names, help, completions, hints and rounds of another device open no device" {
    bad abort
    run -0 "$program" list --names devices
    [ "$output" = $'metal\nmps\nvulkan\nvulkan@lavapipe\nmetal@model\nmps@model\nnull\nprogram' ]
    run -0 "$program" list --names scenarios
    run -0 "$program" help run
    run -0 "$program" run --help
    run -0 "$program" help --format=bash
    run -0 "$program" list mm
    run -2 "$program" run mm --threads 2
    [[ "$output" == *"mm:threads=2"* ]]
    run -0 "$program" run noop --device null --rounds 1 --quiet --db rounds.db
    run -2 "$program" run --resume --db rounds.db --quiet
    [[ "$output" == *"rounds.db has no interrupted run to resume"* ]]
    [ ! -e mark ]
    run -0 "$program" list
    [ "$(wc -l < mark)" -eq 2 ] # metal@model and mps@model
}

@test "a driver that dies while opening is a row of list and a line of doctor" {
    bad abort
    run -0 --separate-stderr "$program" list
    [ -z "$stderr" ]
    [[ "$output" == *"broken: died of signal 6 while opening: bad driver: about to abort"* ]]
    [[ "$output" != *$'\e'* ]]
    [[ "$output" == *"present: none (ops run on the CPU)"* ]]
    run -0 --separate-stderr "$program" list --json
    [ -z "$stderr" ]
    printf '%s' "$output" > list.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('list.json'), '$.devices[4].broken')")" = 1 ]
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('list.json'), '$.devices[4].present')")" = 0 ]
    run "$program" doctor
    [ "$status" -eq 0 ]
    [[ "$output" == *"metal@model died of signal 6 while opening"* ]]
}

@test "a driver that exits or hangs while opening is distinguished, and nothing of it stays" {
    bad leave
    run -0 "$program" list metal@model
    [[ "$output" == *"exited with code 9 while opening"* ]]
    bad hang
    run -0 "$program" list metal@model
    [[ "$output" == *"hung while opening and was killed after 500.0 ms: bad driver: about to hang"* ]]
    run "$program" doctor
    [ "$status" -eq 0 ]
    [[ "$output" == *"metal@model hung while opening"* ]]
}

@test "a run continues despite a driver that dies; its rounds show how" {
    bad abort
    run -1 --separate-stderr "$program" run noop --device metal@model --device null --rounds 3 --db rounds.db
    [ "$(query "SELECT group_concat(device || ' ' || outcome || ' ' || n) FROM (SELECT c.device, r.outcome, count(*) AS n
        FROM round r JOIN cell c ON c.id = r.cell_id GROUP BY 1, 2 ORDER BY 1)" | sed 's/:[^ ]*//g')" = "metal@model abort 1,null pass 3" ] ||
        { query "SELECT c.device, r.outcome, r.detail FROM round r JOIN cell c ON c.id = r.cell_id"; false; }
    [[ "$stderr" == *"metal@model' died of signal 6 while opening"*"one round of each cell"* ]]
}

@test "class names that are taken are a refusal that names the class, in every command" {
    [ "$(uname)" = Linux ] || skip "the library is made for GNU's runtime"
    export LD_PRELOAD="$MP_BIN/../tests/metal_names.so"
    run -0 "$MP_BIN/mpstress-round" --describe
    [[ "$output" == *$'device\tmetal@model\t'*$'scenario\tmm\t'* ]]
    run -0 "$program" list metal@model
    [[ "$output" == *absent*"class _MTLObjectWithLabel exists"* ]]
    run -0 "$program" doctor
    [[ "$output" == *"metal@model is absent"*"_MTLObjectWithLabel"* ]]
    run -4 "$program" run noop --device metal@model --rounds 2 --quiet --db rounds.db
    [ "$(query "SELECT outcome FROM round")" = skip ]
    [[ "$(query "SELECT detail FROM round")" == *"class _MTLObjectWithLabel exists already in this process"* ]]
}

@test "an injected library that brings Metal makes the model's round a skip" {
    [ "$(uname)" = Linux ] || skip "the library is made for GNU's runtime"
    run -4 "$program" run noop --device metal@model --arm fix --fix "$MP_BIN/../tests/metal_names.so" --rounds 1 --quiet --db rounds.db
    [ "$(query "SELECT outcome FROM round")" = skip ]
    [[ "$(query "SELECT detail FROM round")" == *"class _MTLObjectWithLabel"* ]]
}

@test "a wrong MPSTRESS_OPEN_TIMEOUT is refused with its name" {
    MPSTRESS_OPEN_TIMEOUT=soon run "$program" list
    [ "$status" -ne 0 ]
    [[ "$output" == *MPSTRESS_OPEN_TIMEOUT*"'soon' is not a duration"* ]]
}

# virtual: a round program whose null device has the GPU of a virtual machine.
virtual() {
    cat > virtual << 'END'
#!/bin/bash
[ "$1 $2" = "--describe-device null" ] || exec "$MP_BIN/mpstress-round" "$@"
"$MP_BIN/mpstress-round" "$@" | sed $'s/^\\(device\tnull\t1\t0\t0\t0\t0\\)\t0/\\1\t1/'
END
    chmod +x virtual
    export MPSTRESS_ROUND="$PWD/virtual" MP_BIN
}

@test "no claim about a driver is shown on the GPU of a virtual machine" {
    virtual
    refused "device 'null' is virtual" "no claim about a driver" -- run noop --device null --until 'rate<5%@95%' --db rounds.db
    refused "device 'null' is virtual" -- compare none serial noop --device null --rounds 2 --db rounds.db
    [ ! -e rounds.db ]
    run -0 "$program" run noop --device null --rounds 1 --quiet --db rounds.db
    run -0 "$program" list null
    [[ "$output" == *"virtual   "*"says nothing about Apple's GPU driver"* ]]
}

@test "a claim that was begun on a real GPU is not resumed on a virtual one" {
    "$program" run noop --device null --until 'rate<0.01%@95%' --quiet --db rounds.db &
    campaign_pid=$!
    wait_until "a round is recorded" has_rounds
    kill -INT "$campaign_pid"
    wait "$campaign_pid" || true
    [ "$(query 'SELECT state FROM campaign')" = interrupted ]
    virtual
    refused "device 'null' is virtual" "no claim about a driver" -- run --resume --db rounds.db
    unset MPSTRESS_ROUND
    "$program" run --resume --quiet --db rounds.db &
    campaign_pid=$!
    wait_until "it runs again" is_running
}

has_rounds() {
    [ "$(query 'SELECT count(*) FROM round')" -gt 0 ]
}

is_running() {
    [ "$(query 'SELECT state FROM campaign')" = running ]
}

@test "a bad setting of metal is refused before anything runs; a GPU is named with _ for a blank" {
    refused "gpu" -- run noop --device metal:gpus=1 --db rounds.db
    refused "gpu=Apple M9: byte 0x20" "with _ for a blank" -- run noop --device "metal:gpu=Apple M9" --db rounds.db
    refused "gpu= is empty: leave it out" -- run noop --device metal:gpu= --db rounds.db
    [ ! -e rounds.db ]
    run -4 "$program" run noop --device "metal:gpu=Apple_M9" --rounds 1 --quiet --db rounds.db
    [ "$(query "SELECT device FROM cell")" = "metal:gpu=Apple_M9" ]
}
