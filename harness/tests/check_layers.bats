#!/usr/bin/env bats
# Tests of scripts/check_layers: in a small tree, each kind of breach is named with file, line, rule.
# SPDX-License-Identifier: Apache-2.0

setup() {
    tree=$BATS_TEST_TMPDIR/tree
    mkdir -p "$tree"
    cat > "$tree/ARCHITECTURE.md" <<'PAGE'
# A small house

| word | meaning |
|---|---|
| `attic` | of another table |

| room | what it does | may include |
|---|---|---|
| `harness/base` | the ground | nothing of ours |
| `harness/wire` | what both share | `base` |
| `harness/round` | one round | `base` `wire` |
| `scenarios` | what a round does | `base` `harness/round/device.h` |
| `repro/model` | the model | `scenarios/kernels/reference.h` |
| `results/store` | the database | `base` `wire` |

| room | what it does | may include |
|---|---|---|
| `harness/base` | a second table | `harness/wire` |
PAGE
    put harness/base/clock.h '#include <stdint.h>'
    put harness/base/clock.c '#include "harness/base/clock.h"'
    put harness/wire/page.h '#include "harness/base/clock.h"'
    put harness/round/device.h '#include "harness/wire/page.h"'
    put harness/round/gate.h ''
    put harness/round/objc/send.h 'void *objc_msgSend(void);'
    put scenarios/mm.c '#include "harness/round/device.h"'
    put scenarios/kernels/reference.h ''
    put repro/model/encoder.c '#include "scenarios/kernels/reference.h"'
    put results/store/store.c '#include <sqlite3.h>'
    put harness/tests/test_all.c '#include "results/store/store.h"'
}

# put FILE LINE: a source file with LINE as its third line.
put() {
    mkdir -p "$tree/$(dirname "$1")"
    printf '/* A file of the tree.\n * SPDX-License-Identifier: Apache-2.0 */\n%s\n' "$2" > "$tree/$1"
}

check() { run "$MP_SOURCE/scripts/check_layers" "$tree"; }

# refuses LINE: fails, and this is all that it says.
refuses() {
    check
    echo "$output"
    [ "$status" -eq 1 ]
    [ "$output" = "$1" ]
}

@test "a tree that follows the rules passes" {
    check
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "check_layers: 11 files keep the rules" ]
}

@test "an include of a higher floor is named with file, line and what is allowed" {
    put harness/wire/page.h '#include "harness/round/device.h"'
    refuses 'harness/wire/page.h:3: harness/wire may not include "harness/round/device.h" (it may include: harness/base/)'
}

@test "the base includes nothing of ours, not even in angle brackets" {
    put harness/base/clock.h '  #  include <harness/wire/page.h>'
    refuses 'harness/base/clock.h:3: harness/base may not include "harness/wire/page.h" (it may include: nothing of ours)'
}

@test "a scenario includes the round's interface and not its internals" {
    put scenarios/mm.c '#include "harness/round/gate.h"'
    check
    [ "$status" -eq 1 ]
    [[ "$output" == 'scenarios/mm.c:3: scenarios may not include "harness/round/gate.h"'* ]]
}

@test "the model and the harness never meet" {
    put repro/model/encoder.c '#include "harness/base/clock.h"'
    check
    [ "$status" -eq 1 ]
    [[ "$output" == 'repro/model/encoder.c:3: repro/model may not include "harness/base/clock.h"'* ]]
}

@test "an include that is not relative to the root is refused" {
    put harness/base/clock.c '#include "clock.h"'
    refuses 'harness/base/clock.c:3: "clock.h" is not written from the root of the tree'
}

@test "only its own room calls the Objective-C runtime" {
    put harness/round/gate.h 'sel_registerName("commit");'
    refuses 'harness/round/gate.h:3: only harness/round/objc/ harness/supervisor/capture/skip.def may write sel_registerName'
}

@test "only the store and the report include SQLite" {
    put harness/wire/page.h '#include <sqlite3.h>'
    refuses 'harness/wire/page.h:3: only results/store/ results/report/ may write #include <sqlite3.h'
}

# row ROOM WORDS: the row of ROOM says WORDS in its last column.
row() {
    sed "s#^| .$1. | \(.*\) | .* |\$#| \`$1\` | \1 | $2 |#" "$tree/ARCHITECTURE.md" > page
    cmp -s page "$tree/ARCHITECTURE.md" && return 1
    mv page "$tree/ARCHITECTURE.md"
}

@test "a row changed in the page changes the check" {
    row harness/wire 'nothing of ours'
    refuses 'harness/wire/page.h:3: harness/wire may not include "harness/base/clock.h" (it may include: nothing of ours)'
    put harness/base/clock.c '#include "harness/wire/page.h"'
    put harness/wire/page.h ''
    check
    [ "$status" -eq 1 ]
    row harness/base '`harness/wire`'
    check
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a tree without the page, or a page without the table, is refused" {
    mv "$tree/ARCHITECTURE.md" page
    check
    [ "$status" -eq 2 ]
    [[ "$output" == *"has no ARCHITECTURE.md, which holds the table of rooms" ]]
    grep -v 'what it does' page > "$tree/ARCHITECTURE.md"
    refuses 'ARCHITECTURE.md:1: has no table | room | what it does | may include |'
}

@test "the table names existing rooms, each unambiguously" {
    row harness/wire '`base` `cellar`'
    refuses 'ARCHITECTURE.md:10: `cellar` is not a room of the table'
    row harness/wire '`base`'
    sed -i.bak 's#^| .scenarios.*#&\n| `results/round` | a namesake | `round` |#' "$tree/ARCHITECTURE.md"
    refuses 'ARCHITECTURE.md:13: `round` names two rooms'
    sed -i.bak "13s#.*#| \`results/report\` | nobody lives there | \`base\` |#" "$tree/ARCHITECTURE.md"
    refuses 'ARCHITECTURE.md:13: `results/report` has no file'
    sed -i.bak "13s#.*#| results | \`base\` |#" "$tree/ARCHITECTURE.md"
    refuses 'ARCHITECTURE.md:13: is not a row of one room, what it does, and what it may include'
}

@test "a cycle of includes within a room is refused, over several files too" {
    put harness/base/text.h '#include "harness/base/log.h"'
    put harness/base/log.c '#include "harness/base/clock.h"'
    put harness/base/log.h ''
    put harness/base/clock.h '#include <stdint.h>'
    check
    [ "$status" -eq 0 ]
    put harness/base/clock.c '#include "harness/base/text.h"'
    refuses 'harness/base/log.c:3: closes a cycle of includes: clock -> text -> log -> clock'
    put harness/tests/test_all.c '#include "harness/base/text.h"'
    put harness/base/clock.c ''
    check
    [ "$status" -eq 0 ]
}

@test "no room of the house may have a cycle" {
    cp "$MP_SOURCE/ARCHITECTURE.md" "$tree/ARCHITECTURE.md"
    rooms=$(sed -n 's/^| `\([^`]*\)` |.*|$/\1/p' "$tree/ARCHITECTURE.md")
    [ "$(echo "$rooms" | wc -l)" -ge 13 ]
    for room in $rooms; do
        put "$room/one.h" "#include \"$room/two.h\""
        put "$room/two.c" "#include \"$room/one.h\""
    done
    check
    echo "$output"
    for room in $rooms; do
        [[ "$output" == *"$room/two.c:3: closes a cycle of includes: one -> two -> one"* ]]
    done
}

@test "a cycle of calls is refused, wherever the functions are declared" {
    put harness/base/all.h 'int mp_clock_now(void); int mp_log(int); int mp_text_width(const char *text);'
    put harness/base/clock.c 'int mp_clock_now(void) {
    return mp_text_width("mp_log(");
}'
    put harness/base/log.c 'int mp_log(int level) { /* mp_clock_now() is
    not mp_clock_now() */ return level; }'
    put harness/base/text.c 'int mp_text_width(
    const char *text) {
    return mp_log(*text);
}'
    check
    echo "$output"
    [ "$status" -eq 0 ]
    put harness/base/log.c 'int mp_log(int level) {
    return mp_clock_now();
}'
    refuses 'harness/base/log.c:4: closes a cycle of calls: clock -> text -> log -> clock'
}

@test "the files of different systems are one noun" {
    put harness/base/clock_linux.c 'int mp_clock_now(void) { return mp_text_width(); }'
    put harness/base/text.c 'int mp_text_width(void) { return 1; }
int mp_text_time(void) { return mp_clock_zone(); }'
    put harness/base/clock_macos.c 'int mp_clock_zone(void) { return 0; }'
    refuses 'harness/base/text.c:4: closes a cycle of calls: clock -> text -> clock'
}

@test "a file outside every room is refused" {
    put harness/stray.c ''
    refuses 'harness/stray.c:1: stands in no room of the table'
}

@test "a file without an opening comment or licence is refused" {
    echo 'int x;' > "$tree/harness/base/clock.c"
    check
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = 'harness/base/clock.c:1: does not open with a comment that says what it is for' ]
    [ "${lines[1]}" = 'harness/base/clock.c:1: has no SPDX-License-Identifier line' ]
}

@test "a file of more than 700 lines is refused, tests included" {
    yes '' | head -697 >> "$tree/harness/tests/test_all.c"
    check
    [ "$status" -eq 0 ]
    echo >> "$tree/harness/tests/test_all.c"
    refuses 'harness/tests/test_all.c:701: has more than 700 lines'
}

@test "code wider than 90 columns is refused, hand-set tables and tests are not" {
    wide=$(printf 'int %086d;' 0)
    put harness/base/clock.c "$wide"
    refuses 'harness/base/clock.c:3: is wider than 90 columns'
    put harness/base/clock.c "/* clang-format off */
$wide
/* clang-format on */"
    check
    [ "$status" -eq 0 ]
    put harness/tests/test_all.c "$wide"
    check
    [ "$status" -eq 0 ]
    put harness/base/clock.c "/* $(printf '×%.0s' $(seq 84)) */"
    check
    [ "$status" -eq 0 ]
}

@test "sizeof has one spelling, in tests too" {
    put harness/tests/test_all.c 'int x = sizeof y;'
    refuses 'harness/tests/test_all.c:3: sizeof is written sizeof(x)'
}

@test "a test that negates a command without run is refused, for it cannot fail" {
    printf '# A file of the tree.\n# SPDX-License-Identifier: Apache-2.0\n@test "x" {\n    ! false\n    ! no && run ! false\n    ! nm x || skip "y"\n}\n' \
        > "$tree/harness/tests/all.bats"
    check
    [ "$status" -eq 1 ]
    [ "$(grep -c 'all.bats:[45]: "! COMMAND" fails no test: write "run ! COMMAND"' <<< "$output")" = 2 ]
    [ "$(grep -c all.bats <<< "$output")" = 2 ]
}

@test "a test that asks for two things in one line, or for a code and takes any, is refused, for it cannot fail" {
    # shellcheck disable=SC2016
    printf '# A file of the tree.\n# SPDX-License-Identifier: Apache-2.0\n@test "x" {\n    %s\n    %s\n    %s\n    %s\n    %s\n    %s\n}\n' \
        '[ a = b ] && [ c = c ]' '[[ "$x" == *y ]] && [[ "$x" == *z ]]' '[ a = b ] && [ c = d ] || skip "y"' '[ a = b ] && return' \
        'run -0 mpstress run noop || true' 'run mpstress run noop || true' > "$tree/harness/tests/all.bats"
    check
    [ "$status" -eq 1 ]
    [ "$(grep -c 'all.bats:[45]: "\[ A \] && \[ B \]" fails no test where A is false: write two lines' <<< "$output")" = 2 ]
    [ "$(grep -c 'all.bats:8: "run -N COMMAND || true" takes every code: write the one that it has' <<< "$output")" = 1 ]
    [ "$(grep -c all.bats <<< "$output")" = 3 ]
}

@test "braces around one statement are refused, around a loop or in a chain they are not" {
    put harness/base/clock.c 'void f(void) {
    if (a &&
        b) {
        call("x",
             "y");
    }
}'
    refuses 'harness/base/clock.c:5: has braces around one statement'
    put harness/base/clock.c 'void f(void) {
    if (a) {
        call("x",
             "y");
    } else {
        one();
        two();
    }
    while (a) {
        for (;;)
            one();
    }
}'
    check
    [ "$status" -eq 0 ]
}

@test "a file named after nothing is refused" {
    put harness/base/utils.c ''
    refuses 'harness/base/utils.c:1: is named after nothing: a file is a noun of the project'
}

@test "every violation is reported, not only the first" {
    put harness/base/clock.c '#include "harness/wire/page.h"'
    put results/store/store.c '#include "scenarios/kernels/reference.h"'
    check
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
}

@test "a folder without a tree is refused" {
    run "$MP_SOURCE/scripts/check_layers" "$BATS_TEST_TMPDIR"
    [ "$status" -eq 2 ]
}
