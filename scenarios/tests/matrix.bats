#!/usr/bin/env bats
# scripts/matrix and scripts/three_way at a reduced size, and the page that scripts/matrix wrote.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || exit 1
    page="$MP_SOURCE/results/reference/matrix.md"
    export MPSTRESS="$MP_BIN/mpstress"
}

spare_sanitizers() {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' ||
        skip "a sanitizer meets the planted races in its own way"
}

# finders: "defect scenario" of the defect table.
finders() {
    tr -d '\n' < "$MP_SOURCE/repro/model/defect.def" | sed 's/MP_DEFECT(/\n&/g' |
        sed -nE 's/^MP_DEFECT\([A-Z0-9_]+, "([a-z0-9_]+)".*", *"([a-z_]+)", *"Known.*/\1 \2/p' | sort
}

# rows FILE HEADING: the first two columns of the table under it.
rows() {
    awk -F' *[|] *' -v heading="## $2" '/^#/ { inside = index($0, heading) == 1 } inside && /^[|] [a-z]/ &&
        $2 != "defect" && $2 != "scenario" { print $2, $3 }
        inside && /^The other cells/ { exit }' "$1" | sort -u
}

@test "the page has a row for each defect of the table with its finder, and for each scenario" {
    [ "$(finders | wc -l)" -eq "$(grep -c '^MP_DEFECT(' "$MP_SOURCE/repro/model/defect.def")" ]
    diff <(finders) <(rows "$page" 'Each defect')
    diff <("$MPSTRESS" list --names scenarios | grep -vx exec | sort) <(rows "$page" 'No defect' | cut -d' ' -f1 | sort -u)
    # Whoever changes the suite makes the page anew.
    [ "$(rows "$page" Arms | cut -d' ' -f1 | sort -u)" = "$(grep -o 'defects=[a-z_]*' "$MP_SOURCE/scenarios/suites/matrix.ini" |
        cut -d= -f2 | sort -u)" ]
    [[ "$(cat "$page")" == *"Software model only"* ]]
    run ! grep -F '**no**' "$page"
}

@test "each defect has one outcome that it must have" {
    [ "$(grep -v '^#' "$MP_SOURCE/scripts/matrix.d/outcomes" | cut -d' ' -f2- | tr ' ' '\n' | sort)" = "$(finders | cut -d' ' -f1)" ]
}

@test "a small matrix: each defect is found, and each arm does what it should" {
    spare_sanitizers
    run "$MP_SOURCE/scripts/matrix" --part defects --part arms --rounds 2
    echo "$output"
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
    printf '%s\n' "$output" > made.md
    for part in 'Each defect' Arms; do
        diff <(rows made.md "$part") <(rows "$page" "$part")
    done
}

@test "a row that is not as it should be is said and ends with 1" {
    spare_sanitizers
    mkdir -p tree/scripts tree/scenarios
    cp -R "$MP_SOURCE/scripts/matrix" "$MP_SOURCE/scripts/matrix.d" tree/scripts
    cp -R "$MP_SOURCE/scenarios/suites" tree/scenarios
    # A lock that is said to cure what it cannot, and one that is said to leave what it cures.
    cat > tree/scenarios/suites/matrix.ini <<'INI'
title = wrong
[linear_nograph]
device = metal@model:defects=nograph_shared
role = negative_control
arm = linear_mutex
[graph_compile]
device = mps@model:defects=kernel_dag
role = positive_control
arm = serial
INI
    run -1 tree/scripts/matrix --part arms --rounds 2
    echo "$output"
    [ "$(printf '%s\n' "$output" | grep -cF '| **no** |')" -eq 2 ]
    [[ "$output" == *"2 not as it should be"* ]]
}

@test "a wrong option is named" {
    for option in --part=x '--part x' '--rounds 0' '--rounds x' --nothing '--write --part arms'; do
        # shellcheck disable=SC2086 # two words
        run -2 "$MP_SOURCE/scripts/matrix" $option
        [[ "$output" == matrix:* ]]
    done
    : > there.db
    run -2 "$MP_SOURCE/scripts/matrix" --db there.db
    [[ "$output" == *"there.db exists already"* ]]
}

@test "a part that was kept is taken as it is, one that was interrupted goes on, and none of another size is taken" {
    spare_sanitizers
    mkdir -p tree/scripts tree/scenarios/suites
    cp -R "$MP_SOURCE/scripts/matrix" "$MP_SOURCE/scripts/matrix.d" tree/scripts
    printf 'title = small\n[linear_nograph]\ndevice = metal@model:defects=nograph_shared\nrole = positive_control\n' \
        > tree/scenarios/suites/matrix.ini
    run -0 tree/scripts/matrix --part arms --rounds 3 --keep kept
    printf '%s\n' "$output" | grep '^|' > first.md
    sqlite3 kept/arms.db "UPDATE campaign SET state = 'interrupted', ended_at = NULL"
    run -0 tree/scripts/matrix --part arms --rounds 3 --keep kept
    [[ "$output" == *"part arms goes on"* ]]
    run -0 tree/scripts/matrix --part arms --rounds 3 --keep kept
    [[ "$output" != *"part arms"* ]]
    diff first.md <(printf '%s\n' "$output" | grep '^|')
    [ "$(sqlite3 kept/arms.db 'SELECT count(*) FROM round')" = 3 ]
    run -2 tree/scripts/matrix --part arms --rounds 4 --keep kept
    [[ "$output" == *"arms.db is of a call with --rounds 3: name another folder"* ]]
}

# crashed ROW...: the crashed rounds of these rows (reader, order, arm) of three_way's table.
crashed() {
    awk -v row="$*" '$1 " " $2 " " $3 == row { print $5 }' table
}

@test "three_way has a row for each reader, order and arm, and says what its rates are not" {
    spare_sanitizers
    "$MP_SOURCE/scripts/three_way" 3 > table
    cat table
    [ "$(grep -cE '^[ULSP] +(original|patched) ' table)" -eq 24 ]
    for order in original patched; do
        for reader in U L S P; do
            [ "$(crashed $reader $order sync_on_queue)" -eq 0 ]
            [ "$(crashed $reader $order encode_mutex)" -eq 0 ]
        done
    done
    # How many of the few rounds of a reader crash is a matter of timing; that none of them all does is not.
    [ "$(awk '$3 == "none" { sum += $5 } END { print sum }' table)" -gt 0 ]
    [ "$(crashed L patched none)" -eq 0 ]
    grep -q 'Every public disassembly shows reader U' table
    grep -q "No patched driver of Apple's was ever measured" table
}
