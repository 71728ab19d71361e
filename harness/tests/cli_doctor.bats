# mpstress doctor finds what is wrong with a database, and nothing in an intact one.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# A database with passes, crashes and a second campaign.
make_database() {
    "$program" run 'noop:threads=1|2' --device null --device null:fault=segv_null --rounds 3 --db rounds.db --quiet > out || true
    "$program" run noop --device null --rounds 2 --db rounds.db --quiet > out
}

# broken CHECK WORDS SQL: after SQL, that check finds it, in words and as JSON, and nothing was written.
broken() {
    cp rounds.db broken.db
    sqlite3 broken.db "PRAGMA foreign_keys = OFF; $3"
    sum=$(sqlite3 :memory: "SELECT hex(readfile('broken.db'))")
    run --separate-stderr "$program" doctor --db broken.db
    echo "$1: $output $stderr"
    [ "$status" -eq 6 ]
    [[ "$output" == *"WRONG  $1: "*"$2"*"do not rely on its figures"* ]]
    run --separate-stderr "$program" doctor --db broken.db --json
    [ "$status" -eq 6 ]
    printf '%s' "$output" > out.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.verdict')")" = wrong ]
    [ "$(sqlite3 :memory: "SELECT instr(json_extract(value, '$.findings'), '$2') > 0 FROM json_each(readfile('out.json'),
        '$.checks') WHERE json_extract(value, '$.name') = '$1'")" = 1 ]
    [ "$(sqlite3 :memory: "SELECT hex(readfile('broken.db'))")" = "$sum" ]
}

@test "an intact database exits with 0, as text and JSON" {
    make_database
    run -0 --separate-stderr "$program" doctor --db rounds.db
    [[ "$output" == "rounds.db: 2 campaigns, 14 rounds, "*" checks: nothing is wrong" ]]
    [ -z "$stderr" ]
    run -0 --separate-stderr "$program" doctor --db rounds.db --json
    printf '%s' "$output" > out.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.schema', '$.command', '$.verdict', '$.rounds')")" \
        = '[1,"doctor","sound",14]' ]
}

@test "every inconsistency is found" {
    make_database
    broken balance "campaign 1: 12 rounds" \
        "INSERT INTO outcome VALUES ('strange', 'failure', ''); DELETE FROM outcome WHERE name = 'pass'"
    broken sequence "campaign 1: 11 rounds, numbered 1 to 12" "DELETE FROM round WHERE campaign_id = 1 AND seq = 2"
    broken references "names a row of round" "DELETE FROM round WHERE id = (SELECT min(round_id) FROM crash)"
    broken order "places 1 to 15" "UPDATE round SET position = 15 WHERE campaign_id = 1 AND seq = 12"
    broken order "campaign 2 is complete, but round 3" "INSERT INTO running (campaign_id, position, cell_id, seed, started_at) SELECT 2, 3, cell_id, seed, started_at FROM round LIMIT 1"
    broken cells "did not ask for cell" "UPDATE round SET cell_id = 2 WHERE campaign_id = 2"
    broken counts "cell 1: its limits belong to" "UPDATE cell_limit SET rounds = rounds + 1 WHERE cell_id = 1"
    broken retention "(crash) has no spec" "DELETE FROM round_text"
    broken signatures "belongs to nothing" "INSERT INTO signature (key, title, family) VALUES ('k', 't', 'f')"
}

@test "a damaged file is found" {
    make_database
    page=$(query "SELECT rootpage FROM sqlite_schema WHERE name = 'round'")
    yes torn | head -c 2048 | dd of=rounds.db bs=2048 seek=$((page - 1)) count=1 conv=notrunc 2> /dev/null
    run --separate-stderr "$program" doctor --db rounds.db
    echo "$output $stderr"
    [ "$status" -eq 6 ]
    [[ "$output" == *"WRONG  file: "* ]]
    [[ "$stderr" == *damaged* ]]
}

@test "running campaigns and lost rounds are reported without being errors" {
    "$program" run noop --device null:fault=hang --timeout 10m --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "it hangs" is_in_flight
    run -0 --separate-stderr "$program" doctor --db rounds.db
    [[ "$output" == *"running: campaign 1 is running in process $campaign_pid; 1 rounds are in flight"* ]]
    kill -KILL "$campaign_pid"
    wait "$campaign_pid" || true
    campaign_pid=
    run -0 --separate-stderr "$program" doctor --db rounds.db
    [[ "$output" == *"running: campaign 1 was killed with 1 rounds in flight"* ]]
    sqlite3 rounds.db "UPDATE campaign SET host = 'another'"
    run -0 --separate-stderr "$program" doctor --db rounds.db
    [[ "$output" == *"on another machine or in another container"* ]]
    sqlite3 rounds.db "UPDATE campaign SET host = NULL, state = 'interrupted'; UPDATE running SET position = 9"
    run --separate-stderr "$program" doctor --db rounds.db
    [ "$status" -eq 6 ]
}

is_in_flight() {
    [ "$(query "SELECT count(*) FROM running")" = 1 ]
}

@test "lost rounds are reported" {
    "$program" run noop --device null:fault=hang --timeout 10m --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "it hangs" is_in_flight
    kill -KILL "$campaign_pid"
    wait "$campaign_pid" || true
    campaign_pid=
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet > out
    run -0 --separate-stderr "$program" doctor --db rounds.db
    [[ "$output" == *"note   lost: campaign 1: 1 of 1 rounds lost"* ]]
}

@test "no database, and operands, are refused" {
    run --separate-stderr "$program" doctor --db none.db
    [ "$status" -eq 2 ]
    [ ! -e none.db ]
    refused "only with --observer" -- doctor rounds.db
}
