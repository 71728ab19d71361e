# mpstress known: failures that somebody looks after are told from new ones.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

issue=https://example.org/issues/1
key='SIGSEGV/null/mp_null_fault_segv_null|strike|null_encode'

# crashes [OPTION...]: two rounds that crash alike; its exit code is kept in $ended.
crashes() {
    ended=0
    "$program" run noop --device null:fault=segv_null --rounds 2 --db rounds.db --quiet "$@" > report.txt || ended=$?
}

# In one line, however it was wrapped.
flat() {
    tr -s ' \n' ' ' <<< "$output"
}

known() {
    "$program" known "$@" --db rounds.db
}

@test "a known failure is told as such, and --only-new spares it" {
    crashes
    [ "$ended" -eq 1 ]
    run -0 known list --all
    [[ "$output" == "$key"*"not known; signature 1, in 2 rounds here: SIGSEGV at NULL"* ]]
    run -0 known list
    [[ "$output" == "no failure is known"* ]]
    run -0 known add SIGSEGV/null --issue "$issue" --until 2020-01-01
    [ "$output" = "$key: EXPIRED on 2020-01-01 already, so that it counts as new; $issue" ]
    run -0 known add SIGSEGV/null --issue "$issue" --until 2099-12-31
    [ "$output" = "$key: known until 2099-12-31; $issue" ]
    run -0 known list
    [[ "$output" == "$key"*"until 2099-12-31; $issue; signature 1, in 2 rounds here:"* ]]
    run -1 "$program" report --db rounds.db
    [[ "$output" == "KNOWN FAILURES  2 of 2 rounds of the subject failed, all of them in known ways"* ]]
    [[ "$output" == *"known      2 x SIGSEGV at NULL"*"known until 2099-12-31;"* ]]
    run -0 "$program" report --db rounds.db --only-new
    run -0 "$program" report --db rounds.db --only-new --json
    [[ "$output" == *'"verdict":"known_failures","exit_code":0'*'"failures_known":2'* ]]
    crashes --only-new
    [ "$ended" -eq 0 ]
    grep -q '^KNOWN FAILURES' report.txt
    # Another failure is new, whatever is known.
    run -1 "$program" run noop --device null:fault=abort --rounds 1 --db rounds.db --quiet --only-new
    [[ "$output" == FAILURES* ]]
    # Of both, only the new ones count as such.
    printf 'rounds = 2\n[noop]\ndevice = null:fault=segv_null\n[noop:other]\ndevice = null:fault=abort\n' > two.ini
    run -1 "$program" run --suite ./two.ini --db rounds.db --quiet --only-new
    [[ "$output" == "FAILURES  4 of 4 rounds of the subjects failed, 2 of them in known ways"* ]]
}

@test "JUnit marks known failures, and fails for none of them where they are left out" {
    printf 'rounds = 2\n[noop]\ndevice = null:fault=segv_null\n[noop:other]\ndevice = null:fault=abort\n' > two.ini
    run -1 "$program" run --suite ./two.ini --db rounds.db --quiet
    known add SIGSEGV/null --issue "$issue" --until 2099-12-31
    run -1 "$program" report --db rounds.db --format junit
    [[ "$output" == *'<testsuites name="mpstress" tests="2" failures="2"'* ]]
    [[ "$output" == *'<failure type="known_failures" message="2 of 2 rounds failed (2 crash; 2 of them known)'* ]]
    [[ "$output" == *'<failure type="failures" message="2 of 2 rounds failed (2 abort)'* ]]
    # Whose issue it is, and what the newest round said, beside the title.
    [[ "$output" == *"2 rounds: SIGSEGV at NULL"*"known until 2099-12-31, $issue"*"newest: round "*": SIGSEGV "*"; repeat: "* ]]
    run -1 "$program" report --db rounds.db --format junit --only-new
    [[ "$output" == *'<testsuites name="mpstress" tests="2" failures="1"'*' skipped="1"'* ]]
    [[ "$output" == *'<skipped type="known_failures" message="2 of 2 rounds failed (2 crash; 2 of them known)'* ]]
    run -1 "$program" report --db rounds.db --format markdown
    [[ "$(flat)" == *'SIGSEGV at NULL'*'; known until 2099'* ]]
    # All are known: nothing fails, in whatever format it is asked.
    known add SIGABRT/null --issue "$issue" --until 2099-12-31
    for format in html summary badge markdown csv; do
        run -0 "$program" report --db rounds.db --format "$format" --only-new
    done
    run -0 "$program" report --db rounds.db --format junit --only-new
    [[ "$output" == *' failures="0" errors="0" skipped="2"'* ]]
    # A claim counts them all, and so does its report.
    "$program" run noop --device null:fault=segv_null --until 'rate<50%@95%' --rounds 4 --db claim.db --quiet > report.txt || true
    "$program" known add 1 --issue "$issue" --until 2099-12-31 --db claim.db
    run "$program" report --db claim.db --format junit --only-new
    [[ "$output" == *'<testsuites name="mpstress" tests="1" failures="1"'* ]]
}

@test "a known failure that leaves no stack is met, not vanished" {
    "$program" run mm:n=8,iters=2 --device null:fault=wrong --rounds 2 --db rounds.db --quiet > report.txt || [ $? -eq 1 ]
    [ "$(query 'SELECT count(*) FROM crash')" = 0 ]
    known add 1 --issue "$issue" --until 2099-12-31
    run -1 "$program" report --db rounds.db
    [[ "$(flat)" == *"known 2 x "*": known until 2099-12-31; $issue"* ]]
    [[ "$output" != *vanished* ]]
}

@test "an expired entry is said so and counts as new" {
    crashes
    known add 1 --issue "$issue" --until 2020-02-29
    run -1 "$program" report --db rounds.db --only-new
    [[ "$output" == "FAILURES  2 of 2 rounds of the subject failed;"* ]]
    [[ "$output" == *"EXPIRED on 2020-02-29 and counts"* ]]
    run -0 known list
    [[ "$output" == *"EXPIRED on 2020-02-29"* ]]
    # What is removed is new, and it is not removed twice.
    known add 1 --issue "$issue" --until 2099-12-31
    known remove 1
    run -1 "$program" report --db rounds.db --only-new
    [[ "$output" == FAILURES* && "$output" != *known* ]]
    run -2 known remove 1
    [[ "$output" == *"is not known in rounds.db"* ]]
}

@test "a known failure that vanished is told, unless nothing was shown" {
    local cell='null:fault=segv_null,p=0.5'
    # The seeds choose: with the first each round crashes, with the second none does.
    "$program" run noop --device "$cell" --rounds 1 --seed 2 --db rounds.db --quiet > /dev/null || true
    for seed in 1 2 3 4 5 6 7 8 9; do
        code=0
        "$program" run noop --device "$cell" --rounds 1 --seed "$seed" --db rounds.db --quiet > report.txt || code=$?
        [ "$(query 'SELECT count(*) FROM signature')" -gt 0 ] || continue
        known add 1 --issue "$issue" --until 2099-12-31
        [ "$code" -ne 0 ] || break
    done
    [ "$code" -eq 0 ]
    run -0 "$program" report --db rounds.db
    flat | grep -q "known SIGSEGV at NULL.* vanished: earlier runs of these cells had it, this one did not; $issue"
    # A control that stayed silent: its zeros mean nothing.
    run -5 "$program" run "noop:role=positive_control,iters=2" noop --device "$cell,at=9" --device "$cell" --rounds 1 --seed "$seed" --db rounds.db --quiet
    flat | grep -q "SIGSEGV at NULL.* did not occur, but a control that must fail did neither: that says nothing"
}

@test "nights tell known kinds, expired ones and those that vanished" {
    crashes --night
    sqlite3 rounds.db "UPDATE campaign SET night = '2026-11-19'"
    run -1 "$program" report --nights --db rounds.db
    known add 1 --issue "$issue" --until 2026-11-20
    run -1 "$program" report --nights --db rounds.db
    [[ "$output" == "KNOWN FAILURES  the newest night, 2026-11-19: 2 of 2 rounds failed, all of them in known ways"* ]]
    run -0 "$program" report --nights --db rounds.db --only-new
    [[ "$output" == *"known      2 x SIGSEGV at NULL"*"known until 2026-11-20"* ]]
    # A night later the day is over.
    crashes --night
    sqlite3 rounds.db "UPDATE campaign SET night = '2026-11-21' WHERE id = 2"
    run -1 "$program" report --nights --db rounds.db --only-new
    [[ "$output" == FAILURES* ]]
    flat | grep -q "known 2 x SIGSEGV at NULL.* EXPIRED on 2026-11-20 and counts as new"
    # And then it is gone.
    "$program" run noop --device null --rounds 2 --db rounds.db --quiet --night > /dev/null
    sqlite3 rounds.db "UPDATE campaign SET night = '2026-11-22' WHERE id = 3"
    run -0 "$program" report --nights --db rounds.db
    flat | grep -q "known vanished: SIGSEGV at NULL.* last on 2026-11-21; absent by chance with"
    run -0 --separate-stderr "$program" report --nights --db rounds.db --json
    [[ "$output" == *'"issue":"'*'"known_until":"2026-11-20","expired":true'* ]]
}

@test "merging keeps the later word, in any order" {
    crashes
    cp rounds.db other.db
    known add 1 --issue "$issue" --until 2099-01-01
    sqlite3 rounds.db "UPDATE known_failure SET changed_at = '2026-01-01T00:00:00.000Z'"
    "$program" known add 1 --issue https://example.org/issues/2 --until 2099-02-02 --db other.db
    "$program" known remove 1 --db other.db
    for order in 'rounds.db other.db' 'other.db rounds.db'; do
        rm -f all.db
        # shellcheck disable=SC2086 # two files
        "$program" merge all.db $order
        "$program" merge all.db rounds.db
        [ "$(query 'SELECT issue, until, is_removed FROM known_failure' all.db)" = 'https://example.org/issues/2|2099-02-02|1' ]
    done
    run -1 "$program" report --db all.db --only-new
}

@test "what known refuses, it refuses by name, and makes no database" {
    refused 'known list' -- known
    refused "'forget'" add -- known forget 1
    refused 'no database' -- known add 1 --issue "$issue" --until 2099-01-01 --db none.db
    [ ! -e none.db ]
    crashes
    refused 'one signature' -- known add --db rounds.db
    refused --issue --until -- known add 1 --db rounds.db
    refused "'soon'" -- known add 1 --issue "$issue" --until soon --db rounds.db
    refused "'2026-02-29'" -- known add 1 --issue "$issue" --until 2026-02-29 --db rounds.db
    refused "'see there'" -- known add 1 --issue 'see there' --until 2099-01-01 --db rounds.db
    refused "signature '7'" -- known add 7 --issue "$issue" --until 2099-01-01 --db rounds.db
    refused --issue add -- known list --issue "$issue" --db rounds.db
    # A whole key need not have been seen here.
    run -0 known add 'SIGBUS/wild/f|g|h' --issue "$issue" --until 2099-01-01
    run -0 known list
    [[ "$output" == *"; not seen here"* ]]
}
