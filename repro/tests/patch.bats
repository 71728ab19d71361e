#!/usr/bin/env bats
# The store-order patch on Mach-O files that clang and ld64.lld make here: one with the nine words of the known
# build at their addresses, and others. No driver of Apple's is here.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

load driver_fixture

# words FILE FIRST: the disassembly of the routine, a line each: bytes and instruction.
words() {
    llvm llvm-objdump -d --start-address="$2" --stop-address=$(($2 + 52)) "$1" | grep -o '\(\( [0-9a-f][0-9a-f]\)\{4\}\) .*' |
        sed 's/<.*//; s/[[:blank:]]\{1,\}/ /g; s/^ //; s/ $//'
}

# changed_words A B: how many instructions differ.
changed_words() {
    cmp -l "$1" "$2" | awk '{ print int(($1 - 1) / 4) }' | sort -u | wc -l
}

setup() {
    cd "$BATS_TEST_TMPDIR" || exit 1
    patch="$MP_BIN/mpstress-patch"
}

@test "the known build is found word by word, and nothing is written without being asked" {
    known driver
    before=$(sha256sum driver)
    run -0 --separate-stderr "$patch" driver
    [ "$stderr" = "" ]
    [[ "$output" == *"0CE453FF-9F17-321F-BC18-383573A48221"* ]]
    [[ "$output" == *"AGXMetalG16X 329.2"* ]]
    [[ "$output" == *"original: unlock, then the store of NULL"* ]]
    [[ "$output" == *"0x2be05c   08 01 00 54  b.hi 0x2be07c"* ]]
    [[ "$output" == *"0x2be088   8f 59 10 94  bl 0x6d46c4"*"free"* ]]
    [[ "$output" == *"leaks its context"* ]]
    [[ "$output" == *"no patched driver was ever run"* ]]
    [[ "$output" == *"dry run"* ]]
    [ "$(sha256sum driver)" = "$before" ]
    [ "$(ls | grep -v '^separate-stderr' | xargs)" = "driver driver.o" ]
}

@test "a copy has the nine words of the table, no other byte differs, and the original is untouched" {
    known driver
    chmod 755 driver
    before=$(sha256sum driver)
    run -0 "$patch" --write copy driver
    [ "$(sha256sum driver)" = "$before" ]
    [ "$(stat -c %a copy)" = 755 ]
    words copy 0x2be05c > after
    # Table d.4 of the routine's words: what stands there afterwards.
    cat > expected <<'END'
28 01 00 54 b.hi 0x2be080
88 02 00 f9 str x8, [x20]
34 03 00 f9 str x20, [x25]
29 05 00 91 add x9, x9, #1
29 07 00 f9 str x9, [x25, #8]
7f 6a 38 f8 str xzr, [x19, x24]
20 03 15 8b add x0, x25, x21
5b 5a 10 94 bl 0x6d49e4
05 00 00 14 b 0x2be090
7f 6a 38 f8 str xzr, [x19, x24]
20 03 15 8b add x0, x25, x21
57 5a 10 94 bl 0x6d49e4
01 00 00 14 b 0x2be090
END
    diff expected after
    [ "$(changed_words driver copy)" = 9 ]
    # The copy's hash, in the report beside it.
    grep -q "$(sha256sum copy | cut -d ' ' -f 1)" copy.txt
    grep -q "$(sha256sum driver | cut -d ' ' -f 1)" copy.txt
    grep -q '^     codesign --force --sign - copy$' copy.txt
    grep -q 'authenticated-root disable' copy.txt
    grep -q 'bless --folder DIR/System/Library/CoreServices --bootefi --create-snapshot' copy.txt
    grep -q 'bless --mount DIR --bootefi --last-sealed-snapshot' copy.txt
    run -1 "$patch" copy
    [[ "$output" == *"patched: the store of NULL, then unlock"* ]]
    run -1 --separate-stderr "$patch" --write again copy
    [[ "$stderr" == *"patched already"* ]]
    [ ! -e again ]
}

@test "in a fat file only the arm64e slice is changed" {
    known driver
    clang --target=x86_64-apple-macos15 -c -x c - -o other.o <<< 'int f(void) { return 1; }'
    link x86_64 other
    llvm llvm-lipo -create other driver -output fat
    run -0 "$patch" --write copy fat
    [[ "$output" == *"(fat file)"* ]]
    llvm llvm-lipo copy -thin arm64e -output thin
    [ "$(changed_words driver thin)" = 9 ]
    [ "$(changed_words fat copy)" = 9 ]
    # The same with 64-bit offsets: magic, number, then type, subtype, offset, size, alignment.
    size=$(stat -c %s driver)
    {
        printf '\xca\xfe\xba\xbf\x00\x00\x00\x01\x01\x00\x00\x0c\x80\x00\x00\x02'
        printf '\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x00\x00'
        printf "\\x$(printf %08x "$size" | sed 's/\(..\)\(..\)\(..\)\(..\)/\1\\x\2\\x\3\\x\4/')"
        head -c $((0x4000 - 32)) /dev/zero
    } | head -c $((0x4000)) > wide
    cat driver >> wide
    run -0 "$patch" --write wide-copy wide
    [[ "$output" == *"arm64e at 0x4000 (fat file)"* ]]
    [ "$(changed_words wide wide-copy)" = 9 ]
}

@test "another build is found by the form of its instructions, if they stand there once" {
    build driver OTHER
    run -0 "$patch" --write copy driver
    [[ "$output" == *"found by the form of its instructions"* ]]
    run -1 "$patch" copy
    build twice TWICE
    run -3 --separate-stderr "$patch" --write no twice
    [[ "$stderr" == *"2 places"* ]]
    [ ! -e no ]
}

@test "what is not exactly the routine is refused" {
    known driver
    # Each of the nine words, changed a little.
    number=0
    for offset in 0 20 24 28 32 36 40 44 48; do
        cp driver changed
        bytes changed $((0x2be05c + offset + 3)) '\x55'
        run -3 --separate-stderr "$patch" --write no changed
        number=$((number + 1))
        words="other instructions: word $number of 9, at $(printf '%#x' $((0x2be05c + offset))), is "
        [[ "$stderr" == *"$words"??\ ??\ ??\ 55\ and\ not\ * ]] || { echo "$offset: $stderr"; return 1; }
        # And without the UUID, by form.
        bytes changed "$(uuid_at changed)" '\x00\x01'
        run -3 --separate-stderr "$patch" --write no changed
        [[ "$stderr" == *"nothing in its"* ]] || { echo "$offset: $stderr"; return 1; }
    done
    [ ! -e no ]
    [ ! -e no.txt ]
}

@test "files that are none of it are refused in words" {
    refused() {
        run "-$1" --separate-stderr "$patch" "$3"
        [[ "$stderr" == *"$2"* ]] || { echo "$3: $stderr"; return 1; }
    }
    known driver
    : > empty
    head -c 100000 /dev/zero > zeros
    cp driver arm64 && bytes arm64 8 '\x00\x00\x00\x00'
    head -c 20000 driver > cut
    printf '\xca\xfe\xba\xbe\x00\x00\x00\x09 too short for nine slices' > torn
    cp driver loop && bytes loop 36 '\x00\x00\x00\x00'
    refused 3 "no 64-bit Mach-O" empty
    refused 3 "no 64-bit Mach-O" zeros
    refused 3 "not for arm64e" arm64
    refused 3 "beyond the slice" cut
    refused 3 "ends early" torn
    refused 3 "load command 1" loop
    refused 6 "No such file" missing
    refused 3 "no ordinary file" .
    run -2 --separate-stderr "$patch" --write driver driver
    [[ "$stderr" == *"is there already"* ]]
    ln -s driver link
    run -2 "$patch" --write link driver
    run -2 "$patch"
    run -2 "$patch" driver driver
    run -2 "$patch" --wrote x driver
    [ "$(sha256sum < arm64)" != "$(sha256sum < driver)" ]
    run -0 "$patch" --help
    run -0 "$patch" --version
    run -6 sh -c '"$1" driver > /dev/full' - "$patch"
}

@test "what cannot be written whole, with its report, leaves nothing behind" {
    known driver
    before=$(sha256sum driver)
    : > copy.txt # the report's name is taken
    run -2 --separate-stderr "$patch" --write copy driver
    [[ "$stderr" == *"copy.txt is there already; name a new file"* ]]
    [ "$output" = "" ]
    [ ! -e copy ]
    [ ! -s copy.txt ]
    # shellcheck disable=SC2016
    run -6 --separate-stderr bash -c 'ulimit -f 100; exec "$1" --write limited driver' - "$patch"
    [[ "$stderr" == *"cannot write limited: "* ]]
    [ "$(ls | grep -c limited)" = 0 ]
    run -6 --separate-stderr "$patch" --write nowhere/copy driver
    [[ "$stderr" == *"cannot make nowhere/copy: No such file"* ]]
    mkdir closed && chmod 555 closed
    if ! touch closed/try 2> /dev/null; then # root may
        run -6 --separate-stderr "$patch" --write closed/copy driver
        [[ "$stderr" == *"cannot make closed/copy: Permission denied"* ]]
    fi
    ln -s nowhere dangling && ln driver same && mkfifo pipe
    for name in dangling same closed /dev/null; do
        run -2 --separate-stderr "$patch" --write "$name" driver
        [[ "$stderr" == *"$name is there already"* ]]
    done
    for name in /dev/null /dev/zero pipe; do
        run -3 --separate-stderr "$patch" "$name"
        [[ "$stderr" == *"$name is no ordinary file"* ]]
    done
    run -0 "$patch" --write 'a copy' same # quoted where it is to be typed
    grep -qF "codesign --force --sign - 'a copy'" 'a copy.txt'
    [ "$(sha256sum driver)" = "$before" ]
}

@test "any cut and any changed byte of the headers leaves it standing" {
    build driver OTHER
    size=$(stat -c %s driver)
    for cut in 0 1 4 7 28 31 32 33 100 200 $((size / 2)) $((size - 1)); do
        head -c "$cut" driver > part
        run "$patch" part
        [ "$status" -le 6 ] || { echo "cut at $cut: $status"; return 1; }
    done
    for at in $(seq 12 4 540); do
        cp driver part
        bytes part "$at" '\xff\xff\xff\xff'
        run "$patch" part
        [ "$status" -le 6 ] || { echo "word $at: $status"; return 1; }
    done
}

@test "every interleaving of the routine with a reader, before and after" {
    known driver
    readers readers
    run -0 "$MP_BIN/../tests/store_order_walk" driver readers
    # Reader, path, order, and whether any ends in a NULL dereference or in a stale use.
    echo "$output" | awk '$2 == "path" { print $1, $3, $4, ($6 > 0), ($7 > 0) }' > found
    sort > expected <<'END'
L 1 original 1 1
L 1 patched 0 0
L 2 original 1 1
L 2 patched 0 0
P 1 original 0 1
P 1 patched 0 0
P 2 original 0 1
P 2 patched 0 0
S 1 original 1 1
S 1 patched 1 1
S 2 original 1 1
S 2 patched 1 0
U 1 original 1 1
U 1 patched 1 1
U 2 original 1 1
U 2 patched 1 0
END
    sort found | diff expected -
}
