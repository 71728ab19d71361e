# mpstress show: real rounds of the null and the model device, and what it refuses.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# document PATH [FILE]: a value of the JSON document.
document() {
    sqlite3 :memory: "SELECT json_extract(readfile('${2:-out.json}'), '$1')"
}

@test "the timeline of a page has both sides of the race first, and no lane for who did nothing" {
    # The main thread opens the device long before its nine threads race.
    "$program" run destroy_impl:threads=9 --device metal@model:defects=destroy_race,reader=U --rounds 1 --seed 1 \
        --db rounds.db --quiet > report.txt || [ $? -eq 1 ]
    "$program" show crash 1 --format html --db rounds.db > page.html
    grep -o 'class="strong" x="0"[^<]*<' page.html | sed 's/.*>\(.*\)</\1/' > lanes
    cat lanes
    [[ "$(sed -n 1p lanes)" == *"stopped here" ]]
    # On a busy machine more than one thread may be met inside the same window: none stands between them.
    others=$(grep -c 'the other side' lanes || true)
    [ "$(sed "1d; $((others + 1))q" lanes | grep -c 'the other side' || true)" = "$others" ]
    lanes=$(wc -l < lanes)
    rest=$(grep -o '[0-9]* other threads* ha[a-z]* no lane' page.html | cut -d' ' -f1)
    threads=$(query "SELECT count(DISTINCT thread) FROM event")
    [ "$((lanes + ${rest:-0}))" -eq "$threads" ]
    # Unless the race was met at once, it has none; it is never before the two sides.
    [ "$(grep -n 'main thread' lanes | grep -c '^[12]:')" = 0 ]
}

@test "a number that is not known is shown in no view as one" {
    "$MP_BIN/../tests/golden_database" rounds.db other.db
    local table
    {
        echo 'PRAGMA ignore_check_constraints = ON;'
        for table in $(query "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"); do
            query "SELECT 'UPDATE OR IGNORE \"$table\" SET \"' || name || '\" = NULL;' FROM pragma_table_info('$table')
                WHERE type = 'INTEGER' AND \"notnull\" = 0 AND pk = 0 AND name NOT LIKE '%\_id' ESCAPE '\'"
        done
    } > unknown.sql
    [ "$(grep -c 'crash_frame.*"line"' unknown.sql)" -eq 1 ]
    sqlite3 -cmd '.dbconfig enable_trigger off' rounds.db < unknown.sql
    # view ARGUMENT...: no view ends as a fault of the harness, or shows how an unknown number is kept in memory.
    view() {
        local code=0
        "$program" "$@" --db rounds.db > view.txt 2>&1 || code=$?
        if [ "$code" -eq 2 ] || [ "$code" -ge 6 ] || grep -m 3 -F -e "$((1 << 63))" view.txt; then
            echo "mpstress $* ended with $code"
            cut -c1-200 view.txt | head -5
            return 1
        fi
    }
    local format number
    for format in text json junit markdown csv html summary badge; do
        for number in 1 5; do
            view report --campaign "$number" --format "$format"
        done
    done
    for format in text json html; do
        view report --nights --format "$format"
        for number in 1 2; do
            view show crash "$number" --format "$format"
            view show round "$number" --format "$format"
            view show signature "$number" --format "$format"
        done
    done
    view show report 1 --format text
    view show report 1 --format json
}

@test "a crash of the model is shown with its stack, the call that never came back and how to repeat it" {
    "$program" run destroy_impl --device metal@model:defects=destroy_race,reader=U --rounds 10 \
        --db rounds.db --quiet > report || true
    grep -q 'mpstress show crash [0-9]* --db rounds.db' report
    round=$(query "SELECT round_id FROM crash WHERE id = 1")
    run -0 "$program" show crash 1 --db rounds.db
    [[ "$output" == *"crash  round $round"* ]]
    [[ "$output" == *"-[AGXG16XFamilyComputeContext "* ]]
    [[ "$output" == *"registers"* ]]
    [[ "$output" == *"libmpmodel"* ]]
    [[ "$output" == *"and never returned"* ]]
    [[ "$output" == *"--round-seed $(query "SELECT seed FROM round WHERE id = $round")"* ]]
    "$program" show "$round" --db rounds.db > short
    "$program" show round "$round" --db rounds.db > long
    diff short long
    run -0 "$program" show signature 1 --db rounds.db
    [[ "$output" == *"count      $(query "SELECT count(*) FROM crash WHERE signature_id = 1") crash"* ]]
}

@test "the events of a failing round are kept, those of a round that passed are not" {
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet > /dev/null
    [ "$(query "SELECT count(*) FROM event")" -eq 0 ]
    "$program" run noop:threads=3 --device null:fault=abort --rounds 1 --db rounds.db --quiet > /dev/null || true
    [ "$(query "SELECT count(*) FROM event WHERE round_id = 2 AND seq = 0")" -eq 4 ]
    [ "$(query "SELECT count(*) FROM event WHERE round_id = 2 AND seq > 0")" -gt 0 ]
    run -0 "$program" show round 2 --db rounds.db
    [[ "$output" == *"Where each thread was at the end"* ]]
}

@test "--json is one document and --trace another" {
    "$program" run noop:threads=3 --device null:fault=segv_null --rounds 1 --db rounds.db --quiet > /dev/null || true
    "$program" show crash 1 --db rounds.db --json > out.json
    [ "$(document '$.command')" = show ]
    [ "$(document '$.round.outcome')" = crash ]
    [ "$(document '$.crashes[0].signal_name')" = SIGSEGV ]
    "$program" show crash 1 --db rounds.db --trace trace.json
    [ "$(document '$.otherData.round' trace.json)" = 1 ]
    [ "$(sqlite3 :memory: "SELECT count(*) > 0 FROM json_each(readfile('trace.json'), '$.traceEvents')
        WHERE value ->> 'ph' = 'i' AND value ->> 'name' LIKE 'SIGSEGV%'")" -eq 1 ]
    "$program" show crash 1 --db rounds.db --trace - | cmp - trace.json
    run --separate-stderr "$program" show crash 1 --db rounds.db --trace missing/trace.json
    [ "$status" -eq 2 ]
    [[ "$stderr" == *missing/trace.json* ]]
}

@test "what cannot be shown is named" {
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet > /dev/null
    refused "no round 7" rounds.db -- show round 7 --db rounds.db
    refused "no crash 1" -- show crash 1 --db rounds.db
    refused "no signature 3" -- show signature 3 --db rounds.db
    refused "'rund'" round -- show rund 1 --db rounds.db
    refused "'x7'" -- show round x7 --db rounds.db
    refused "round N" -- show --db rounds.db
    refused "no recorded events" -- show round 1 --db rounds.db --trace out.json
    refused -- show signature 1 --db rounds.db --trace out.json
    refused "--trace, --json" -- show round 1 --db rounds.db --trace out.json --json
    [ ! -e out.json ]
}

@test "of many crashes the first and the newest keep their detail, and show says where they are" {
    "$program" run noop --device null:fault=segv_null --rounds 12 --keep-first 2 --keep-newest 3 --db rounds.db \
        --quiet > /dev/null || true
    [ "$(query "SELECT group_concat(round_id) FROM (SELECT round_id FROM round_text ORDER BY 1)")" = 1,2,3,10,11,12 ]
    [ "$(query "SELECT keep_first, keep_newest FROM campaign")" = "2|3" ]
    run -0 "$program" show 5 --db rounds.db
    flat=$(tr -s ' \n' ' ' <<< "$output")
    [[ "$flat" == *"retention Its stacks, calls, spec and stderr were not kept: "*"the first 2 and the newest 3 "*"Kept: rounds 1 and 12."* ]]
    [[ "$flat" == *"--round-seed $(query "SELECT seed FROM round WHERE id = 5")"* ]]
    [[ "$flat" != *round.spec* ]]
    "$program" show 5 --json --db rounds.db > out.json
    [ "$(document '$.round.detail_dropped')" = 1 ]
    run -0 "$program" show 12 --db rounds.db
    [[ "$output" != *"Its stacks"* ]]
    run -0 "$program" show signature 1 --db rounds.db
    run -0 "$program" doctor --db rounds.db
    run -1 "$program" report --db rounds.db
}

@test "a suite sets how many keep their detail, an option overrides it" {
    printf 'keep_first = 0\nkeep_newest = 1\nrounds = 4\n[noop]\ndevice = null:fault=segv_null\n' > few.ini
    "$program" run --suite ./few.ini --db rounds.db --quiet > /dev/null || true
    [ "$(query "SELECT group_concat(round_id) FROM round_text")" = 1,4 ]
    "$program" run --suite ./few.ini --keep-newest 2 --db rounds.db --quiet > /dev/null || true
    [ "$(query "SELECT group_concat(keep_first || ' ' || keep_newest) FROM campaign")" = "0 1,0 2" ]
    printf 'keep_newest = 0\n[noop]\n' > none.ini
    run -2 "$program" run --suite ./none.ini --db rounds.db
}

@test "mpstress-round runs the spec of a round standalone" {
    "$program" run noop:iters=3 --device null:fault=segv_null --rounds 1 --db rounds.db --quiet > /dev/null || true
    "$program" show round 1 --db rounds.db --spec > round.spec
    [ "$(cat round.spec)" = "$(query "SELECT spec FROM round_text WHERE round_id = 1")" ]
    run "$MP_BIN/mpstress-round" --spec round.spec
    [ "$status" -eq 139 ]
    refused "cannot be combined" -- show round 1 --db rounds.db --spec --json
}

@test "an imported report is listed and shown with all that its file says" {
    run -0 "$program" import --db reports.db "$MP_SOURCE"/harness/tests/crash_cases/{08_fourth_thread.ips,04_gpu_event.ips,07_stack_guard_far_from_sp.ips}
    run -0 "$program" list reports --db reports.db
    [[ "$output" == *"workbench"*"SIGSEGV at NULL+0x18 in fourth_thread()"* ]]
    run -0 "$program" show report 1 --db reports.db
    for fact in "workbench [5021]" Mac16,5 24G419 "EXC_BAD_ACCESS" "0x0000000000000018" "SIGNAL 6" "thread 3, faulting" "thread 0" "fourth_thread() + 4"; do
        [[ "$output" == *"$fact"* ]] || { echo "no '$fact'"; false; }
    done
    run -0 "$program" show report 2 --db reports.db
    [[ "$output" == *"firmware-detected lockup"* ]]
    run -0 "$program" show report 1 --db reports.db --json
    [[ "$output" == *'"model": "Mac16,5"'* || "$output" == *'"model":"Mac16,5"'* ]]
    run -0 "$program" show signature 1 --db reports.db
    [[ "$output" == *"1 imported report"* ]]
    run -2 "$program" show report 9 --db reports.db
    [[ "$output" == *"list reports"* ]]
}

@test "what a report has and the database does not keep is shown as cut" {
    frames=
    for i in $(seq 100); do frames="$frames{\"symbol\":\"f$i\"},"; done
    printf '{"bug_type":"309"}\n{"exception":{"signal":"SIGSEGV"},"faultingThread":0,"threads":[{"frames":[%s{"symbol":"main"}]}]}\n' "$frames" > deep.ips
    run -0 "$program" import --db reports.db deep.ips
    run -0 "$program" show report 1 --db reports.db
    [[ "$output" == *"64 of 101 frames"* ]]
}
