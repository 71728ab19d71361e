# Every example in README.md and in the man page runs as printed: lines "$ command" of the README's console blocks, one
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
    PATH=$MP_BIN:$PATH
    cp "$MP_SOURCE/harness/tests/reports/null_offset.ips" report.ips
    count=0
    while IFS= read -r line; do
        example "$line"
        count=$((count + 1))
    done < <("$MP_BIN/mpstress" help --format=man | sed -n 's/^\.Dl //p' | sed "s/\\\\(aq/'/g; s/\\\\&//g; s/\\\\-/-/g")
    [ "$count" -ge 3 ]
}
