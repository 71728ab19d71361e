#!/usr/bin/env bats
# The suites that come with mpstress: every section is a scenario, every key one of its parameters
# or a reserved word, and each suite carries controls of both kinds.
# SPDX-License-Identifier: Apache-2.0

suites="$MP_SOURCE/scenarios/suites"

# sections FILE: "section<TAB>key<TAB>value" lines; the section without its label, "-" before any.
sections() {
    awk '
        BEGIN { section = "-" }
        /^[ \t]*([;#]|$)/ { next }
        /^\[/ {
            section = $0
            sub(/^\[[ \t]*/, "", section); sub(/[ \t]*(:[^]]*)?\].*$/, "", section)
            print section "\t[\t"
            next
        }
        {
            at = index($0, "=")
            key = substr($0, 1, at - 1); value = substr($0, at + 1)
            gsub(/^[ \t]+|[ \t]+$/, "", key); gsub(/^[ \t]+|[ \t]+$/, "", value)
            print section "\t" key "\t" value
        }' "$1"
}

# described: "scenario<TAB>parameter" lines, and "scenario<TAB>[" for each scenario.
described() {
    "$MP_BIN/mpstress-round" --describe | awk -F'\t' '
        $1 != "row" { scenario = $1 == "scenario" ? $2 : "" }
        $1 == "scenario" { print $2 "\t[" }
        $1 == "row" && scenario != "" { print scenario "\t" $2 }'
}

@test "every section of every suite is a scenario and every key is known there" {
    described >"$BATS_TEST_TMPDIR/described"
    for suite in "$suites"/*.ini; do
        sections "$suite" | while IFS="$(printf '\t')" read -r section key _; do
            case "$section/$key" in
            -/title | -/shows | -/takes | -/rounds | -/timeout | -/silence) continue ;;
            */role | */arm | */device | */if_present | */rounds | */timeout | */silence) [ "$section" != - ] && continue ;;
            esac
            if ! grep -Fxq "$section$(printf '\t')$key" "$BATS_TEST_TMPDIR/described"; then
                echo "$suite: section \"$section\" has no key \"$key\"" >&2
                exit 1
            fi
        done
    done
}

@test "every role is one of the three and every arm exists" {
    arms=$("$MP_BIN/mpstress-round" --describe | awk -F'\t' '$1 == "arm" { print $2 }')
    for suite in "$suites"/*.ini; do
        for role in $(sections "$suite" | awk -F'\t' '$2 == "role" { print $3 }'); do
            [[ "$role" =~ ^(subject|positive_control|negative_control)$ ]]
        done
        for arm in $(sections "$suite" | awk -F'\t' '$2 == "arm" { print $3 }' | tr '|' ' '); do
            printf '%s\n' "$arms" | grep -Fxq "${arm%%[:=]*}"
        done
    done
}

@test "every suite that looks for failures has a control that must fail and one that must pass" {
    for suite in "$suites"/*.ini; do
        # It asks for speed.
        [ "${suite##*/}" != scaling.ini ] || continue
        sections "$suite" | grep -q 'positive_control$'
        sections "$suite" | grep -q 'negative_control$'
    done
}

@test "the suites stand where the programs look for them" {
    for suite in "$suites"/*.ini; do
        cmp "$suite" "$MP_BIN/../share/mpstress/suites/$(basename "$suite")"
    done
}
