# Mach-O files with the end of destroyImpl, made by clang and ld64.lld: what passes for the known build, and others.
# No driver of Apple's is here.
# SPDX-License-Identifier: Apache-2.0

# llvm NAME ARGUMENTS: a tool of LLVM, which may be on no PATH.
llvm() {
    local tool
    tool=$(command -v "$1" || ls /usr/lib/llvm-*/bin/"$1" /opt/homebrew/opt/ll*/bin/"$1" 2>/dev/null | tail -n 1)
    "$tool" "${@:2}"
}

# link ARCHITECTURE NAME: the library NAME from NAME.o.
link() {
    llvm ld64.lld -arch "$1" -platform_version macos 15.0 15.0 -dylib -o "$2" "$2.o"
}

# build NAME SYMBOL: the routine as an arm64e library NAME, assembled with SYMBOL defined.
build() {
    clang --target=arm64-apple-macos15 -c "-Wa,-defsym,$2=1" "$MP_SOURCE/repro/tests/destroy_impl.s" -o "$1.o"
    link arm64 "$1"
    bytes "$1" 8 '\x02\x00\x00\x80' # the subtype: arm64e with its ABI's version
}

# bytes FILE OFFSET BYTES: writes them there.
bytes() {
    printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

# uuid_at FILE: where its UUID stands.
uuid_at() {
    local at
    at=$(LC_ALL=C grep -obUaP -m 1 '\x1b\x00\x00\x00\x18\x00\x00\x00' "$1" | head -n 1 | cut -d : -f 1)
    echo $((at + 8))
}

# known NAME: a library that passes for the known build.
known() {
    build "$1" KNOWN_BUILD
    bytes "$1" "$(uuid_at "$1")" '\x0c\xe4\x53\xff\x9f\x17\x32\x1f\xbc\x18\x38\x35\x73\xa4\x82\x21'
}

# readers NAME: the ways in which methods get at their context, as instructions for store_order_walk.
readers() {
    clang --target=aarch64-linux-gnu -c "$MP_SOURCE/repro/tests/readers.s" -o "$1.o"
    llvm llvm-objcopy -O binary -j .text "$1.o" "$1"
}
