# What the tests of the command line share.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR" || exit 1
    program="$MP_BIN/mpstress"
    unset MPSTRESS_DB MPSTRESS_SUITES NO_COLOR
    export LC_ALL=C.UTF-8
    # A sanitizer must leave the planted signals alone.
    leave="handle_segv=0:handle_sigbus=0:handle_abort=0:handle_sigill=0:handle_sigfpe=0"
    leave="$leave:handle_sigtrap=0:detect_leaks=0:allocator_may_return_null=1"
    export ASAN_OPTIONS="$leave" TSAN_OPTIONS="$leave:report_thread_leaks=0" UBSAN_OPTIONS="$leave"
}

teardown() {
    [ -z "${campaign_pid:-}" ] || kill -KILL "$campaign_pid" 2>/dev/null || true
}

# query SQL: asks the database of the test.
query() {
    sqlite3 -readonly -cmd '.timeout 10000' "${2:-rounds.db}" "$1"
}

# wait_until WHAT COMMAND...: polls for at most 20 s.
wait_until() {
    local what="$1" tries
    shift
    for ((tries = 0; tries < 400; tries++)); do
        if "$@" >/dev/null 2>&1; then
            return 0
        fi
        sleep 0.05
    done
    echo "waited in vain until $what"
    return 1
}

# refused WORD... -- ARGUMENT...: the command ends with 2, names each WORD, and leaves nothing behind. Its stdout is
# empty, or with --json one document that has the error.
refused() {
    local words=()
    while [ "$1" != -- ]; do
        words+=("$1")
        shift
    done
    shift
    run --separate-stderr "$program" "$@"
    echo "status $status, stdout '$output', stderr '$stderr'"
    [ "$status" -eq 2 ]
    case " $* " in
    *" --json "*)
        printf '%s' "$output" > "$BATS_TEST_TMPDIR/refused.json"
        [ "$(sqlite3 :memory: "SELECT json_extract(readfile('$BATS_TEST_TMPDIR/refused.json'), '$.exit_code')")" = 2 ]
        ;;
    *) [ -z "$output" ] ;;
    esac
    for word in "${words[@]}"; do
        [[ "$stderr" == *"$word"* ]] || { echo "does not say: $word"; return 1; }
    done
    [ ! -e mpstress.db ]
}
