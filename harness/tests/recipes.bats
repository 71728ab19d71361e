#!/usr/bin/env bats
# The recipes of CONTRIBUTING.md. Those of a scenario and an arm are followed to the letter in a copy of
# the tree, and what they make is run; of the others every file and name must exist.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

# section TITLE: the section "## TITLE" of the page.
section() {
    awk -v title="## $1" '/^## / { is_in = $0 == title } is_in' "$MP_SOURCE/CONTRIBUTING.md"
}

# block TITLE: what stands indented in it.
block() {
    section "$1" | sed -n 's/^    //p'
}

setup_file() {
    tree="$BATS_FILE_TMPDIR/tree"
    mkdir "$tree"
    (cd "$MP_SOURCE" && tar -cf - CMakeLists.txt CMakePresets.json LICENSE harness repro results scenarios scripts) |
        tar -xf - -C "$tree"
    cd "$tree" || exit 1
    # What a scenario takes before the build, and a row of the table of arms.
    block "Add a scenario" | grep -v '^cmake\|^build/' > before
    block "Add an arm" > row
    sh -eu before
    awk 'FNR == NR { row = row "    " $0 "\n"; next } /^    \{\.name = NULL\},/ { printf "%s", row } { print }' \
        row harness/round/arm.c > arm
    mv arm harness/round/arm.c
    rm before row
    # A build of the round program alone; the supervisor learns from it what there is.
    export CCACHE_BASEDIR="$tree" CCACHE_NOHASHDIR=1
    if command -v ccache > /dev/null; then
        export CMAKE_C_COMPILER_LAUNCHER=ccache
    fi
    cmake --preset dev -DCMAKE_C_FLAGS_RELWITHDEBINFO=-O0 > "$BATS_FILE_TMPDIR/log" 2>&1 ||
        { cat "$BATS_FILE_TMPDIR/log"; return 1; }
    block "Add a scenario" | grep '^cmake' > "$BATS_FILE_TMPDIR/build.sh"
    sh -eu "$BATS_FILE_TMPDIR/build.sh" > "$BATS_FILE_TMPDIR/log" 2>&1 || { cat "$BATS_FILE_TMPDIR/log"; return 1; }
    cp "$MP_BIN/mpstress" build/dev/bin/
}

setup() {
    cd "$BATS_FILE_TMPDIR/tree" || exit 1
    unset MPSTRESS_ROUND MPSTRESS_MODEL MPSTRESS_SUITES
    export LC_ALL=C.UTF-8 MPSTRESS_DB="$BATS_TEST_TMPDIR/rounds.db"
}

# outcomes COLUMN: its values in the cells that ran, and whether their rounds passed, but for those whose
# threads never met: a busy machine has few cores to spare.
outcomes() {
    sqlite3 "$MPSTRESS_DB" "SELECT $1, sum(outcome = 'pass') > 0 AND sum(outcome NOT IN ('pass', 'no_overlap')) = 0
        FROM round JOIN cell ON cell.id = cell_id GROUP BY 1"
}

@test "the recipe of a scenario makes one that runs" {
    block "Add a scenario" | grep '^build/' > "$BATS_TEST_TMPDIR/run.sh"
    run -0 sh -eux "$BATS_TEST_TMPDIR/run.sh"
    [ "$(outcomes scenario)" = "yours|1" ]
}

@test "the recipe of an arm makes one that runs" {
    run -0 build/dev/bin/mpstress run mm --arm yours --device null --rounds 3
    [ "$(outcomes arm)" = "yours|1" ]
}

@test "the tests hold a new scenario and a new arm to their contracts, and need no change" {
    run -0 cmake --build --preset dev --target scenarios_test test_device test_stream
    for name in scenarios_test test_device test_stream; do
        run -0 build/dev/tests/$name
    done
    # An arm that does not do what its row says is found out.
    cp harness/round/arm.c "$BATS_TEST_TMPDIR"
    sed '/"yours"/,/}/s/\.serialises = true/.admits_hostile = true/' "$BATS_TEST_TMPDIR/arm.c" > harness/round/arm.c
    run -0 cmake --build --preset dev --target test_stream
    cp "$BATS_TEST_TMPDIR/arm.c" harness/round/arm.c
    run ! build/dev/tests/test_stream
    [[ "$output" == *"FAILED"*"hostile_sync_lands"* ]]
}

@test "a scenario is one file and one row, an arm is one row" {
    changed=$(diff -rq . "$MP_SOURCE" -x build -x .git | grep -v "^Only in $MP_SOURCE" |
        sed 's/^Only in \.\/*\(.*\): /\1\//; s/^Files \.\/\([^ ]*\) and .*/\1/' | sort)
    echo "$changed"
    [ "$changed" = "harness/round/arm.c
scenarios/registry.def
scenarios/yours.c" ]
}

# names TITLE: what its section puts between backticks, one a line.
names() {
    # shellcheck disable=SC2016 # the backticks are those of the page
    section "$1" | grep -v '^    ' | grep -o '`[^`]*`' | tr -d '`'
}

@test "every file and every name in a recipe exists" {
    cd "$MP_SOURCE"
    for title in "Add a scenario" "Add an arm" "Add a device" "Add a command" "Add a report format" "Add a column" "Add a fault"; do
        count=0
        while read -r name; do
            word="${name%%(*}"
            case "$name" in
            *NAME*/* | */*NAME*) continue ;;
            "struct "* | "enum "*) grep -rEq "^$name \{" harness scenarios results ;;
            *" "* | -* | *@*) continue ;;
            */*) [ -e "$name" ] ;;
            *) grep -rwq --include='*.[ch]' --include='*.def' --include='*.sql' -- "$word" harness scenarios results ;;
            esac || { echo "$title: there is no $name"; return 1; }
            count=$((count + 1))
        done < <(names "$title")
        [ "$count" -ge 3 ] || { echo "$title names nothing"; return 1; }
    done
}
