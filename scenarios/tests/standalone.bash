# Standalone rounds of mpstress-round, one spec file each, and what they must end with.
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # status and output are bats'

setup() {
    # ThreadSanitizer's second of sleep before each exit would make minutes of this file.
    export TSAN_OPTIONS="atexit_sleep_ms=0 ${TSAN_OPTIONS-}"
    spec="$BATS_TEST_TMPDIR/round.spec"
}

# play DEVICE SCENARIO ARM [NAME VALUE]...: one standalone round.
play() {
    {
        printf 'mpstress-spec 1\ndevice %s\nscenario %s\narm %s\n' "$1" "$2" "$3"
        printf 'seed 0x5eed\ntimeout_ms 60000\nrecorder on\n'
        shift 3
        [ $# -eq 0 ] || printf 'param %s %s\n' "$@"
    } >"$spec"
    run "$MP_BIN/mpstress-round" --spec "$spec"
}

# expect CODE PATTERN: the exit code, and an outcome line that matches.
expect() {
    outcome=$(printf '%s\n' "$output" | grep '^outcome') || true
    if [ "$status" -ne "$1" ] || ! printf '%s\n' "$outcome" | grep -Eq "^outcome +$2"; then
        printf 'wanted code %s and "%s", got code %s:\n%s\n' "$1" "$2" "$status" "$output" >&2
        return 1
    fi
}

# A machine with one busy core may run threads one after another: that is no failure of a scenario.
expect_clean() {
    case "$output" in
    *no_overlap*) expect 3 no_overlap ;;
    *) expect 0 pass ;;
    esac
    printf '%s\n' "$output" | grep '^ops' | grep -Eq \
        '^ops +([0-9]+) planned, \1 started, \1 right, 0 wrong, 0 dropped; \1 by the device'
}
