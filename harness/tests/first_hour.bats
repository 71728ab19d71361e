# scripts/first_hour: the whole list against the model, and what it does when nothing goes well.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

prepare() {
    export HOME=$PWD/annabel USER=annabel MPSTRESS=$program TMPDIR=$PWD/annabel/tmp
    mkdir -p "$HOME/out" "$TMPDIR"
    first_hour=$MP_SOURCE/scripts/first_hour
}

# unpack: the one archive; $kept is its folder.
unpack() {
    tar -C "$HOME" -xzf "$HOME"/out/mpstress-first-hour-*.tar.gz
    kept=$(echo "$HOME"/mpstress-first-hour-*)
}

# A program that says and does what the test wants.
fake() {
    mkdir -p "$PWD/fake"
    printf '#!/bin/sh\n%s\n' "$1" > "$PWD/fake/mpstress"
    chmod +x "$PWD/fake/mpstress"
    export MPSTRESS=$PWD/fake/mpstress
}

@test "every step of the list matches on the model, and one archive is left" {
    prepare
    cd "$HOME"
    run -0 "$first_hour" --quick --within 1500 --out "$HOME/out"
    [ "$(grep -cE '^(matched|differs|not done)  ' <<< "$output")" = "$("$first_hour" --list | wc -l)" ]
    [[ "$output" == *"archive: $HOME/out/mpstress-first-hour-"* ]]
    [[ "$output" == *"says nothing about a driver of Apple"* ]]
    [ -z "$(ls -A "$TMPDIR")" ]
    unpack
    grep -q '^matched .*planted faults' "$kept/summary.txt"
    # Nothing waits for its limit once its command has ended.
    run ! grep -r 'killed: not over' "$kept/logs"
    grep -q '      scripts/nightly --install' "$kept/summary.txt"
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'crash'" "$kept/db/null.db")" = 3 ]
    [[ "$(< "$kept/reports/controls.txt")" == *CLEAN* ]]
    # Class and methods of the driver's image, for whoever maintains the names in stacks.
    grep -qE '^ *[1-9][0-9]* AGXG16XFamilyComputeContext$' "$kept/reports/driver-classes.txt"
    grep -qF -- '-[AGXG16XFamilyComputeContext ' "$kept/reports/driver-methods.txt"
    [ "$(tail -n 1 "$kept/reports/driver-methods.txt")" = end ]
    # What says who and where is gone, from databases too, and these are still whole.
    run ! grep -ral annabel "$kept"
    grep -q '/HOME/tmp/mpstress-hour' "$kept/reports/null.txt"
    [ "$(query "SELECT count(*) FROM campaign WHERE argv LIKE '%/HOME/%'" "$kept/db/null.db")" = 2 ]
    for db in "$kept"/db/*.db; do
        "$program" doctor --db "$db"
    done
}

@test "a program that fails at everything ends no step, and the archive says so" {
    prepare
    fake 'echo "cannot open the door"; exit 6'
    # The step with the double has programs of its own, which are run by the test above.
    # shellcheck disable=SC2046
    run -1 "$first_hour" --quick --out "$HOME/out" $("$first_hour" --list | awk '$1 != "capture" { print "--step", $1 }')
    [[ "$output" == *"mpstress doctor ended with 6, not 0"* ]]
    [[ "$output" == *"mpstress list ended with 6, not 0"* ]]
    # All but the facts of the machine, and what needs no program.
    [ "$(grep -c '^differs' <<< "$output")" -ge 11 ]
    unpack
    run ! grep -r 'killed: not over' "$kept/logs"
    grep -q 'cannot open the door' "$kept"/logs/*-null.log
}

@test "a program that hangs is killed when the time is over, and the rest is not done" {
    prepare
    fake '[ "$1" != doctor ] || exec sleep 1000'
    run -1 "$first_hour" --within 2 --step doctor --step ports --out "$HOME/out"
    [[ "$output" == *"differs   what the machine allows"* ]]
    [[ "$output" == *"not done  nothing is lost over many rounds"* ]]
    [[ "$output" == *"scripts/first_hour --step ports"* ]]
    unpack
    grep -q 'killed: not over after' "$kept"/logs/*-doctor.log
}

@test "names go where they stand alone, never out of the middle of a word or a table" {
    printf 'text\t/Users/ann\t/HOME\ntext\t\\/Users\\/ann\t\\/HOME\nword\tann\tUSER\nword\tround\tHOST\n' > names
    printf '%s\n' '/Users/ann/x of ann, not of Hannah or ann_b' '"path":"\/Users\/ann\/y"' \
        '"crashReporterKey" : "12-AB",' > text
    run -0 awk -v names=names -f "$MP_SOURCE/scripts/first_hour.d/redact.awk" text
    [ "${lines[0]}" = '/HOME/x of USER, not of Hannah or ann_b' ]
    [ "${lines[1]}" = '"path":"\/HOME\/y"' ]
    [ "${lines[2]}" = '"crashReporterKey":"KEY",' ]
    printf '%s\n' 'CREATE TABLE round (a);' "INSERT INTO round VALUES(1,'ann','the round');" > dump
    run -0 awk -v names=names -v only_inserts=1 -f "$MP_SOURCE/scripts/first_hour.d/redact.awk" dump
    [ "${lines[0]}" = 'CREATE TABLE round (a);' ]
    [ "${lines[1]}" = "INSERT INTO round VALUES(1,'USER','the HOST');" ]
}

@test "names of users and hosts go whatever they are made of" {
    # A blank, a point, characters of expressions, a home in a home, a name that is a word of the tables.
    printf 'text\t/Users/a.b c\t/HOME\nword\ta.b c\tUSER\nword\tx+y(1)\tHOST\nword\tcell\tUSER\nword\t&\\1\tUSER\n' > names
    printf '%s\n' '/Users/a.b c/Library: a.b c, aXb c, x+y(1), xxy1' 'cell in cells' 'of &\1 here' \
        'é a.b c' '' > text
    run -0 awk -v names=names -f "$MP_SOURCE/scripts/first_hour.d/redact.awk" text
    [ "${lines[0]}" = '/HOME/Library: USER, aXb c, HOST, xxy1' ]
    [ "${lines[1]}" = 'USER in cells' ]
    [ "${lines[2]}" = 'of USER here' ]
    [ "${lines[3]}" = 'é USER' ]
    printf '%s\n' 'CREATE TABLE cell (a);' "INSERT INTO cell VALUES('cell','it''s a.b c');" > dump
    run -0 awk -v names=names -v only_inserts=1 -f "$MP_SOURCE/scripts/first_hour.d/redact.awk" dump
    [ "${lines[0]}" = 'CREATE TABLE cell (a);' ]
    [ "${lines[1]}" = "INSERT INTO cell VALUES('USER','it''s USER');" ]
}

@test "wrong words are refused before anything runs" {
    prepare
    run -2 "$first_hour" --step dance
    [[ "$output" == *"there is no step 'dance'"* ]]
    run -2 "$first_hour" --within soon
    run -2 "$first_hour" --out "$PWD/nowhere"
    run -2 "$first_hour" --what
    [ -z "$(ls -A "$TMPDIR")" ]
}
