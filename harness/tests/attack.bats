# scripts/attack at a size that takes a minute or two: of each part as many tries as stand in the names here, spread over
# all that it knows; and that it finds what is wrong. Signals and growth are left to a longer run by hand.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

setup_file() {
    [ "$(uname)" = Linux ] || skip "it preloads libraries and reads /proc"
    "$MP_BIN/mpstress" help run > /dev/null
}

attack() {
    run --separate-stderr "$MP_SOURCE/scripts/attack" --time 1h --keep "$PWD/kept" "$@"
    echo "$output"
    echo "$stderr"
}

# held: the attack ended well, and of each part as many tries as asked for were made.
held() {
    attack --tries "$@"
    [ "$status" -eq 0 ]
    local tries="$1"
    shift
    for part in "$@"; do
        [[ "$output" == *"$part "*" $tries of "*" 0 "* ]]
    done
}

@test "calls of SQLite and allocations that fail, in one call: 25 of all" {
    held 25 storage memory
}

@test "hostile rounds, limits and clocks: 8 of all" {
    held 8 rounds limits clocks
}

@test "hostile databases, texts and options, in one call: 2 of all" {
    held 2 databases texts options
}

@test "absurd options: 60 of all" {
    held 60 options
}

@test "two jobs share the tries, each of which is made once" {
    attack --tries 4 --jobs 2 --state "$PWD/state" limits
    [ "$status" -eq 0 ]
    [[ "$output" == *"| limits | "*" | 4 of 44 | 0 | "* ]]
    [ "$(cat state/*/limits | cut -d'|' -f2,3 | sort -u)" = '2|22' ]
    attack --jobs 2 --tries 6 --state "$PWD/state" memory
    [[ "$output" == *"| memory | "*" | 6 of "*" | 0 | "* ]]
    cmp state/1/memory.list state/2/memory.list
}

# A program in the place of mpstress that does what an attack must notice.
bad_program() {
    mkdir -p bad/bin
    ln -sfn "$MP_BIN/../tests" bad/tests
    printf '#!/bin/sh\n%s\nexec "%s" "$@"\n' "$1" "$program" > bad/bin/mpstress
    chmod +x bad/bin/mpstress
    export MP_BIN="$PWD/bad/bin" TMPDIR="$PWD"
}

@test "what is wrong is found" {
    bad_program 'case "$*" in *--quiet*|doctor*) ;; *) kill -SEGV $$ ;; esac'
    attack --tries 2 rounds
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"rounds 1; ends with 139: run noop"* ]]
    bad_program 'case "$*" in *--quiet*|doctor*) ;; *) (sleep 20 >/dev/null 2>&1 3>&- &) ;; esac'
    attack --tries 1 limits
    [ "$status" -eq 1 ]
    [[ "$stderr" == *"1 processes left"* ]]
}
