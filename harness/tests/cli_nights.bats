# mpstress report --nights: the nights of one database, through the command line.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# night DATE OPTION...: a run that is of that night.
night() {
    local date=$1
    shift
    "$program" run "$@" --night --db rounds.db --quiet > /dev/null || true
    sqlite3 -cmd '.timeout 10000' rounds.db "UPDATE campaign SET night = '$date' WHERE id = (SELECT max(id) FROM campaign)"
}

@test "each night is a row, and the newest one gives the verdict" {
    night 2026-11-19 noop --device null:fault=abort --rounds 2
    run -1 "$program" report --nights --db rounds.db
    night 2026-11-20 noop --device null --rounds 3
    run -0 "$program" report --nights --db rounds.db
    [[ "$output" == CLEAN*2026-11-20* ]]
    [ "$(grep -c '^2026-11-' <<< "$output")" -eq 2 ]
    [[ "$output" == *"5 rounds of 2 subjects"* ]]
    run -0 "$program" report --nights --since 2026-11-20 --db rounds.db
    [ "$(grep -c '^2026-11-' <<< "$output")" -eq 1 ]
}

@test "the build of a night is that of the subjects' device, whichever round comes first" {
    printf 'rounds = 1\n[noop]\ndevice = null\n[noop]\nrole = negative_control\ndevice = metal@model\n' > two.ini
    for seed in 1 2 3 4 5 6; do
        night "2026-11-1$seed" --suite ./two.ini --seed "$seed"
    done
    [ "$(query "SELECT count(DISTINCT cell_id) FROM round WHERE seq = 1")" = 2 ]
    [ "$(query "SELECT DISTINCT gpu FROM campaign JOIN environment AS e ON e.id = environment_id")" = "none (ops run on the CPU)" ]
    run "$program" report --nights --db rounds.db
    [[ "$output" != *"driver unknown"* && "$output" == *"together   6 nights"* ]]
}

@test "a night that was interrupted is not clean" {
    night 2026-11-20 noop --device null --rounds 3
    sqlite3 rounds.db "DROP TRIGGER plan_stays; UPDATE plan SET rounds = 9; UPDATE campaign SET state = 'interrupted'"
    run -3 "$program" report --nights --db rounds.db
    [[ "$output" == INTERRUPTED*"0 of 3 rounds failed; 6 planned rounds were not run"* ]]
    run -3 --separate-stderr "$program" report --nights --json --db rounds.db
    [[ "$output" == *'"verdict":"interrupted"'*'"rounds_missing":6'* ]]
}

@test "a silent control exits with 5, no night with 4" {
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet > /dev/null
    run -4 "$program" report --nights --db rounds.db
    [[ "$output" == *"No campaign in this database belongs to a night"* ]]
    night 2026-11-20 noop:role=positive_control noop:threads=3 --device null:fault=abort,at=9 --rounds 2
    run -5 "$program" report --nights --db rounds.db
    [[ "$output" == *SILENT* ]]
}

@test "--json is one document with the verdict of the exit code" {
    night 2026-11-20 noop --device null:fault=abort --rounds 2
    run -1 --separate-stderr "$program" report --nights --json --db rounds.db
    printf '%s' "$output" > out.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.schema', '$.verdict', '$.exit_code',
        '$.nights[0].failures', '$.pooled[0].rounds')")" = '[1,"failures",1,2,2]' ]
}

@test "an invalid night is refused" {
    night 2026-11-20 noop --device null --rounds 1
    refused noop 'arm none' -- report --nights --db rounds.db --arm serial
    refused "'soon'" 2026-11-20 -- report --nights --db rounds.db --since soon
    refused --arm --nights -- report --db rounds.db --arm none
    refused --nights --campaign -- report --nights --campaign 1 --db rounds.db
}

@test "colour and lines follow the terminal's options" {
    night 2026-11-20 noop --device null --rounds 2
    export LC_ALL=C
    run -0 "$program" report --nights --db rounds.db --color never
    [[ "$output" != *$'\e'* ]]
    [[ "$output" == *'<-'*']'* ]]
    run -0 "$program" report --nights --db rounds.db --color always
    [[ "$output" == *$'\e'* ]]
}

# claims N: the claim in the Nth of several nights, by the calendar.
claims() {
    local -x TZ=UTC LD_PRELOAD="$MP_BIN/../tests/sleepy_clock.so" LEAPING_CLOCK="$PWD" LEAP_S=$((86400 * $1))
    run --separate-stderr "$program" run noop --device null --until 'rate<10%@95%' --rounds 60 --capture off \
        --seed "$1" --night --db rounds.db --quiet
}

# says_tries N ROUNDS: the output tells the claim with all nights before.
says_tries() {
    [[ "${output//[[:space:]]/}" == *"try$1ofthisclaimhere:inallofthem"*"of$2roundsfailed,andallofthemtogethermustmeetittoo(evidence"* ]]
}

@test "a claim goes on over nights and never starts anew" {
    [ "$(uname)" = Linux ] || skip "the clock's double is made for Linux"
    local night first
    claims 1
    [ "$status" -eq 0 ]
    # Had 20 rounds of the first night failed, no later one, clean by itself, could undo it.
    sqlite3 rounds.db "UPDATE round SET outcome = 'dropped' WHERE seq <= 20"
    first=$(query "SELECT count(*) FROM round")
    for night in 2 3 4 5; do
        claims $night
        [ "$status" -eq 3 ]
        says_tries $night $((first + 60 * (night - 1)))
    done
    [ "$(query "SELECT count(DISTINCT night), max(julianday(night)) - min(julianday(night)) >= 4 FROM campaign")" = "5|1" ]
    run -3 "$program" report --nights --db rounds.db
    [[ "$output" == INCONCLUSIVE*"0 of 60 rounds failed"* ]]
    says_tries 5 $((first + 240))
    run -3 --separate-stderr "$program" report --nights --json --db rounds.db
    printf '%s' "$output" > out.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.verdict'), json_extract(readfile('out.json'),
        '$.nights[4].claim') LIKE '%try 5 of this claim here%'")" = 'inconclusive|1' ]
    run -3 --separate-stderr "$program" report --json --db rounds.db
    printf '%s' "$output" > out.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.claim.is_met_as_counted', '$.claim.tries',
        '$.claim.rounds_of_all_tries')")" = "[true,5,$((first + 240))]" ]
    sqlite3 rounds.db "DELETE FROM campaign_cell WHERE campaign_id < 5"
    run -0 "$program" report --db rounds.db
}
