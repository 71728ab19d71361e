# scripts/check_xnu names the functions of the kernel that are not what they were, and what is relied on.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    check_xnu=$MP_SOURCE/scripts/check_xnu
    export MPSTRESS_XNU_TABLE=$PWD/table
    mkdir -p xnu/bsd
    printf '%s\n' 'static int ask(int x);' '' 'int' 'asks(int x) {' '    return 1;' '}' 'int' 'ask(int x)' '{' \
        '    if (x) {' '        return 2;' '    }' '    return 3;' '}' 'int tail;' > xnu/bsd/ask.c
    printf '%s\n' '# remarks' 'tag none' 'bsd/ask.c ask - an answer of 2' 'bsd/ask.c asks - another of 1' > table
    "$check_xnu" xnu --write tag-1
}

@test "the same functions are the same, however they are set and whatever stands around them" {
    run -0 "$check_xnu" xnu
    [ "$output" = "check_xnu: 0 of 2 functions are not those of tag-1" ]
    sed -i 's/^    /\t/; s/^int tail/int head/; s/^static int ask.*/int ask(int x);/' xnu/bsd/ask.c
    run -0 "$check_xnu" xnu
}

@test "one that changed or is gone is named with what is relied on" {
    sed -i 's/return 2/return 4/' xnu/bsd/ask.c
    run -1 "$check_xnu" xnu
    echo "$output"
    [ "${lines[0]}" = "changed: ask, in bsd/ask.c: relied on: an answer of 2" ]
    [ "${lines[1]}" = "check_xnu: 1 of 2 functions are not those of tag-1" ]
    sed -i 's/^asks(/asked(/' xnu/bsd/ask.c
    run -1 "$check_xnu" xnu
    [ "${lines[1]}" = "gone: asks, in bsd/ask.c: relied on: another of 1" ]
    rm xnu/bsd/ask.c
    run -1 "$check_xnu" xnu
    [ "${lines[0]}" = "gone: ask, in bsd/ask.c: relied on: an answer of 2" ]
}

@test "hashes are taken of what is there, or not at all" {
    cp table before
    sed -i 's/^asks(/asked(/' xnu/bsd/ask.c
    run -2 "$check_xnu" xnu --write tag-2
    [[ "$output" == *"bsd/ask.c has no function asks"* ]]
    cmp table before
    run -2 "$check_xnu" nowhere
    [[ "$output" == *"there is no folder 'nowhere'"* ]]
    run -2 "$check_xnu"
}

@test "the table of the tree has a hash of each function" {
    table=$MP_SOURCE/scripts/check_xnu.d/relied_on.txt
    [ "$(grep -cE '^(bsd|osfmk)/[a-z_/]+[.]c [a-z0-9_]+ [0-9]+-[0-9]+ [^ ]' "$table")" = "$(grep -cvE '^(#|tag )' "$table")" ]
    [ "$(grep -c '^tag xnu-[0-9.]*$' "$table")" = 1 ]
}
