# Databases that somebody made to do harm: endless views and triggers, counts that cannot be.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

endless="WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r)"

# hostile SQL: a database of two rounds, changed by SQL.
hostile() {
    rm -f rounds.db*
    "$program" run noop --device null --rounds 2 --quiet --db rounds.db > /dev/null
    sqlite3 rounds.db "$1"
}

# gives_up ARGUMENT...: the command ends with 6 and says that it was given up.
gives_up() {
    run -6 --separate-stderr timeout 120 "$program" "$@"
    echo "$stderr"
    [[ "$stderr" == *"given up, since a view or trigger asks for more work than a file of its size can need"* ]]
}

@test "an endless view is given up" {
    hostile "DROP VIEW balance; CREATE VIEW balance AS $endless SELECT n % 2 AS campaign_id, n AS planned, n AS passed,
             0 AS failed, 0 AS no_verdict, 0 AS lost FROM r"
    gives_up report --db rounds.db
    gives_up doctor --db rounds.db
    gives_up show round 1 --db rounds.db
    gives_up plan 'rate<1%@95%' --db rounds.db
    hostile "ALTER TABLE round_count RENAME TO old; CREATE VIEW round_count AS $endless
             SELECT 1 AS campaign_id, 1 AS cell_id, 'pass' AS outcome, 1 AS max_overlap, n AS rounds FROM r"
    gives_up report --db rounds.db
    hostile "CREATE VIEW pragma_application_id AS $endless SELECT n AS application_id FROM r WHERE n < 0"
    run -0 "$program" report --db rounds.db
}

@test "an endless trigger ends the run or the merge that it holds, and earlier rounds stay" {
    hostile "CREATE TRIGGER slow AFTER INSERT ON round BEGIN INSERT INTO round_count $endless
             SELECT 1, 1, 'pass', n, 1 FROM r WHERE n < 0; END"
    gives_up run noop --device null --rounds 1 --db rounds.db
    mv rounds.db into.db
    hostile ""
    gives_up merge into.db rounds.db
    [ "$(query "SELECT count(*) FROM round" into.db)" = 2 ]
}

@test "two interrupts end a statement that its file lets work for long" {
    hostile "CREATE TABLE pad (x); INSERT INTO pad VALUES (zeroblob(100000000));
             CREATE TRIGGER slow AFTER INSERT ON round BEGIN INSERT INTO round_count $endless
             SELECT 1, 1, 'pass', n, 1 FROM r WHERE n < 0; END"
    "$program" run noop --device null --rounds 1 --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "the round runs" eval '[ "$(query "SELECT count(*) FROM running")" = 1 ]'
    kill -INT "$campaign_pid"
    kill -TERM "$campaign_pid"
    # By its budget alone it would work for minutes.
    wait_until "it ends" eval '! kill -0 "$campaign_pid"'
    status=0
    wait "$campaign_pid" || status=$?
    campaign_pid=
    cat err
    [ "$status" -eq 130 ]
    grep -q "it was told to stop while it waited or worked" err
}

@test "counts that cannot be are refused as damage" {
    for count in -5 9007199254740992; do
        hostile "UPDATE round_count SET rounds = $count"
        for command in report doctor "show round 1" "plan rate<1%@95%"; do
            run -6 --separate-stderr "$program" $command --db rounds.db
            [[ "$stderr" == *"counts of rounds cannot be; the file is damaged"* ]]
        done
    done
    hostile "DROP VIEW balance; CREATE VIEW balance AS SELECT 1 AS campaign_id, -5 AS planned, -5 AS passed, 0 AS failed,
             0 AS no_verdict, 0 AS lost"
    run -6 "$program" report --db rounds.db
}

@test "text that is missing, which no table allows, kills no command" {
    "$program" run noop --device null:fault=segv_null --rounds 1 --quiet --db rounds.db > /dev/null || true
    sqlite3 rounds.db "ALTER TABLE event RENAME COLUMN arg TO other"
    sqlite3 -cmd '.dbconfig defensive off' rounds.db "PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'TEXT NOT NULL', 'TEXT') WHERE type = 'table'"
    for column in "round exit_kind" "crash kind" "signature title" "campaign state" "campaign_cell title" "crash_frame pc" "cell arm" \
        "environment driver" "round detail" "cell device" "signature key" "cell scenario"; do
        sqlite3 rounds.db "PRAGMA ignore_check_constraints = ON; UPDATE OR IGNORE ${column% *} SET ${column#* } = NULL" || true
        for command in report "report --format json" "report --format markdown" "show round 1" "show crash 1" "show crash 1 --json" "show crash 1 --trace t.json" \
            "report --signature 1" "package crash 1 folder"; do
            rm -rf folder
            run timeout 120 "$program" $command --db rounds.db
            [ "$status" -le 6 ]
        done
    done
}

@test "rows that are missing, which others refer to, kill no command" {
    "$program" run noop --device null:fault=segv_null --rounds 1 --quiet --db whole.db > /dev/null || true
    for sql in "DELETE FROM cell" "UPDATE round SET id = id + 9" "DELETE FROM signature" "DELETE FROM campaign" "DELETE FROM environment"; do
        cp whole.db rounds.db
        sqlite3 -cmd '.dbconfig enable_trigger off' rounds.db "$sql" > /dev/null
        for command in report "report --format html" "show round 1" "show crash 1" "show crash 1 --format html" "show signature 1" \
            "package crash 1 folder"; do
            rm -rf folder
            run timeout 120 "$program" $command --db rounds.db
            [ "$status" -le 6 ]
        done
    done
}

@test "a view that calls what does more than compute is refused" {
    hostile "DROP VIEW balance; CREATE VIEW balance AS SELECT 1 AS campaign_id, length(load_extension('x')) AS planned,
             0 AS passed, 0 AS failed, 0 AS no_verdict, 0 AS lost"
    run -6 --separate-stderr "$program" report --db rounds.db
    [[ "$stderr" == *"unsafe use of load_extension"* ]]
}

@test "tables and columns of another program are left alone, whatever they are called" {
    long=$(printf 'l%.0s' $(seq 70))
    "$program" run noop --device null --rounds 3 --quiet --db from.db > /dev/null
    for sql in "CREATE TABLE \"a(b);COMMIT;ATTACH'$PWD/made.db'AS z;CREATE TABLE z.t(a)--\" (id INTEGER PRIMARY KEY, x TEXT)" \
        "CREATE TABLE ${long}a (id INTEGER PRIMARY KEY, x); CREATE TABLE ${long}b (id INTEGER PRIMARY KEY, x)" \
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, x); INSERT INTO notes VALUES (1, 'mine')" \
        "ALTER TABLE round ADD COLUMN \"x) SELECT 1 --\" TEXT" \
        "ALTER TABLE round ADD COLUMN weather TEXT; ALTER TABLE campaign ADD COLUMN weather TEXT" \
        "$(for ((i = 0; i < 70; i++)); do echo "CREATE TABLE t$i (x);"; done)"; do
        hostile "$sql"
        run -0 "$program" run noop --device null --rounds 1 --quiet --db rounds.db
        run -0 "$program" merge rounds.db from.db
        [ "$(query "SELECT count(*) FROM round")" = 6 ]
    done
    [ ! -e made.db ]
    # What the merge itself was refused for is said.
    hostile "CREATE TRIGGER other AFTER INSERT ON campaign BEGIN SELECT raise(ABORT, 'none today'); END"
    run -6 "$program" merge rounds.db from.db
    [[ "$output" == *"cannot merge in rounds.db: none today"* ]]
    [ "$(query "SELECT count(*) FROM round")" = 2 ]
}

@test "what is no file is neither waited for nor merged, and leaves no database behind" {
    hostile ""
    mkfifo pipe
    mkdir folder
    head -c 5000 /dev/urandom > noise
    for from in pipe folder noise /dev/zero nowhere; do
        run timeout 20 "$program" merge new.db rounds.db "$from"
        [ "$status" -eq 6 ] || [ "$status" -eq 2 ]
        [ ! -e new.db ]
    done
}

@test "a crash whose reader was lost says what was not read, and the run goes on" {
    [ "$(uname -s)" = Linux ] || skip "on macOS nothing is unwound by tables"
    victim="$MP_BIN/../tests/victim_round"
    run -1 timeout 120 "$program" run --capture on --rounds 2 --quiet --db rounds.db -- "$victim" --do endless_unwind
    "$program" run --capture on --rounds 1 --quiet --db rounds.db -- sh -c 'kill -SEGV $$' > /dev/null || true
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'crash'")" = 3 ]
    for crash in 1 2; do
        run -0 "$program" show crash $crash --db rounds.db
        [[ "$output" == *"not read   the process that unwinds "* ]]
        [[ "$output" == *"0x40"*"registers"* ]]
        "$program" show crash $crash --db rounds.db --json > out.json
        unread=$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '\$.crashes[0].unread')")
        [ "$unread" = "$(query "SELECT unread FROM crash WHERE id = $crash")" ]
        [[ "$unread" == "the process that unwinds "*": stacks may have their first frame only, and names are missing" ]]
    done
    run -0 "$program" show crash 3 --db rounds.db
    [[ "$output" != *"not read"* ]]
    "$program" show crash 3 --db rounds.db --json > out.json
    [ "$(sqlite3 :memory: "SELECT json_type(readfile('out.json'), '\$.crashes[0].unread')")" = null ]
}

@test "names with newlines forge no line in a package" {
    "$MP_BIN/../tests/golden_database" rounds.db other.db
    sqlite3 -cmd '.dbconfig enable_trigger off' rounds.db "UPDATE crash_thread SET name = 'a' || char(10) || 'FORGED';
        UPDATE crash_frame SET module_id = 'b' || char(10) || 'FORGED';
        UPDATE crash_module SET path = '/lib/' || base || char(10) || 'FORGED'"
    "$program" package crash 1 folder --db rounds.db
    tar xf folder/*.tar -C folder
    grep -q 'x0aFORGED' folder/*/README.md
    grep -q 'x0aFORGED' folder/*/stacks.txt
    run ! grep -rn '^FORGED' --include=README.* --include=stacks.txt folder
}

# printed COLUMN VALUE WORD ARGUMENT...: the commands from WORD on that a command prints of a crash whose COLUMN holds
# VALUE, each on a line, go to the file lines; run by a shell, with programs of ours that do nothing, none makes the file ran.
printed() {
    cp whole.db rounds.db
    sqlite3 -cmd '.dbconfig enable_trigger off' rounds.db "UPDATE ${1% *} SET ${1#* } = '$2'" > /dev/null
    "$program" "${@:4}" --db rounds.db > out || true
    sed -e ':a' -e '/\\$/{N;s/\\\n *//;ta' -e '}' out | grep -o "$3.*" > lines
    PATH="$PWD/doubles:$PATH" sh < lines > words 2> errors || true
    [ -s lines ] && [ ! -e ran ] || { cat lines; return 1; }
}

@test "a command that is printed runs nothing else, whatever the database holds" {
    "$program" run noop --device null:fault=abort --rounds 1 --quiet --db whole.db > /dev/null || true
    mkdir doubles
    printf '#!/bin/sh\nprintf "[%%s]" "$@"\necho\n' > doubles/mpstress
    cp doubles/mpstress doubles/mpstress-round
    chmod +x doubles/*
    for column in "round seed" "cell device" "cell scenario" "cell arm"; do
        printed "$column" 'x; touch ran' "mpstress run" report
        printed "$column" '$(touch ran)' "mpstress run" report --format markdown
    done
    for arm in 'env:A=1; touch ran' 'fix:A=1 B=$(touch ran)' 'env:touch ran'; do
        printed "cell arm" "$arm" "mpstress show round" show crash 1
    done
    printed "cell arm" "env:A=''a b'' B=2" "mpstress show round" show crash 1
    grep -qxF "mpstress show round 1 --spec --db rounds.db > round.spec && A='a b' B=2 mpstress-round --spec round.spec" lines
    printed "campaign argv" 'mpstress run x; touch ran' "'mpstress run x" report
    printed "campaign argv" 'mpstress run x; touch ran' "'mpstress run x" report --format markdown
    # A recorded line as it is written stays so.
    printed "campaign argv" "mpstress run noop --until ''rate<1%@95%''" "mpstress run noop --until" report
    [ "$(cat lines)" = "mpstress run noop --until 'rate<1%@95%'" ]
    # What stands where a scenario should is no option: --notify would have a shell run it.
    printed "cell scenario" '--notify=touch ran' "mpstress run" report
    grep -qF '[run][ --notify=touch ran' words
    "$MP_BIN/../tests/golden_database" 'it; touch ran' other.db
    run "$program" report --db 'it; touch ran'
    [[ "$output" == *"mpstress list reports --db 'it; touch ran'"* ]]
}

@test "the spec of a round puts no control byte on a terminal" {
    hostile "INSERT OR REPLACE INTO round_text (round_id, spec) VALUES (1, 'device=null' || char(10) || 'x=' || char(27) || '[2J')"
    run -0 "$program" show round 1 --spec --db rounds.db
    [ "$output" = $'device=null\nx=\\x1b[2J' ]
}
