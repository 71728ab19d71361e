# mpstress merge: databases of several machines become one.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# json FILE PATH: a value of a document.
json() {
    sqlite3 :memory: "SELECT json_extract(readfile('$1'), '$2')"
}

@test "two databases become one, and merging again changes nothing" {
    "$program" run noop:threads=3 --device null --rounds 3 --db one.db --quiet > one
    "$program" run noop:threads=2 --device null --rounds 2 --db two.db --quiet > two
    run -0 --separate-stderr "$program" merge rounds.db one.db two.db
    [ "${lines[0]}" = "one.db: 1 new campaign, 0 extended, 0 known; 3 new rounds, 0 known" ]
    [ "$stderr" = "" ]
    [ "$(query "SELECT group_concat(planned) FROM balance")" = 3,2 ]
    run -0 --separate-stderr "$program" merge rounds.db two.db one.db --json --quiet
    [ "$stderr" = "" ]
    printf '%s' "$output" > out.json
    [ "$(json out.json "$.schema")$(json out.json "$.command")$(json out.json "$.verdict")" = 1mergemerged ]
    [ "$(json out.json "$.rounds")" = 5 ]
    [ "$(json out.json "$.files[0].rounds.new")" = 0 ]
    [ "$(json out.json "$.files[0].rounds.known")" = 2 ]
    diff <("$program" report --db two.db | grep -v database) <("$program" report --db rounds.db | grep -v database |
        sed -e 's/^campaign   2/campaign   1/' -e 's/^plan       2/plan       1/')
}

@test "a read-only database is merged and unchanged" {
    mkdir folder
    "$program" run noop --device null --rounds 1 --db folder/one.db --quiet > one
    cp folder/one.db before.db
    chmod a-w folder/one.db folder
    run -0 "$program" merge rounds.db folder/one.db
    chmod u+w folder
    cmp folder/one.db before.db
}

@test "a conflict is named, and nothing is merged" {
    "$program" run noop --device null --rounds 2 --db one.db --quiet > one
    "$program" run noop --device null --rounds 2 --db two.db --quiet > two
    "$program" merge rounds.db one.db > out
    sqlite3 one.db "UPDATE round SET seed = '0x1' WHERE seq = 2"
    run -2 --separate-stderr "$program" merge rounds.db two.db one.db --json
    printf '%s' "$output" > error.json
    [[ "$(sqlite3 :memory: "SELECT json_extract(readfile('error.json'), '$.error.what')")" == *"differs in round 2"* ]]
    [[ "$stderr" == *"one.db into rounds.db: campaign $(query "SELECT uuid FROM campaign" one.db) differs in round 2: seed;"* ]]
    [ "$(query "SELECT count(*) FROM campaign")" = 1 ]
}

@test "what cannot be merged is refused" {
    refused merge "at least one" -- merge only.db
    run -2 --separate-stderr "$program" merge rounds.db nothing.db
    [[ "$stderr" == *"no database at nothing.db"* ]]
    [ ! -e rounds.db ]
}

@test "the first and last round of a signature follow the clock, whatever the order of merging" {
    "$program" run noop --device null:fault=segv_null --rounds 2 --db a.db --quiet > out || [ $? -eq 1 ]
    "$program" run noop --device null:fault=segv_null --rounds 2 --db b.db --quiet > out || [ $? -eq 1 ]
    first=$(sqlite3 a.db "SELECT min(started_at) FROM round")
    last=$(sqlite3 b.db "SELECT max(started_at) FROM round")
    "$program" merge ab.db a.db b.db
    "$program" merge ba.db b.db a.db
    for both in ab ba; do
        run -0 "$program" show signature 1 --db "$both.db"
        echo "$both: $output"
        [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"first round "?", $first last round "?", $last "* ]]
        "$program" show signature 1 --db "$both.db" --json > show.json
        [ "$(sqlite3 :memory: "SELECT json_extract(readfile('show.json'), '\$.statistics.first_at')")" = "$first" ]
    done
}
