# The arm fix: a library injected into its rounds, and rounds in which it is not the claimed one.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

fixes() {
    case $(uname -s) in
    Linux) ;;
    *) skip "the wrappers of these tests preload as Linux does" ;;
    esac
    cp "$MP_BIN/../tests/fix_right.so" fix.so
    other="$MP_BIN/../tests/fix_other.so"
}

# wrapper SCRIPT...: a round program that does SCRIPT before a round (not when it is asked what it can do).
wrapper() {
    {
        echo '#!/bin/sh'
        echo 'if [ "$1" = --page-fd ]; then'
        printf '%s\n' "$@"
        echo 'fi'
        echo "exec '$MP_BIN/mpstress-round' \"\$@\""
    } > round.sh
    chmod +x round.sh
    export MPSTRESS_ROUND="$PWD/round.sh"
}

@test "rounds of the arm fix have the library, rounds of other arms do not" {
    fixes
    run -0 --separate-stderr "$program" run noop --device null --arm none --arm fix --fix fix.so --rounds 3 --db rounds.db
    [ "$(query "SELECT count(*), min(outcome), max(outcome) FROM round")" = "6|pass|pass" ]
    sha=$( (sha256sum fix.so || shasum -a 256 fix.so) 2> err | cut -d' ' -f1)
    [ "$(query "SELECT group_concat(arm) FROM (SELECT arm FROM cell ORDER BY arm)")" = "fix=${sha:0:12},none" ]
    [ "$(query "SELECT path, sha256 FROM fix_library")" = "$PWD/fix.so|$sha" ]
    [ "$(query "SELECT count(*), count(DISTINCT module_set_id) FROM round JOIN module_set_member USING (module_set_id)
        JOIN cell ON cell.id = cell_id WHERE role = 'fix' AND path = '$PWD/fix.so' AND arm <> 'none'")" = "3|1" ]
    [ "$(query "SELECT count(*) FROM round JOIN module_set_member USING (module_set_id) WHERE path LIKE '%fix.so'")" = 3 ]
    [[ "$output" == *"What was loaded"*"fix=${sha:0:12} injects"* ]]
    [[ "$stderr" != *"from outside"* ]]
}

@test "the build id in the record is the one of the file" {
    fixes
    run -0 --separate-stderr "$program" run noop --device null --arm fix --fix fix.so --rounds 1 --db rounds.db
    id=$(readelf -n fix.so | sed -n 's/.*Build ID: //p')
    [ -n "$id" ]
    [ "$(query "SELECT f.module_id, m.module_id FROM fix_library AS f, module_set_member AS m WHERE role = 'fix'")" = "$id|$id" ]
}

@test "a library that the loader left out makes the round broken" {
    fixes
    wrapper "mv -f '$PWD/fix.so' '$PWD/gone.so'"
    run --separate-stderr "$program" run noop --device null --arm fix --fix fix.so --rounds 2 --db rounds.db
    [ "$status" -eq 3 ]
    [ "$(query "SELECT count(*), min(outcome) FROM round")" = "2|broken" ]
    detail=$(query "SELECT detail FROM round LIMIT 1")
    [[ "$detail" == *"claims $PWD/fix.so, which is not mapped; mapped are mpstress-round, "*"would be pass"* ]]
}

@test "a library that was replaced after planning makes the round broken" {
    fixes
    wrapper "cp '$other' new.so && mv new.so '$PWD/fix.so'"
    run --separate-stderr "$program" run noop --device null --arm fix --fix fix.so --rounds 2 --db rounds.db
    [ "$status" -eq 3 ]
    [ "$(query "SELECT count(*), min(outcome) FROM round")" = "2|broken" ]
    right=$(readelf -n "$MP_BIN/../tests/fix_right.so" | sed -n 's/.*Build ID: //p')
    wrong=$(readelf -n "$other" | sed -n 's/.*Build ID: //p')
    [[ "$(query "SELECT detail FROM round LIMIT 1")" == *"of build $right, but mapped from there is build $wrong"* ]]
}

@test "a crash with the wrong library counts against no fix, traced or not" {
    fixes
    for capture in on off; do
        cp "$MP_BIN/../tests/fix_right.so" fix.so
        wrapper "mv -f '$PWD/fix.so' '$PWD/gone.so'"
        run --separate-stderr "$program" run noop --device null:fault=segv_null --arm fix --fix fix.so --rounds 1 \
            --capture $capture --db $capture.db
        [ "$status" -eq 3 ]
        [ "$(query "SELECT outcome FROM round" $capture.db)" = broken ]
        [[ "$(query "SELECT detail FROM round" $capture.db)" == *"not mapped"*"would be crash: SIGSEGV"* ]]
    done
}

@test "a crash with the right library is a crash, traced or not" {
    fixes
    for capture in on off; do
        run --separate-stderr "$program" run noop --device null:fault=segv_null --arm fix --fix fix.so --rounds 1 \
            --capture $capture --db $capture.db
        [ "$status" -eq 1 ]
        [ "$(query "SELECT outcome FROM round" $capture.db)" = crash ]
        [ "$(query "SELECT count(*) FROM round JOIN module_set_member USING (module_set_id) WHERE role = 'fix'" $capture.db)" = 1 ]
    done
}

@test "a library injected from outside is recorded, and reported once" {
    fixes
    cp "$other" spy.so
    LD_PRELOAD="$PWD/spy.so" run -0 --separate-stderr "$program" run noop --device null --rounds 3 --db rounds.db
    [ "$(grep -c 'spy.so is injected into the rounds from outside' <<< "$stderr")" -eq 1 ]
    [[ "$output" == *"injected from outside: $PWD/spy.so"* ]] || [[ "$output" == *"injected from outside:"*"spy.so"* ]]
    [ "$(query "SELECT count(*) FROM round JOIN module_set_member USING (module_set_id) WHERE role = 'outside'")" = 3 ]
    # Once by a command of many campaigns.
    LD_PRELOAD="$PWD/spy.so" run -1 --separate-stderr "$program" repro noop:iters=2 --device null:fault=segv_null \
        --rounds 4 --fresh 2 --seed 3 --minimize --db shrunk.db
    [ "$(query "SELECT count(*) > 3 FROM campaign" shrunk.db)" = 1 ]
    [ "$(grep -c 'spy.so is injected into the rounds from outside' <<< "$stderr")" -eq 1 ]
    # Beside the arm's own library, which comes first.
    LD_PRELOAD="$PWD/spy.so" run -0 --separate-stderr "$program" run noop --device null --arm fix --fix fix.so --rounds 1 --db both.db
    [ "$(query "SELECT group_concat(role) FROM (SELECT role FROM module_set_member WHERE role <> '' ORDER BY role)" both.db)" = fix,outside ]
}

@test "untraced, a program is looked at while it runs, and has the library to the end" {
    fixes
    run -0 "$program" run --exec 'sleep 1' --arm fix --fix fix.so --rounds 2 --jobs 2 --capture off --quiet --db rounds.db
    [ "$(query "SELECT group_concat(outcome) FROM round")" = pass,pass ]
    # One that loses it on its way.
    run -3 "$program" run --exec 'env -u LD_PRELOAD sleep 1' --arm fix --fix fix.so --rounds 1 --capture off --quiet --db lost.db
    [[ "$(query "SELECT outcome || detail FROM round" lost.db)" == "broken"*"fix.so, which was not mapped when the program was looked at last"* ]]
}

@test "what cannot be injected is refused before any round" {
    fixes
    refused "the arm fix injects a library" -- run noop --arm fix
    refused "nowhere.so" -- run noop --arm fix --fix nowhere.so
    refused "cannot find the library a.so" -- compare none fix --fix a.so --fix b.so
    printf "[x]\n" > text.ini
    refused "it is not an ELF file" -- run noop --arm fix --fix text.ini
    refused "no cell has the arm fix" -- run noop --fix fix.so
}

@test "the repeat command names the library, and works" {
    fixes
    run --separate-stderr "$program" run noop --device null:fault=segv_null --arm fix --fix fix.so --rounds 1 --db rounds.db
    [[ "$output" == *"--arm fix --fix $PWD/fix.so --round-seed"* ]] || [[ "$output" == *"--arm fix --fix"*"fix.so"* ]]
    run -0 "$program" show round 1 --db rounds.db
    [[ "$output" == *"LD_PRELOAD="*"fix.so mpstress-round --spec round.spec"* ]]
    [[ "$output" == *"injected by the arm"* ]]
    query "SELECT spec FROM round_text" > round.spec
    sed -i 's/fault=segv_null/fault=none/' round.spec
    run "$MP_BIN/mpstress-round" --spec round.spec
    [ "$status" -eq 6 ]
    [[ "$output" == *"outcome   broken: the arm claims $PWD/fix.so, which is not mapped"* ]]
    LD_PRELOAD="$PWD/fix.so" run -0 "$MP_BIN/mpstress-round" --spec round.spec
    [[ "$output" == *"outcome   pass"* ]]
}

# commands FORMAT FILE: the repeat commands in a view, one a line, as a reader has them.
commands() {
    case $1 in
    text) awk '/^ +repeat +mpstress/ { sub(/^ +repeat +/, ""); on = 1 }
        on { on = sub(/ \\$/, " "); printf "%s%s", $0, on ? "" : "\n" }' "$2" ;;
    junit) sed 's/&#10;/\n/g; s/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' "$2" | sed -n 's/.*; repeat: //p' ;;
    markdown) sed -n '/^  ```sh$/,/^  ```$/s/^  \(mpstress .*\)/\1/p' "$2" ;;
    esac
}

# as_before ROUND: the rounds of its cell are more than one, all of one seed and way of capture.
as_before() {
    [ "$(query "SELECT count(*) > 1, count(DISTINCT seed), count(DISTINCT was_traced) FROM round
        WHERE cell_id = (SELECT cell_id FROM round WHERE id = $1)" "$db")" = "1|1|1" ]
}

@test "each printed repeat command works when typed" {
    fixes
    mkdir folder
    mv fix.so "folder/it's_a_fix.so"
    db="its rounds.db"
    PATH="$MP_BIN:$PATH"
    run mpstress run noop:threads=2 --device null:fault=segv_null --arm none --arm fix --fix "folder/it's_a_fix.so" \
        --rounds 1 --db "$db"
    [ "$status" -eq 1 ]
    run mpstress run noop:threads=3 --device null:fault=segv_null --rounds 1 --capture off --db "$db"
    [ "$status" -eq 1 ]
    mpstress report --campaign 1 --db "$db" > text.1 || true
    mpstress report --campaign 1 --format junit --db "$db" > junit.1 || true
    mpstress report --campaign 1 --format markdown --db "$db" > markdown.1 || true
    mpstress report --campaign 2 --db "$db" > text.2 || true
    mpstress report --campaign 2 --format junit --db "$db" > junit.2 || true
    mpstress report --campaign 2 --format markdown --db "$db" > markdown.2 || true
    for round in 1 2 3; do
        mpstress show round $round --db "$db" > text.show$round
    done
    total=3
    for file in text.* junit.* markdown.*; do
        commands "${file%.*}" "$file" > typed
        # The text shows the first failure and the newest, the others one of each cell.
        [[ "$file" == text.* || "$file" != *.1 ]] || [ "$(wc -l < typed)" -eq 2 ]
        [[ "$file" == text.* || "$file" == *.1 ]] || [ "$(wc -l < typed)" -eq 1 ]
        [ -s typed ]
        total=$((total + $(wc -l < typed)))
        while read -r command; do
            echo "$file: $command"
            run bash -c "$command"
            echo "$output"
            [ "$status" -eq 1 ]
        done < typed
    done
    [ "$(query "SELECT count(*) FROM round" "$db")" -eq 3 ]
    mpstress merge "$db" replay.db
    [ "$(query "SELECT count(*) FROM round" "$db")" -eq "$total" ]
    for round in 1 2 3; do
        as_before "$round"
    done
}

@test "an interrupted campaign resumes with the same library, and with no other" {
    fixes
    wrapper 'while [ -e block ]; do sleep 0.05; done'
    touch block
    "$program" run noop --device null --arm fix --fix fix.so --rounds 2 --timeout 10m --db rounds.db > out 2> err &
    campaign_pid=$!
    has_begun() { [ "$(query "SELECT count(*) FROM running")" = 1 ]; }
    wait_until "the first round has begun" has_begun
    kill -KILL "$campaign_pid"
    wait "$campaign_pid" || true
    campaign_pid=
    rm block
    cp fix.so kept.so
    cp "$other" fix.so
    run --separate-stderr "$program" run --resume --db rounds.db
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"$PWD/fix.so is no longer the library the campaign started with"* ]]
    cp kept.so fix.so
    run -0 --separate-stderr "$program" run --resume --db rounds.db
    [ "$(query "SELECT group_concat(outcome) FROM (SELECT outcome FROM round ORDER BY seq)")" = lost,pass ] ||
        [ "$(query "SELECT group_concat(outcome) FROM (SELECT outcome FROM round ORDER BY seq)")" = lost,pass,pass ]
}

@test "compare holds a library against no library" {
    fixes
    run --separate-stderr "$program" compare none fix noop --fix fix.so --device null --rounds 3 --all-rounds --db rounds.db
    [ "$status" -eq 5 ] # no power: none never failed
    [[ "$output" == *"none (A, the control) with fix="*"(B)"* ]]
    [ "$(query "SELECT count(*), min(outcome), max(outcome) FROM round")" = "6|pass|pass" ]
    [ "$(query "SELECT count(*) FROM round JOIN module_set_member USING (module_set_id) WHERE role = 'fix'")" = 3 ]
}
