#!/usr/bin/env bats
# The recipes of CONTRIBUTING.md, followed to the letter: in a copy of the tree every line of their blocks is
# run, then what they made.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

TITLES=("Add a scenario" "Add an arm" "Add a device" "Add a command" "Add a report format" "Add a column"
    "Add a fault")

# section TITLE: the section "## TITLE" of the page.
section() {
    awk -v title="## $1" '/^## / { is_in = $0 == title } is_in' "$MP_SOURCE/CONTRIBUTING.md"
}

# block TITLE: what stands indented in it.
block() {
    section "$1" | sed -n 's/^    //p'
}

BUILD='^cmake '
RUN='^\([A-Z_]*=[^ ]* \)*build/'

# The lines of a block that change the tree, build it, and run what was built.
edits() { block "$1" | grep -v -e "$BUILD" -e "$RUN"; }
builds() { block "$1" | grep -e "$BUILD"; }
runs() { block "$1" | grep -e "$RUN"; }

# differences: the files in which the copy differs from the tree, one a line.
differences() {
    diff -rq . "$MP_SOURCE" -x build -x .git | grep -v "^Only in $MP_SOURCE" |
        sed 's/^Only in \.\/*\(.*\): /\1\//; s/^Files \.\/\([^ ]*\) and .*/\1/' | sort
}

# make_all: follows every recipe up to the build, notes the files that each touches, and builds once.
make_all() {
    tree="$BATS_FILE_TMPDIR/tree"
    mkdir "$tree"
    (cd "$MP_SOURCE" && tar -cf - CMakeLists.txt CMakePresets.json LICENSE client harness repro results scenarios scripts) |
        tar -xf - -C "$tree"
    cd "$tree"
    : > "$BATS_FILE_TMPDIR/before"
    for title in "${TITLES[@]}"; do
        { block Recipes; edits "$title"; } > "$BATS_FILE_TMPDIR/edits"
        sh -eu "$BATS_FILE_TMPDIR/edits"
        differences > "$BATS_FILE_TMPDIR/after"
        comm -13 "$BATS_FILE_TMPDIR/before" "$BATS_FILE_TMPDIR/after" > "$BATS_FILE_TMPDIR/$title"
        mv "$BATS_FILE_TMPDIR/after" "$BATS_FILE_TMPDIR/before"
    done
    export CCACHE_BASEDIR="$tree" CCACHE_NOHASHDIR=1
    if command -v ccache > /dev/null; then
        export CMAKE_C_COMPILER_LAUNCHER=ccache
    fi
    cmake --preset dev -DCMAKE_C_FLAGS_RELWITHDEBINFO=-O0
    for title in "${TITLES[@]}"; do
        builds "$title"
    done | sort -u > "$BATS_FILE_TMPDIR/builds"
    sh -eu "$BATS_FILE_TMPDIR/builds"
}

setup_file() {
    (
        set -e
        make_all
    ) > "$BATS_FILE_TMPDIR/log" 2>&1 || {
        cat "$BATS_FILE_TMPDIR/log"
        return 1
    }
}

setup() {
    cd "$BATS_FILE_TMPDIR/tree" || exit 1
    unset MPSTRESS_ROUND MPSTRESS_MODEL MPSTRESS_SUITES
    export LC_ALL=C.UTF-8 MPSTRESS_DB="$BATS_TEST_TMPDIR/rounds.db" MPSTRESS_LOCK="$BATS_TEST_TMPDIR/lock"
}

# run_all TITLE: runs what the recipe runs; each line ends with 0 or with the code that its comment gives.
# `output` is that of the last one.
run_all() {
    local line code count=0
    while read -r line; do
        code="${line##*# exits }"
        [ "$code" != "$line" ] || code=0
        echo "$line"
        run "-$code" sh -c "$line" < /dev/null
        count=$((count + 1))
    done < <(runs "$1")
    [ "$count" -gt 0 ]
}

# touches TITLE FILE...: the recipe touches these files and no other.
touches() {
    [ "$(cat "$BATS_FILE_TMPDIR/$1")" = "$(printf '%s\n' "${@:2}")" ] || {
        echo "$1 touches:"
        cat "$BATS_FILE_TMPDIR/$1"
        return 1
    }
}

# outcomes COLUMN: its values in the cells that ran, and whether their rounds passed, but for those whose
# threads never met: a busy machine has few cores to spare.
outcomes() {
    sqlite3 "$MPSTRESS_DB" "SELECT $1, sum(outcome = 'pass') > 0 AND sum(outcome NOT IN ('pass', 'no_overlap')) = 0
        FROM round JOIN cell ON cell.id = cell_id GROUP BY 1"
}

@test "the recipe of a scenario makes one that runs" {
    touches "Add a scenario" scenarios/registry.def scenarios/yours.c
    run_all "Add a scenario"
    [ "$(outcomes scenario)" = "yours|1" ]
}

@test "the recipe of an arm makes one that runs" {
    touches "Add an arm" harness/round/arm.c
    run_all "Add an arm"
    [ "$(outcomes arm)" = "yours|1" ]
}

@test "the recipe of a device makes one that runs" {
    touches "Add a device" harness/round/devices.def harness/round/yours
    run_all "Add a device"
    [ "$(outcomes "substr(device, 1, 6)")" = "yours:|1" ]
    run -0 build/dev/bin/mpstress list
    [[ "$output" == *yours* ]]
}

@test "the recipe of a command makes one that runs and is in help, man page and completions" {
    touches "Add a command" harness/supervisor/cli/commands.def harness/supervisor/cli/yours.c
    run_all "Add a command"
    [[ "$output" == *"mpstress yours"* ]]
    run -0 build/dev/bin/mpstress yours --json
    [ "$(sqlite3 :memory: "SELECT json_extract('$output', '\$.command')")" = yours ]
    for format in man bash zsh fish; do
        run -0 build/dev/bin/mpstress help --format "$format"
        [[ "$output" == *yours* ]]
    done
}

@test "the recipe of a report format makes one that prints a campaign and is in the help" {
    touches "Add a report format" results/report/campaign_yours.c results/report/formats.def
    run_all "Add a report format"
    [ "$output" = "noop none 3" ]
    run -0 build/dev/bin/mpstress help report
    [[ "$output" == *"yours: a line for each cell"* ]]
    run -2 build/dev/bin/mpstress report --nights --format yours
}

@test "the recipe of a column makes one that is written, read and shown" {
    touches "Add a column" results/report/round.def results/report/show_text.c results/schema.sql results/store/round.c
    run_all "Add a column"
    value=$(sqlite3 "$MPSTRESS_DB" "SELECT yours FROM round")
    [ "$value" -gt 0 ]
    [[ "$output" =~ [[:space:]]yours[[:space:]]+"$value"($'\n'|$) ]]
    run -0 build/dev/bin/mpstress show round 1 --json
    [ "$(sqlite3 :memory: "SELECT json_extract('$output', '\$.round.yours')")" = "$value" ]
    run -0 build/dev/bin/mpstress report --format csv
    [[ "${lines[0]}" == *,yours,* ]]
    # What reads the schema needs no change.
    run -0 build/dev/bin/mpstress merge "$BATS_TEST_TMPDIR/all.db" "$MPSTRESS_DB"
    [ "$(sqlite3 "$BATS_TEST_TMPDIR/all.db" "SELECT yours FROM round")" = "$value" ]
}

@test "the recipe of a fault makes one that strikes and is observed" {
    touches "Add a fault" harness/round/null/fault.def harness/round/null/fault_memory.c harness/tests/fault_matrix.c
    run_all "Add a fault"
    [ "$(sqlite3 "$MPSTRESS_DB" "SELECT DISTINCT outcome, fault_address FROM round JOIN crash ON round_id = round.id")" = \
        "crash|0x40" ]
}

@test "the tests hold a new scenario, arm and device to their contracts, and need no change" {
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

# names TITLE: what its section puts between backticks, one a line.
names() {
    # shellcheck disable=SC2016 # the backticks are those of the page
    section "$1" | grep -v '^    ' | grep -o '`[^`]*`' | tr -d '`'
}

@test "every file and every name in a recipe exists" {
    cd "$MP_SOURCE"
    for title in "${TITLES[@]}"; do
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
