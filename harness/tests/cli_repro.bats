#!/usr/bin/env bats
# mpstress repro: the search, the fresh rounds, and what they lend to other figures.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

lucky=null:fault=segv_null,p=0.3

@test "repro finds a failure and measures it on fresh rounds beside the plain loop" {
    run -1 --separate-stderr "$program" repro noop --device $lucky --rounds 40 --fresh 8 --seed 5 --json --db rounds.db
    printf '%s' "$output" > out.json
    of() { sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '\$.$1')"; }
    [ "$(of verdict)" = failures ]
    [ "$(of search.ways[0].perturb)" = none ]
    [ "$(of fresh.ways[0].rounds)" = 8 ]
    [ "$(query "SELECT count(*) FROM campaign JOIN plan ON plan.id = plan_id WHERE kind IN ('repro search', 'repro fresh')")" = 2 ]
    # no round of the search has the seed of a fresh one
    [ "$(query "SELECT count(*) FROM round AS a JOIN round AS b ON a.seed = b.seed AND a.campaign_id < b.campaign_id")" = 0 ]
    # what the document says is what the rows say
    [ "$(of fresh.ways[0].wanted)" = "$(query "SELECT count(*) FROM round JOIN cell ON cell.id = cell_id
        WHERE campaign_id = 2 AND outcome = 'crash' AND params NOT LIKE '%perturb%'")" ]
    # and they are in no rate
    [ "$(query "SELECT count(*) FROM cell_rate")" = 0 ]
}

@test "the printed command repeats a round that failed" {
    "$program" repro noop --device $lucky --rounds 30 --fresh 5 --seed 5 --json --db rounds.db > out.json 2> /dev/null || [ $? = 1 ]
    line=$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '\$.repeat')")
    PATH="$MP_BIN:$PATH" run bash -c "$line"
    [[ "$output" == *"20 of 20 rounds under this signature"* ]]
}

@test "nothing found is inconclusive, and another signature is nothing" {
    run -3 "$program" repro noop --device null --rounds 15 --quiet --db rounds.db
    [[ "$output" == *"NOT FOUND"* ]]
    rounds=$(query "SELECT count(*) FROM round JOIN cell ON cell.id = cell_id WHERE params NOT LIKE '%perturb%'")
    [[ "$(tr -s '\n ' ' ' <<< "$output")" == *"the plain loop fails so in ≤ "*" by its own $rounds alone"* ]]
    run -3 "$program" repro noop --device $lucky --rounds 30 --signature 'SIGBUS' --quiet --db rounds.db
    [[ "$output" == *"NOT FOUND"*SIGBUS* ]]
}

@test "repro works without capture, with several jobs, and with rounds that hang" {
    run -1 "$program" repro noop --device $lucky --capture off --jobs 3 --rounds 30 --fresh 4 --seed 5 --quiet --db rounds.db
    [[ "$output" == *FOUND* ]]
    run -1 "$program" repro noop --device null:fault=hang,p=0.7 --timeout 300ms --rounds 14 --fresh 2 --seed 5 --jobs 3 --quiet --db hang.db
    [ "$(query "SELECT count(*) > 0 FROM round WHERE outcome = 'hang'" hang.db)" = 1 ]
}

@test "requests that cannot be meant are refused" {
    refused "leave out" perturb -- repro noop:perturb=load --device null
    refused "several cells" -- repro 'mm:threads=2|4' --device null
    refused "--capture on" -- repro noop --device null --signature x --capture off
    refused "name one scenario" "run --until failure -- COMMAND" -- repro --device null
    refused "exec cannot be perturbed" -- repro exec:exec=true
}

@test "a hunt under a library: each printed command names it, and runs" {
    [ "$(uname -s)" = Linux ] || skip "the library of this test preloads as Linux does"
    cp "$MP_BIN/../tests/fix_right.so" fix.so
    refused "name its file with --fix FILE" -- repro noop --arm fix --device null
    run -1 "$program" repro noop:threads=1,iters=2 --arm fix --fix fix.so --device null:fault=segv_null --rounds 7 --fresh 2 \
        --minimize --quiet --jobs 2 --db rounds.db
    [ "$(query "SELECT count(*) > 0, min(outcome), max(outcome) FROM round")" = "1|crash|crash" ]
    printf '%s\n' "$output" > report
    PATH="$MP_BIN:$PATH"
    for label in repeat run; do
        line=$(sed -n "s/^$label  *//p" report) # whole, on one line
        [[ "$line" == *"--arm fix --fix $PWD/fix.so"* ]]
        run -1 bash -c "${line/--rounds 20/} --rounds 1 --db again.db"
    done
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('rounds.db.minimized.json'), '\$.minimized.fix')")" = "$PWD/fix.so" ]
}

@test "in real rounds a planted bug ends at its minimum, and another bug beside it is not followed" {
    [ "$(uname -s)" = Linux ] || skip "the library of this test preloads as Linux does"
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' || skip "a sanitizer has to be loaded before the library of this test"
    run -0 "$MP_SOURCE/scripts/calibrate.d/planted" --only per_mille_950 1
    [[ "$output" == *": 0 ("* || "$output" == *": 1 ("* ]]
}

@test "an interrupted hunt is resumed, its rounds counted once" {
    "$program" repro noop --device null:fault=segv_null,p=0.02 --rounds 300 --fresh 5 --seed 9 --quiet --db rounds.db > first 2>&1 &
    campaign_pid=$!
    wait_until "some rounds are recorded" has_rounds
    kill -INT $campaign_pid
    wait $campaign_pid || true
    campaign_pid=
    grep -q 'FOUND, INTERRUPTED' first
    before=$(query "SELECT count(*) FROM round")
    [ "$before" -lt 300 ]
    run "$program" repro --resume --quiet --db rounds.db
    [ "$status" -eq 1 ] || [ "$status" -eq 3 ]
    [[ "$output" == *FOUND* && "$output" != *INTERRUPTED* ]]
    [ "$(query "SELECT count(*) = max(seq) AND count(DISTINCT ifnull(position, seq)) = count(*) FROM round WHERE campaign_id = 1")" = 1 ]
    [ "$(query "SELECT count(*) FROM (SELECT cell_id, seed FROM round GROUP BY 1, 2 HAVING count(*) > 1)")" = 0 ]
    [ "$(query "SELECT count(*) FROM campaign WHERE state = 'complete'")" -ge 1 ]
    run -0 "$program" doctor --db rounds.db
}

has_rounds() {
    [ "$(query "SELECT count(*) > 20 FROM round")" = 1 ]
}

# certificate PATH: from the certificate of the minimized case.
certificate() {
    sqlite3 :memory: "SELECT json_extract(readfile('${2:-rounds.db.minimized.json}'), '\$.minimized.$1')"
}

@test "--minimize makes a case small, with a certificate whose rounds are in the database" {
    "$program" repro 'noop:threads=3,iters=4' --device null:fault=segv_null --rounds 7 --fresh 2 --seed 3 --minimize \
        --quiet --jobs 2 --db rounds.db > report || [ $? = 1 ]
    tr -s '\n ' ' ' < report | grep -q 'no single step further keeps the failure'
    [ "$(certificate format)" = mpstress-certificate/1 ]
    [ "$(certificate least.threads)$(certificate least.iters)$(certificate is_valid)" = 111 ]
    [ "$(certificate least.perturb)" = "" ]
    [ "$(certificate rounds)" = "$(query "SELECT count(*) FROM round JOIN campaign ON campaign.id = campaign_id
        JOIN plan ON plan.id = plan_id WHERE kind = 'repro minimize'")" ]
    # every question has seeds of its own
    [ "$(query "SELECT count(*) FROM (SELECT seed FROM round GROUP BY seed HAVING count(*) > 1)")" = 0 ]
    [ "$(query "SELECT count(*) FROM cell_rate")" = 0 ]
    # the printed command runs the case
    line=$(sed -n '/^run /,$p' report | sed 's/^run  *//' | tr -s '\n ' ' ')
    PATH="$MP_BIN:$PATH" run -1 bash -c "$line --rounds 1 --db again.db"
}

@test "an interrupted --minimize is resumed with what it has recorded" {
    "$program" repro 'noop:threads=3,iters=9' --device null:fault=segv_null,p=0.5 --rounds 12 --fresh 2 --seed 3 --minimize \
        --quiet --db rounds.db > report 2>&1 &
    campaign_pid=$!
    wait_until "the second step has begun" has_steps
    kill -TERM $campaign_pid
    wait $campaign_pid || true
    campaign_pid=
    # what did not run is not called invalid
    [ ! -e rounds.db.minimized.json ] || [ "$(certificate validation.rounds)" != 0 ]
    run ! grep -q 'NOT valid' report
    steps=$(query "SELECT count(*) FROM campaign JOIN plan ON plan.id = plan_id WHERE kind = 'repro minimize' AND state = 'complete'")
    "$program" repro --resume --quiet --db rounds.db > report || [ $? = 1 ]
    tr -s '\n ' ' ' < report | grep -q 'no single step further keeps the failure'
    [ "$(certificate least.threads)$(certificate least.iters)$(certificate is_valid)" = 111 ]
    # what was answered before was not asked again
    [ "$steps" -ge 1 ]
    [ "$(query "SELECT count(*) FROM campaign JOIN plan ON plan.id = plan_id WHERE kind = 'repro minimize' AND state = 'complete'")" = \
        "$(($(certificate 'steps[#-1].number') + 1))" ]
    [ "$(query "SELECT count(*) FROM (SELECT seed FROM round GROUP BY seed HAVING count(*) > 1)")" = 0 ]
}

has_steps() {
    [ "$(query "SELECT count(*) >= 2 FROM campaign JOIN plan ON plan.id = plan_id WHERE kind = 'repro minimize'")" = 1 ]
}

@test "--bundle packs the crash that was found, whatever cannot be packed is said, and a bad folder before the hunt" {
    run -1 --separate-stderr "$program" repro noop --device null:fault=segv_null --rounds 4 --fresh 2 --bundle made --json \
        --quiet --db rounds.db
    printf '%s' "$output" > out.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '\$.package.archive')")" = made/mpstress-signature-1.tar ]
    # it is the archive that package makes
    run -0 "$program" package signature 1 again --db rounds.db
    cmp made/*.tar again/*.tar
    run -1 "$program" repro mm:n=4,threads=1 --device null:fault=wrong --rounds 4 --fresh 2 --bundle wrong --quiet --db wrong.db
    [[ "$(tr -s '\n ' ' ' <<< "$output")" == *"package none: signature 1 in wrong.db is of failures that left no stack"* ]]
    [ ! -e wrong ]
    run -3 "$program" repro noop --device null --rounds 3 --bundle none --quiet --db none.db
    [ ! -e none ]
    # before anything runs
    refused "exists and is not empty" -- repro noop --device null --bundle made --db new.db
    refused "--bundle need --capture on" -- repro noop --device null --bundle new --capture off --db new.db
    run -2 "$program" repro noop --device null --bundle none/made --db new.db
    [[ "$output" == *"cannot make the folder none/made"* ]]
    [ ! -e new.db ]
    # what was found is told and recorded, even if the archive cannot be written at the end
    "$program" repro noop --device null:fault=segv_null --rounds 8 --fresh 30 --bundle full --json --quiet \
        --db full.db > out.json 2> err &
    campaign_pid=$!
    wait_until "the hunt has begun" has_begun
    mkdir full
    echo kept > full/notes
    code=0
    wait $campaign_pid || code=$?
    campaign_pid=
    [ "$code" = 6 ]
    grep -q "the folder full exists and is not empty" err
    [ "$(ls full)" = notes ]
    [ "$(sqlite3 :memory: "SELECT json_extract(j, '\$.verdict') || json_extract(j, '\$.exit_code') || (json_extract(j, '\$.package') IS NULL)
        FROM (SELECT readfile('out.json') AS j)")" = failures61 ]
}

has_begun() {
    [ "$(query "SELECT count(*) > 0 FROM round" full.db)" = 1 ]
}
