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
    [[ "$(fact DYLD_PRINT_LIBRARIES)" == "xxxxx"*"xxx..." ]]
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
