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
    plan) echo "rate<1%@95% --db rounds.db" ;;
    report | doctor) echo "--db rounds.db" ;;
    show) echo "round 1 --db rounds.db" ;;
    import) echo "$MP_SOURCE/harness/tests/reports/abort.ips --db rounds.db" ;;
    merge) echo "all.db rounds.db" ;;
    list | version) echo "" ;;
    *) return 1 ;;
    esac
}

@test "--json of every command is one document with schema, command, verdict and exit code" {
    "$program" run noop --device null --rounds 2 --db rounds.db --quiet > first
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

@test "an error leaves stdout empty, with --json too" {
    for command in report "show round 1" doctor; do
        # shellcheck disable=SC2086 # words
        run --separate-stderr "$program" $command --json --quiet --db nothing.db
        [ "$status" -ne 0 ]
        [ "$output" = "" ]
        [ -n "$stderr" ]
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

@test "a small stack is enough for the supervisor" {
    for stack in 256 512; do
        run -0 bash -c "ulimit -s $stack; '$program' run noop:threads=1 --device null --rounds 1 --db small.db --quiet"
    done
    run bash -c "ulimit -s 512; '$program' run destroy_impl --device metal@model:defects=destroy_race,reader=U --rounds 1 --db small.db --quiet"
    [ "$status" -lt 128 ]
}

@test "processors that the process may not use are not counted" {
    command -v taskset || skip "no taskset here"
    run taskset -c 0 "$program" doctor
    [[ "$output" =~ cores\ +1,\ of\ [0-9]+ || "$(getconf _NPROCESSORS_ONLN)" = 1 ]]
}

@test "a database named :memory: is a file of that name" {
    run -0 "$program" run noop:threads=1 --device null --rounds 1 --db :memory: --quiet
    [ -s ./:memory: ]
}
