# What other programs read: JSON of every command, JUnit XML, Markdown, CSV.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

value() {
    sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$1')"
}

# The arguments that make each command say something; a new command with --json needs a row.
arguments() {
    case $1 in
    run) echo "noop --device null --rounds 2 --db new.db" ;;
    compare) echo "none serial noop:threads=2 --device null --rounds 2 --db new.db" ;;
    repro) echo "noop --device null:fault=segv_null --rounds 4 --fresh 2 --db repro.db" ;;
    plan) echo "rate<1%@95% --db rounds.db" ;;
    report | doctor) echo "--db rounds.db" ;;
    show) echo "round 1 --db rounds.db" ;;
    package) echo "crash 1 packed --db crashes.db" ;;
    known) echo "list --all --db crashes.db" ;;
    import) echo "$MP_SOURCE/harness/tests/reports/abort.ips --db rounds.db" ;;
    merge) echo "all.db rounds.db" ;;
    list | version) echo "" ;;
    *) return 1 ;;
    esac
}

@test "--json of every command is one document with schema, command, verdict and exit code" {
    "$program" run noop --device null --rounds 2 --db rounds.db --quiet > first
    "$program" run noop --device null:fault=segv_null --rounds 1 --db crashes.db --quiet > second || [ $? = 1 ]
    for command in $("$program" list --names commands); do
        "$program" "$command" --help | grep -q -- --json || { [ "$command" = help ] && continue; echo "$command has no --json"; false; }
        arguments "$command" > arguments || { echo "no arguments for $command"; false; }
        quiet=$("$program" "$command" --help | grep -o -- --quiet || true)
        # shellcheck disable=SC2046 # words
        run --separate-stderr "$program" "$command" $(cat arguments) --json $quiet
        echo "$command: status $status, stderr '$stderr', stdout '${output:0:300}'"
        printf '%s' "$output" > out.json
        [ "$(wc -l < out.json)" -eq 0 ]
        [ "$stderr" = "" ]
        [ "$(value "$.schema")" = 1 ]
        [ "$(value "$.command")" = "$command" ]
        [ -n "$(value "$.verdict")" ]
        [ "$(value "$.exit_code")" = "$status" ]
    done
}

@test "an error is on stderr, and with --json a document on stdout too" {
    for command in report "show round 1" doctor; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr "$program" $command --json --quiet --db nothing.db
        [ "$status" -ne 0 ]
        [ -n "$stderr" ]
        printf '%s' "$output" > out.json
        [ "$(value "$.exit_code")" = "$status" ]
        [[ "$(value "$.error.what")" == *nothing.db* ]]
        # shellcheck disable=SC2086 # words
        run --separate-stderr "$program" $command --db nothing.db
        [ "$output" = "" ]
    done
}

@test "a report as JUnit XML, Markdown and CSV, with the exit code of the report" {
    "$program" run noop:threads=2 --device null:fault=abort --rounds 3 --db rounds.db --quiet > first || true
    run -1 --separate-stderr "$program" report --db rounds.db --format junit
    [ "$stderr" = "" ]
    [ "${lines[0]}" = '<?xml version="1.0" encoding="UTF-8"?>' ]
    [[ "$output" == *'<failure type="failures" message="3 of 3 rounds failed (3 abort)'* ]]
    run -1 "$program" report --db rounds.db --format markdown
    [ "${lines[0]}" = "### mpstress: failures" ]
    [[ "$output" == *"| none |  | 3 | 3 | 0 | 100 %"* ]]
    run -1 "$program" report --db rounds.db --format csv --campaign 1
    [ "${#lines[@]}" -eq 4 ]
    [[ "${lines[1]}" == *",abort,"* ]]
    refused "csv" "markdown" -- report --db rounds.db --format xml
}

@test "nights are shown as text or JSON only" {
    "$program" run noop --device null --rounds 2 --db rounds.db --quiet > first
    for format in junit markdown csv; do
        refused "--nights" "$format" -- report --db rounds.db --nights --format $format
    done
}

@test "a small stack is enough for the supervisor, whatever it does" {
    for stack in 256 512; do
        run -0 bash -c "ulimit -s $stack; '$program' run noop:threads=1 --device null --rounds 1 --db small.db --quiet"
    done
    small() {
        run bash -c 'ulimit -s "$0"; "$@"' "${stack:-256}" "$program" "$@"
        [ "$status" -lt 128 ] || { echo "$*: $status"; return 1; }
    }
    for stack in 112 160 256 256; do # reading debug information takes more
        small run noop:threads=2 --device null:fault=abort --rounds 1 --db small.db
    done
    unset stack
    [ "$(query "SELECT count(*) FROM crash_thread WHERE faulting" small.db)" = 4 ]
    small import --db small.db "$MP_SOURCE"/harness/tests/crash_cases/*
    [ "$(query "SELECT count(*) > 60 FROM os_report" small.db)" = 1 ]
    small show round 2 --db small.db
    small show crash 1 --db small.db --json
    small show report 1 --db small.db
    small show signature 1 --db small.db
    small list reports --db small.db
    small report --db small.db
    small report --db small.db --json
    small doctor
}

@test "a program with a small stack ends when it is told to" {
    bash -c 'ulimit -s 256; exec "$@"' - "$program" run noop --device null --rounds 1000000 --db small.db --quiet &
    campaign_pid=$!
    wait_until "rounds were recorded" sh -c 'sqlite3 small.db "SELECT 1 FROM round LIMIT 1" | grep -q 1'
    kill -INT "$campaign_pid"
    status=0
    wait "$campaign_pid" || status=$?
    campaign_pid=
    [ "$status" = 130 ]
}

@test "real defects are captured with a small stack" {
    run bash -c "ulimit -s 512; '$program' run destroy_impl --device metal@model:defects=destroy_race,reader=U --rounds 1 --db small.db --quiet"
    [ "$status" -lt 128 ]
}

@test "processors that the process may not use are not counted, and rounds run one at a time unless asked" {
    command -v taskset || skip "no taskset here"
    run taskset -c 0 "$program" doctor
    [[ "$output" =~ cores\ +1,\ of\ [0-9]+ || "$(getconf _NPROCESSORS_ONLN)" = 1 ]]
    for processors in 0 "0-$(($(getconf _NPROCESSORS_ONLN) - 1))"; do
        rm -f rounds.db
        taskset -c "$processors" "$program" run noop:threads=1 --device null --rounds 6 --db rounds.db --quiet > out
        [ "$(query "SELECT count(*) FROM round AS a JOIN round AS b ON a.id < b.id
            AND julianday(b.started_at) < julianday(a.started_at) + a.wall_ns / 86400e9 - 1e-8")" = 0 ]
    done
}

@test "a database in memory is refused, for nothing of it would stay" {
    run -6 --separate-stderr "$program" run noop:threads=1 --device null --rounds 1 --db :memory: --quiet
    [[ "$stderr" == *":memory:"* ]]
    [ ! -e ./:memory: ]
}

@test "a NUL on the stderr of a round ends neither what is kept of it nor the search for its last words" {
    export MPSTRESS_LOCK="$PWD/gpu.lock"
    run -1 "$program" run --rounds 1 --db rounds.db --quiet -- \
        sh -c 'printf "one\000two\n-[X y]: failed assertion \`three'"'"'\nfour\n" >&2; kill -ABRT $$'
    [ "$(query "SELECT stderr FROM round_text" | head -1)" = 'one\x00two' ]
    query "SELECT stderr FROM round_text" | grep -qx four
    [[ "$(query "SELECT title FROM signature")" == "SIGABRT: -[X y]: failed assertion \`three'" ]]
}
