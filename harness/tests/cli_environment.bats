# Variables that change what a round does: recorded with the campaign, and no part of a night.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# fact NAME: what the environment of the newest campaign says of a variable.
fact() {
    query "SELECT json_extract(facts, '$.\"env.$1\"') FROM environment ORDER BY id DESC LIMIT 1"
}

@test "variables of Metal, malloc, Objective-C and the loader are facts of the environment" {
    export MTL_DEBUG_LAYER=1 MallocScribble=$'1\e[2J' NSZombieEnabled=YES OBJC_PRINT_LOAD_METHODS=YES HARMLESS=1
    DYLD_PRINT_LIBRARIES=$(printf 'x%.0s' $(seq 200))
    export DYLD_PRINT_LIBRARIES
    run -0 "$program" run noop --device null --rounds 1 --quiet --db rounds.db
    [ "$(fact MTL_DEBUG_LAYER)" = 1 ]
    [ "$(fact MallocScribble)" = '1\x1b[2J' ]
    [ "$(fact NSZombieEnabled)" = YES ]
    [ "$(fact OBJC_PRINT_LOAD_METHODS)" = YES ]
    [[ "$(fact DYLD_PRINT_LIBRARIES)" == "xxxxx"*"xxx..."???????????? ]]
    [ "$(fact HARMLESS)" = "" ]
}

@test "the order in which variables were set parts nothing, and a resume names what differs" {
    env -u VK_B VK_A=1 VK_B=2 "$program" run noop --device null --rounds 1 --quiet --db rounds.db > out
    sqlite3 rounds.db "UPDATE campaign SET state = 'interrupted'"
    env -u VK_A VK_B=2 VK_A=1 "$program" run --resume --db rounds.db --quiet > out
    env -u VK_A VK_B=2 VK_A=1 "$program" run noop --device null --rounds 1 --quiet --db rounds.db > out
    [ "$(query "SELECT count(DISTINCT fingerprint) FROM environment WHERE gpu <> ''")" = 1 ]
    # As an earlier version, which kept the order of the shell, wrote them.
    sqlite3 rounds.db "UPDATE campaign SET state = 'interrupted';
        UPDATE environment SET fingerprint = fingerprint || 'x', facts = json_insert(json_remove(facts, '\$.\"env.VK_A\"'), '\$.\"env.VK_A\"', 1)"
    VK_A=1 VK_B=2 run -0 "$program" run --resume 2 --db rounds.db --quiet
    sqlite3 rounds.db "UPDATE campaign SET state = 'interrupted'"
    VK_A=1 VK_B=3 VK_C=1 run -2 "$program" run --resume 2 --db rounds.db --quiet
    [[ "$output" == *"under another system (what differs: env.VK_B, env.VK_C); rounds of two systems are never mixed"* ]]
}

@test "load, heat, clock and disk are recorded with each campaign, and are no part of the environment" {
    "$program" run noop --device null --rounds 1 --quiet --db rounds.db > out
    "$program" run noop --device null --rounds 1 --quiet --db rounds.db > out
    [ "$(query "SELECT group_concat(name) FROM campaign_state WHERE campaign_id = 2")" = clock,disk,heat,load,power ]
    [ "$(query "SELECT count(DISTINCT environment_id) FROM campaign")" = 1 ]
    [ "$(query "SELECT count(*) FROM environment, json_each(facts) WHERE key IN ('load', 'heat', 'clock', 'disk')")" = 0 ]
    [[ "$(query "SELECT text FROM campaign_state WHERE campaign_id = 1 AND name = 'disk'")" == *"GiB free"* ]]
}

@test "what may trace and what is injected from outside is part of the environment" {
    [ "$(uname -s)" = Linux ] || skip "by /proc and LD_PRELOAD"
    "$program" run noop --device null --rounds 1 --quiet --db rounds.db > out
    LD_PRELOAD="$MP_BIN/../tests/fix_other.so" "$program" run noop --device null --rounds 1 --quiet --db rounds.db > out
    [ "$(query "SELECT count(DISTINCT e.fingerprint) FROM campaign JOIN environment AS e ON e.id = environment_id")" = 2 ]
    [[ "$(query "SELECT json_extract(facts, '\$.preload') FROM environment ORDER BY id DESC LIMIT 1")" == *fix_other.so ]]
    [ -n "$(query "SELECT json_extract(facts, '\$.ptrace_scope') FROM environment LIMIT 1")" ]
}

@test "a night with such a variable is refused with its name, before any round" {
    export MTL_SHADER_VALIDATION=1
    refused "--night" "MTL_SHADER_VALIDATION" "unset it" -- run noop --device null --rounds 1 --night --db rounds.db
    [ ! -e rounds.db ]
    unset MTL_SHADER_VALIDATION
    run -0 "$program" run noop --device null --rounds 1 --night --quiet --db rounds.db
    [ "$(fact MTL_SHADER_VALIDATION)" = "" ]
}

@test "a night takes what every cell's arm sets, whatever the shell has, and nothing else" {
    export MTL_HUD_ENABLED=1
    refused "--night" "MTL_HUD_ENABLED" -- run --night --rounds 1 --db rounds.db \
        --arm none --arm env:MTL_HUD_ENABLED=0 -- true
    refused "--night" "MTL_HUD_ENABLED" -- run --night --rounds 1 --db rounds.db --arm env:MTL_HUD=0 -- true
    refused "--night" "MTL_HUD_ENABLED" -- run --night --rounds 1 --db rounds.db --arm env:MTL_HUD_ENABLED_TOO=0 -- true
    [ ! -e rounds.db ]
    run -0 "$program" run --night --rounds 2 --quiet --db rounds.db --arm env:MTL_HUD_ENABLED=0 \
        --arm 'env:A=1 MTL_HUD_ENABLED=2' -- sh -c '[ "$MTL_HUD_ENABLED" != 1 ]'
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'pass'")" = 4 ]
}

# replace FILE: the driver of the copy in bin becomes this file, at once.
replace() {
    cp "$1" bin/new
    mv bin/new bin/libmpmodel.so
}

# passed NUMBER: more than so many rounds have passed.
passed() {
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'pass'")" -gt "$1" ]
}

# builds_of_passes: the builds of the driver that count.
builds_of_passes() {
    query "SELECT group_concat(DISTINCT build_id) FROM round JOIN round_driver AS d ON d.id = driver_id WHERE outcome = 'pass'"
}

@test "a driver that is replaced during a campaign, or before it is resumed, ends it, and no round on it counts" {
    [ -e "$MP_BIN/libmpmodel.so" ] || skip "built without the model"
    command -v readelf > /dev/null || skip "there is no readelf"
    mkdir bin
    cp "$MP_BIN/mpstress" "$MP_BIN/mpstress-round" "$MP_BIN/libmpmodel.so" bin
    cp bin/libmpmodel.so first
    cp bin/libmpmodel.so other
    at=$(readelf -SW other | sed -n 's/.*\.note\.gnu\.build-id *NOTE *[0-9a-f]* *\([0-9a-f]*\) .*/\1/p')
    [ -n "$at" ] || skip "the model has no build id"
    printf '\0\0\0\0' | dd of=other bs=1 seek=$((0x$at + 16)) conv=notrunc status=none
    run ! cmp -s first other
    bin/mpstress run noop --device metal@model --rounds 400 --seed 1 --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "a round has passed" passed 0
    replace other
    status=0
    wait "$campaign_pid" || status=$?
    campaign_pid=
    [ "$status" = 3 ]
    grep -q "the driver was replaced during the campaign: its rounds ran on .*no round of the other build counts" err
    first=$(builds_of_passes)
    [[ "$first" != *,* ]]
    [ "$(query "SELECT driver_id FROM campaign JOIN environment AS e ON e.id = environment_id")" = "$first" ]
    [ "$(query "SELECT state FROM campaign")" = interrupted ]
    # The rounds from before belong to their driver, whatever a resumed one says.
    count=$(query "SELECT count(*) FROM round WHERE outcome = 'pass'")
    run -3 bin/mpstress run --resume --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'pass'")" = "$count" ]
    [ "$(query "SELECT driver_id FROM campaign JOIN environment AS e ON e.id = environment_id")" = "$first" ]
    replace first
    bin/mpstress run --resume --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "it goes on with its own driver" passed "$count"
    kill -INT "$campaign_pid"
    wait "$campaign_pid" || true
    campaign_pid=
    [ "$(builds_of_passes)" = "$first" ]
}

@test "values that differ behind what is kept of them, or have no room at all, are different environments" {
    long=/$(printf 'a%.0s' {1..100})
    for value in "$long/one" "$long/two" "$long/one"; do
        VK_DRIVER_FILES=$value "$program" run noop --device null --rounds 1 --quiet --db rounds.db > out
    done
    [ "$(query "SELECT group_concat(environment_id = (SELECT environment_id FROM campaign WHERE id = 1)) FROM campaign")" = 1,0,1 ]
    [[ "$(fact VK_DRIVER_FILES)" == /aaaa*...???????????? ]]
    # More variables than facts, and than bytes for them.
    for ((i = 100; i < 160; i++)); do export "VK_$i=$long"; done
    VK_159=1 "$program" run noop --device null --rounds 1 --quiet --db rounds.db > out
    VK_159=2 "$program" run noop --device null --rounds 1 --quiet --db rounds.db > out
    [ "$(query "SELECT count(DISTINCT facts) FROM campaign JOIN environment AS e ON e.id = environment_id WHERE campaign.id > 3")" = 2 ]
    [ "$(query "SELECT count(*) FROM environment WHERE json_extract(facts, '\$.\"env.others\"') IS NOT NULL")" -ge 2 ]
}

# builds: of all nights.
builds() {
    "$program" report --nights --json --db all.db > nights.json
    sqlite3 :memory: "SELECT json_array_length(readfile('nights.json'), '\$.builds')"
}

@test "an environment whose facts were recorded in another order is the same one" {
    "$program" run noop --device null --rounds 1 --night --quiet --db rounds.db > out
    sqlite3 rounds.db "UPDATE environment SET fingerprint = 'older' || id, facts = (SELECT json_group_object(key, atom)
        FROM (SELECT key, atom FROM json_each(facts) ORDER BY key DESC))"
    "$program" run noop --device null --rounds 1 --night --quiet --db rounds.db > out
    [ "$(query "SELECT count(DISTINCT environment_id) FROM campaign")" = 1 ]
    # From two files they are two rows, and one build of a night.
    "$program" run noop --device null --rounds 1 --night --quiet --db other.db > out
    "$program" merge all.db rounds.db other.db
    [ "$(query "SELECT count(DISTINCT environment_id) FROM campaign" all.db)" = 2 ]
    [ "$(builds)" = 1 ]
    sqlite3 all.db "UPDATE environment SET facts = json_set(facts, '\$.cores', 0) WHERE id = (SELECT max(environment_id) FROM campaign)"
    [ "$(builds)" = 2 ]
}
