# Every example in README.md, the guides and the man page runs as printed: lines "$ command" of the console blocks, one
# after the other in a folder like a fresh clone, where no mpstress is found but by what the README says; and the man
# page's .Dl lines. scripts/run, and what it builds, is stood in for by the programs that were just built; that
# scripts/run itself works is what CI shows by its own use of it.
#
# SPDX-License-Identifier: Apache-2.0

setup() {
    bats_require_minimum_version 1.5.0
    cd "$BATS_TEST_TMPDIR"
    mkdir -p scripts
    ln -s "$MP_SOURCE/harness" "$MP_SOURCE/client" .
    mkdir -p build/release
    printf '#!/bin/sh\nln -sfn "%s" build/release/bin\n' "$MP_BIN" >scripts/run
    printf '[ $# -gt 0 ] || set -- run --suite smoke\nexec build/release/bin/mpstress "$@"\n' >>scripts/run
    printf '#!/bin/sh\nMPSTRESS=%s/mpstress exec %s/scripts/three_way "$@"\n' "$MP_BIN" "$MP_SOURCE" >scripts/three_way
    chmod +x scripts/run scripts/three_way
}

# Runs one example; "# exits N" at its end says which exit code it must have (default 0).
example() {
    expected=0
    case $1 in *'# exits '*) expected=${1##*'# exits '} ;; esac
    echo "example: $1" >&2
    code=0
    case $1 in 'export '*)
        eval "$1"
        return
        ;;
    esac
    sh -c "${1%%'# exits '*}" >out 2>err </dev/null || code=$?
    if [ "$code" -ne "$expected" ]; then
        echo "exit $code instead of $expected" >&2
        tail -n 20 out err >&2
        return 1
    fi
}

@test "the README's examples run" {
    run ! command -v mpstress
    count=0
    while IFS= read -r line; do
        case $line in *scripts/test* | *'git clone'*) continue ;; esac
        example "$line"
        count=$((count + 1))
    done < <(awk '/^```console/ { inside = 1; next } /^```/ { inside = 0 } inside && sub(/^\$ /, "")' \
        "$MP_SOURCE/README.md")
    [ "$count" -ge 4 ]
}

@test "the man page's examples run" {
    # The README's were run with lavapipe, which takes most of the time of a smoke.
    export MPSTRESS_LAVAPIPE=/no/such/driver.so
    PATH=$MP_BIN:$PATH
    cp "$MP_SOURCE/harness/tests/reports/null_offset.ips" report.ips
    count=0
    while IFS= read -r line; do
        example "$line"
        count=$((count + 1))
    done < <("$MP_BIN/mpstress" help --format=man | sed -n 's/^\.Dl //p' | sed "s/\\\\(aq/'/g; s/\\\\&//g; s/\\\\-/-/g")
    [ "$count" -ge 3 ]
}

# The guides: lines "$ command" of harness/manual, each guide in a folder of its own.
@test "the guides' commands run as printed" {
    PATH=$MP_BIN:$PATH
    mkdir bin
    ln -s "$MP_SOURCE/scripts/nightly" bin/mpstress-nightly
    printf '#!/bin/sh\nexec "%s/scripts/fleet" "$@"\n' "$MP_SOURCE" >bin/mpstress-fleet
    chmod +x bin/mpstress-fleet
    PATH=$PWD/bin:$PATH
    count=0
    for guide in "$MP_SOURCE"/harness/manual/*; do
        mkdir "guide_${guide##*/}"
        cd "guide_${guide##*/}"
        ln -s ../harness ../client ../scripts .
        while IFS= read -r line; do
            example "$line"
            count=$((count + 1))
        done < <(sed -n 's/^    \$ //p' "$guide")
        cd ..
    done
    [ "$count" -ge 80 ]
}

@test "each guide is text in the program, a manual page without a complaint, and a web page" {
    for guide in "$MP_SOURCE"/harness/manual/*; do
        name=${guide##*/}
        "$MP_BIN/mpstress" help "$name" | cmp - "$guide"
        head -1 "$guide" | grep -q "^$name - "
        awk 'length > 120 && !/^    / { print FILENAME ": " $0; bad = 1 } END { exit bad }' "$guide"
        "$MP_BIN/mpstress" help "$name" --format=man > page
        grep -qx ".Dt MPSTRESS-${name^^} 7" page
        if command -v mandoc > /dev/null; then
            mandoc -T lint -W warning page
            line=$(sed -n 's/^    \$ //p' "$guide" | head -1)
            mandoc -T ascii -O width=400 page | sed $'s/.\b//g' | grep -qF -- "\$ $line"
        fi
    done
    "$MP_BIN/mpstress" help | grep -q '^  nightly  *a verification every night$'
    command -v mandoc > /dev/null || skip "no mandoc here"
    MPSTRESS=$MP_BIN/mpstress "$MP_SOURCE/scripts/guides_html" pages
    for guide in "$MP_SOURCE"/harness/manual/*; do
        xmllint --html --noout "pages/mpstress-${guide##*/}.html"
        grep -q 'href="style.css"' "pages/mpstress-${guide##*/}.html"
    done
}
