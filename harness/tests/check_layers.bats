#!/usr/bin/env bats
# Tests of scripts/check_layers: in a small tree, each kind of breach is named with file, line, rule.
# SPDX-License-Identifier: Apache-2.0

setup() {
    tree=$BATS_TEST_TMPDIR/tree
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

@test "a tree that keeps the rules passes" {
    check
    echo "$output"
    [ "$status" -eq 0 ]
    [ "$output" = "check_layers: 11 files keep the rules" ]
}

@test "an include of a higher floor is named with file, line and what is allowed" {
    put harness/wire/page.h '#include "harness/round/device.h"'
    refuses 'harness/wire/page.h:3: harness/wire may not include "harness/round/device.h" (it may include: harness/base/)'
}

@test "the base includes nothing of ours, in angle brackets neither" {
    put harness/base/clock.h '  #  include <harness/wire/page.h>'
    refuses 'harness/base/clock.h:3: harness/base may not include "harness/wire/page.h" (it may include: nothing of ours)'
}

@test "a scenario sees the doors of the round and not its inside" {
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

@test "an include that is not written from the root is refused" {
    put harness/base/clock.c '#include "clock.h"'
    refuses 'harness/base/clock.c:3: "clock.h" is not written from the root of the tree'
}

@test "the Objective-C runtime is called in its own room only" {
    put harness/round/gate.h 'sel_registerName("commit");'
    refuses 'harness/round/gate.h:3: only harness/round/objc/ harness/supervisor/capture/skip.def may write sel_registerName'
}

@test "SQLite is included by the store and the report only" {
    put harness/wire/page.h '#include <sqlite3.h>'
    refuses 'harness/wire/page.h:3: only results/store/ results/report/ may write #include <sqlite3.h'
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

@test "sizeof is written in one way" {
    put harness/base/clock.c 'int x = sizeof y;'
    refuses 'harness/base/clock.c:3: sizeof is written sizeof(x)'
}

@test "a file named after nothing is refused" {
    put harness/base/utils.c ''
    refuses 'harness/base/utils.c:1: is named after nothing: a file is a noun of the project'
}

@test "every breach is told, not only the first" {
    put harness/base/clock.c '#include "harness/wire/page.h"'
    put results/store/store.c '#include "scenarios/kernels/reference.h"'
    check
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 2 ]
}

@test "a place without a tree is refused" {
    run "$MP_SOURCE/scripts/check_layers" "$BATS_TEST_TMPDIR"
    [ "$status" -eq 2 ]
}
