# mpstress import: what it says about each file, what it records, and that it records it once.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

import() {
    "$program" import --db rounds.db "$@"
}

@test "each file is classified and counted" {
    cp "$MP_SOURCE"/harness/tests/reports/* .
    echo "no report" > other.txt
    run -2 import null_offset.ips translated.txt abort.ips gpu_event.ips panic.ips simulated.ips other.txt
    [[ "${lines[0]}" == "null_offset.ips: new crash: SIGSEGV at NULL+0x5c8 in "* ]]
    [ "${lines[1]}" = "translated.txt: already known as report 1" ]
    [[ "${lines[2]}" == "abort.ips: new crash: SIGABRT"* ]]
    [[ "${lines[3]}" == "gpu_event.ips: not a process crash, recorded separately: "*lockup ]]
    [ "${lines[4]}" = "panic.ips: not a process crash: kernel panic (bug type 210)" ]
    [[ "${lines[5]}" == "simulated.ips: not a process crash: simulated"* ]]
    [[ "${lines[6]}" == "other.txt: unreadable: "* ]]
    [ "${lines[7]}" = "7 files: 2 new crashes, 1 GPU event, 1 already known, 2 not process crashes, 1 unreadable" ]
    [ "$(query "SELECT group_concat(kind) FROM (SELECT kind FROM os_report ORDER BY id)")" = crash,crash,gpu_event ]
}

@test "the same report under another name, in another form, or a copy without an incident is one" {
    reports="$MP_SOURCE/harness/tests/reports"
    import "$reports/legacy.crash" "$reports/null_offset.ips"
    cp "$reports/null_offset.ips" again.ips
    run -0 import again.ips "$reports/legacy_header.ips" "$reports/translated.txt"
    [[ "$output" == *"again.ips: already known as report 2"* ]]
    [[ "$output" == *"legacy_header.ips: already known as report 1"* ]]
    sed 's/5EEDC0DE-0001/nonsense/g' "$reports/null_offset.ips" > nameless.ips
    sed 's/"pid" *: *4242/"pid":4243/' nameless.ips > other.ips
    cp other.ips other_too.ips
    run -0 import nameless.ips other.ips other_too.ips
    [[ "$output" == *"nameless.ips: already known as report 2"* ]] # one process dies once
    [[ "$output" == *"other_too.ips: already known as report 3"* ]]
    [ "$(query "SELECT count(*) FROM os_report")" = 3 ]
}

@test "the bytes of the file are kept, once, and a report from before gets its file when it comes again" {
    reports="$MP_SOURCE/harness/tests/reports"
    import "$reports/null_offset.ips" "$reports/abort.ips"
    [ "$(query "SELECT count(*) FROM os_report_file JOIN file_content AS f ON f.id = file_content_id JOIN os_report AS r
        ON r.id = os_report_id WHERE f.sha256 = r.sha256")" = 2 ]
    query "SELECT writefile('out.ips', bytes) FROM file_content WHERE id = 1"
    cmp out.ips "$reports/null_offset.ips"
    sqlite3 rounds.db "DELETE FROM os_report_file WHERE os_report_id = 1; DELETE FROM file_content WHERE id = 1"
    import "$reports/null_offset.ips" "$reports/abort.ips"
    [ "$(query "SELECT count(*) FROM os_report_file")" = 2 ]
    [ "$(query "SELECT count(*) FROM file_content")" = 2 ]
    "$program" merge all.db rounds.db rounds.db
    [ "$(query "SELECT group_concat(os_report_id || ':' || length(bytes)) FROM os_report_file JOIN file_content
        ON id = file_content_id" all.db)" = "$(query "SELECT group_concat(os_report_id || ':' || length(bytes))
        FROM os_report_file JOIN file_content ON id = file_content_id")" ]
}

@test "a report has the signature and the stacks of its crash, with every bit of a register" {
    import "$MP_SOURCE"/harness/tests/reports/null_offset*.ips
    [ "$(query "SELECT count(*), count(DISTINCT signature_id) FROM os_report")" = "2|1" ]
    [ "$(query "SELECT fault_address, access, fault_class FROM os_report WHERE id = 1")" = "0x5c8|read|null" ]
    [ "$(query "SELECT json_extract(registers, '\$.x1') FROM os_report WHERE id = 1")" = 0xffffffffffffffff ]
    [ "$(query "SELECT symbol, offset FROM os_report_frame WHERE os_report_id = 1 AND faulting AND depth = 0")" = \
        "-[AGXG16XFamilyComputeContext setComputePipelineState:]|32" ]
    run -0 "$program" show signature 1 --db rounds.db
    [[ "$output" == *"2 imported reports, in no rate"* && "$output" != *"Cells in which"* ]]
}

# retold FILE PID SECONDS: the fixture as the system would have written it about a round of now.
retold() {
    sed -e "s/\"pid\" : 4242/\"pid\" : $2/" \
        -e "s/\"procLaunch\" : \"[^\"]*\"/\"procLaunch\" : \"$3 +0000\"/" -e "s/5EEDC0DE-0001/5EEDC0DE-$4/g" \
        "$MP_SOURCE/harness/tests/reports/null_offset.ips" > "$1"
}

@test "a report is linked to the round with its pid, start and process, and to no other" {
    "$program" run noop:threads=1 --device null:fault=abort --rounds 2 --db rounds.db --quiet > out || true
    pid=$(query "SELECT pid FROM round WHERE id = 2")
    started=$(query "SELECT strftime('%Y-%m-%d %H:%M:%f', started_at) FROM round WHERE id = 2")
    [ "$pid" -gt 0 ]
    retold mine.ips "$pid" "$started" 1001
    retold stranger.ips $((pid + 100000)) "$started" 1002
    retold earlier.ips "$pid" "2020-01-01 00:00:00.000" 1003
    retold namesake.ips "$pid" "$started" 1004
    sed -i.old 's/mpstress-round/something-else/g' namesake.ips
    run -0 import mine.ips stranger.ips earlier.ips namesake.ips
    [[ "${lines[0]}" == *", of round 2" ]]
    [ "$(query "SELECT group_concat(ifnull(round_id, 'none')) FROM (SELECT * FROM os_report ORDER BY id)")" = \
        2,none,none,none ]
}

@test "a report that came before its round was recorded is linked when it comes again" {
    import "$MP_SOURCE/harness/tests/reports/null_offset.ips"
    "$program" run noop:threads=1 --device null --rounds 1 --db rounds.db --quiet > out
    sqlite3 rounds.db "UPDATE round SET pid = 4242, started_at = '2026-03-14T09:20:30.100Z'"
    run -0 import "$MP_SOURCE/harness/tests/reports/null_offset.ips"
    [[ "${lines[0]}" == *"already known as report 1, of round 1" ]]
}

@test "a torn report is kept as far as it can be read, and says so" {
    head -c 3000 "$MP_SOURCE/harness/tests/reports/null_offset.ips" > torn.ips
    run -0 import torn.ips
    [[ "$output" == *"torn.ips: new crash: "*"the file is truncated"* ]]
    [ "$(query "SELECT truncated FROM os_report")" = 1 ]
}

@test "no byte of a report or of its name controls the terminal" {
    printf '{"bug_type":"309"}{"exception":{"signal":"SIGSEGV"},"faultingThread":0,"threads":[{"frames":[{"symbol":"\\u001b[31mred\\u0007"}]}]}' \
        > $'bell\a.ips'
    run -0 import $'bell\a.ips'
    [[ "$output" != *$'\e'* && "$output" != *$'\a'* ]]
    [[ "$output" == *'\x1b[31mred'* ]]
}

@test "--json reports it" {
    import "$MP_SOURCE/harness/tests/reports/abort.ips" > first
    run -2 import --json "$MP_SOURCE"/harness/tests/reports/{abort,null_offset,panic}.ips missing.ips
    printf '%s' "$output" > out.json
    extract() {
        sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$1')"
    }
    [ "$(extract '$.command')" = import ]
    [ "$(extract '$.files[0].result')" = known ]
    [ "$(extract '$.files[1].incident')" = 5EEDC0DE-0001-4A1B-9C2D-3E4F50617283 ]
    [ "$(extract '$.files[2].result')" = no_crash ]
    [[ "$(extract '$.files[3].what')" == *"No such file"* ]]
    [ "$(extract '$.counts.unreadable')" = 1 ]
}

@test "several reports of one file are all recorded, and each is named" {
    run -0 import "$MP_SOURCE/harness/tests/crash_cases/11_two_reports_in_one_file.ips"
    [[ "$output" == *"(1 of 2): new crash"*"(2 of 2): new crash"* ]]
    [ "$(query "SELECT count(*) FROM os_report")" = 2 ]
}

@test "a part of a file that cannot be read is named and is an error" {
    { cat "$MP_SOURCE/harness/tests/reports/abort.ips"; echo '{"bug_type":"309"}'; echo '{"a":[}'; } > two.ips
    run -2 import two.ips
    [[ "$output" == *"(1 of 2): new crash"*"(2 of 2): unreadable"* ]]
    [ "$(query "SELECT count(*) FROM os_report")" = 1 ]
}

@test "text and JSON of one crash are one crash" {
    run -0 import "$MP_SOURCE"/harness/tests/crash_cases/22_same_crash_as_{json.ips,text.crash}
    [[ "$output" == *"new crash"*"already known as report 1"* ]]
}

@test "panics and hangs are named and are no error" {
    run -0 import "$MP_SOURCE"/harness/tests/crash_cases/{20_panic.panic,20_hang.spin,10_user_fault.ips}
    [[ "$output" == *"kernel panic"*"spindump"*"user fault"* ]]
    [ ! -e rounds.db ]
}

@test "bad input leaves no database" {
    refused "needs the files" -- import
    run -2 "$program" import missing.ips
    [ ! -e mpstress.db ]
    run --separate-stderr "$program" import --db no/folder/x.db "$MP_SOURCE/harness/tests/reports/abort.ips"
    [ "$status" -eq 6 ]
    [[ "$stderr" == *no/folder* ]]
}

# Writes the report of round 1, as the system would, once that round stands in the database.
write_report_of_round_1() {
    for _ in $(seq 400); do
        [ -n "$(query "SELECT pid FROM round WHERE id = 1" 2> /dev/null)" ] && break
        sleep 0.05
    done
    retold half.ips "$(query "SELECT pid FROM round WHERE id = 1")" \
        "$(query "SELECT strftime('%Y-%m-%d %H:%M:%f', started_at) FROM round WHERE id = 1")" 2001
    head -c 300 half.ips > reports/mpstress-round-2026-11-21-000000.ips
    mv half.ips reports/mpstress-round-2026-11-21-000000.ips
}

@test "a run takes in the system's report of a round that crashed, when it comes" {
    mkdir reports
    cp "$MP_SOURCE/harness/tests/reports/abort.ips" reports/other-program.ips
    write_report_of_round_1 &
    run -1 --separate-stderr "$program" run noop --device null:fault=abort --rounds 1 \
        --db rounds.db --reports reports
    wait
    [ "$(query "SELECT group_concat(outcome) FROM round")" = abort ]
    [ "$(query "SELECT group_concat(round_id) FROM os_report")" = 1 ]
}

# A folder that cannot be opened for a while, and is then full of what is no report: the right names, now.
fill_reports_late() {
    for _ in $(seq 400); do
        [ -n "$(query "SELECT pid FROM round WHERE id = 1" 2> /dev/null)" ] && break
        sleep 0.05
    done
    rmdir reports
    sleep 1.5 # longer than from one look to the next
    mkdir full
    for i in $(seq 500); do
        echo "not a report $i" > "full/mpstress-round-$i.ips"
    done
    mkdir full/mpstress-round-folder.ips
    ln -s nowhere full/mpstress-round-link.ips
    mkfifo full/mpstress-round-pipe.ips
    mv full reports
    write_report_of_round_1
}

@test "a folder of reports that is away and then full of other things hides no report and stops no run" {
    mkdir reports
    fill_reports_late &
    run -1 --separate-stderr timeout 60 "$program" run noop --device null:fault=abort --rounds 1 \
        --db rounds.db --reports reports
    wait
    [ "$(query "SELECT group_concat(outcome) FROM round")" = abort ]
    [ "$(query "SELECT group_concat(round_id) FROM os_report")" = 1 ]
    [[ "$stderr" != *"no report appeared"* ]]
}

# spoil_reports: once the run waits, the folder of reports is one that nobody can read, root included.
spoil_reports() {
    wait_until "the run waits" grep -q "waiting up to" err
    rmdir reports
    ln -s reports reports
}

@test "a folder of reports that cannot be read is said with the reason, and nothing of the round is lost" {
    mkdir reports
    env --default-signal=INT "$program" run noop --device null:fault=abort --rounds 1 --db rounds.db \
        --reports reports > out 2> err &
    campaign_pid=$!
    spoil_reports
    wait_until "that is said" grep -q "warning: the system's reports in reports cannot be read: .*'mpstress import'" err
    kill -INT "$campaign_pid"
    status=0
    wait "$campaign_pid" || status=$?
    campaign_pid=
    cat err
    [ "$status" -eq 130 ]
    [ "$(grep -c "cannot be read" err)" = 1 ]
    [ "$(query "SELECT group_concat(outcome) FROM round")" = abort ]
}

@test "where the system writes no report, Ctrl-C ends the wait and nothing of the round is lost" {
    mkdir reports
    env --default-signal=INT "$program" run noop --device null:fault=abort --rounds 2 --db rounds.db \
        --reports reports > out 2> err &
    campaign_pid=$!
    wait_until "the run waits" grep -q "waiting up to .* s for the system's reports of 2 of them" err
    kill -INT "$campaign_pid"
    status=0
    wait "$campaign_pid" || status=$?
    campaign_pid=
    cat err
    [ "$status" -eq 130 ]
    grep -q "no report appeared for 2 of them; nothing of the rounds is lost" err
    [ "$(query "SELECT group_concat(outcome) FROM round")" = abort,abort ]
    [ "$(query "SELECT count(*) FROM crash WHERE signature_id IS NOT NULL")" = 2 ]
    # What comes later is taken in by hand, and joins its round.
    write_report_of_round_1
    run -0 "$program" import reports/*.ips --db rounds.db
    [ "$(query "SELECT group_concat(round_id) FROM os_report")" = 1 ]
}

@test "a pass that crashed according to the system is no longer a pass" {
    "$program" run noop:threads=1 --device null --rounds 3 --db rounds.db --quiet > out
    retold mine.ips "$(query "SELECT pid FROM round WHERE id = 2")" \
        "$(query "SELECT strftime('%Y-%m-%d %H:%M:%f', started_at) FROM round WHERE id = 2")" 3001
    run -0 import mine.ips
    [[ "$output" == *"of round 2"* ]]
    [ "$(query "SELECT group_concat(outcome) FROM (SELECT outcome FROM round ORDER BY id)")" = pass,crash,pass ]
    [[ "$(query "SELECT detail FROM round WHERE id = 2")" == "the system reported a crash of its process"*"ran and were correct" ]]
    [ "$(query "SELECT failures, rounds, low > 0 FROM cell_rate")" = "1|3|1" ]
    [ "$(query "SELECT planned, passed, failed FROM balance")" = "3|2|1" ]
    run -0 import mine.ips # once is enough
    [ "$(query "SELECT failures, rounds FROM cell_rate")" = "1|3" ]
}

@test "a reports folder that does not exist is refused before any round" {
    refused "--reports 'nowhere'" off -- run noop --device null --reports nowhere --db rounds.db
    touch file
    refused "--reports 'file'" -- run noop --device null --reports file --db rounds.db
    rm file
}
