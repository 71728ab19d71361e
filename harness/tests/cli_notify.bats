# run --notify: a command is told of a change of the verdict, and only of that.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# noop FAULT [OPTION...]: a run of one cell that fails or not by its seed.
turn() {
    "$program" run noop --device null:fault=segv_null,p=0.5 --rounds 1 --db rounds.db --quiet "$@" > /dev/null
}

# Sets $passes and $fails: seeds with which the cell does.
find_seeds() {
    passes='' fails=''
    for seed in 1 2 3 4 5 6 7 8 9 10 11 12; do
        if "$program" run noop --device null:fault=segv_null,p=0.5 --rounds 1 --db seeds.db --quiet --seed "$seed" > /dev/null; then
            passes=$seed
        else
            fails=$seed
        fi
        [ -z "$passes" ] || [ -z "$fails" ] || return 0
    done
    return 1
}

said() {
    sqlite3 :memory: "SELECT json_extract(readfile('said.json'), '$.$1')"
}

@test "a change of the verdict is told with both verdicts, and no change is not" {
    find_seeds
    tell='cat > said.json'
    turn --seed "$passes" --notify "$tell" # the first one, and it is well
    [ ! -e said.json ]
    run -1 turn --seed "$fails" --notify "$tell"
    [ "$(said verdict)" = failures ]
    [ "$(said exit_code)" = 1 ]
    [ "$(said before.verdict)" = clean_no_control ]
    [ "$(said now.campaign)" = 2 ]
    [ "$(said before.campaign)" = 1 ]
    [[ "$(said reason)" == "1 of 1 rounds of the subject failed"* ]]
    [ "$(said show)" = 'mpstress report --campaign 2 --db rounds.db' ]
    rm said.json
    run -1 turn --seed "$fails" --notify "$tell"
    [ ! -e said.json ]
    # Other cells are another story: without an earlier run of them, only bad news is told.
    run -1 "$program" run noop --device null:fault=abort --rounds 1 --db rounds.db --quiet --notify "$tell"
    [ "$(said verdict)" = failures ]
    [ "$(said before)" = '' ]
    rm said.json
    turn --seed "$passes" --notify "$tell"
    [ "$(said verdict)" = clean_no_control ]
    # With --only-new a known failure is no change.
    rm said.json
    "$program" known add SIGSEGV --issue https://example.org/1 --until 2099-12-31 --db rounds.db
    turn --seed "$fails" --only-new --notify "$tell"
    [ ! -e said.json ]
}

@test "what becomes of the command changes nothing, and is said" {
    run -1 --separate-stderr "$program" run noop --device null:fault=abort --rounds 1 --db a.db --quiet --notify 'echo no such host >&2; exit 7'
    [[ "$stderr" == *"--notify failed, so nobody may have been told: it ended with exit code 7: no such host"* ]]
    [[ "$output" == FAILURES* ]]
    # It may read nothing, write without end, or die.
    run -1 --separate-stderr "$program" run noop --device null:fault=abort --rounds 1 --db b.db --quiet --notify 'yes'
    [[ "$stderr" == *"it wrote more than"* ]]
    run -1 --separate-stderr "$program" run noop --device null:fault=abort --rounds 1 --db c.db --quiet --notify 'kill -9 $$'
    [[ "$stderr" == *"killed by signal 9"* ]]
    run -1 --separate-stderr "$program" run noop --device null:fault=abort --rounds 1 --db d.db --quiet --notify :
    [[ "$stderr" != *"been told"* ]]
}

@test "a run that the harness ends is told of" {
    MPSTRESS_ROUND=/no/such/round run -6 "$program" run noop --device null --rounds 1 --db rounds.db --quiet --notify 'cat > said.json'
    [ "$(said verdict)" = harness_failed ]
    [ "$(said exit_code)" = 6 ]
}

# double NAME: a program that keeps its arguments and its input.
double() {
    mkdir -p doubles
    printf '#!/bin/sh\nprintf "%%s\\n" "$*" >> %q/%s.args\n%s\n' "$PWD" "$1" "$2" > "doubles/$1"
    chmod +x "doubles/$1"
}

@test "the examples tell by mail, webhook and GitHub issue" {
    double mail "cat > $PWD/mail.body"
    double curl "cat > $PWD/curl.body; cat <&3 > $PWD/curl.config"
    double gh 'case $2 in list) cat "'"$PWD"'/open" ;; *) cat > "'"$PWD"'/gh.body" ;; esac'
    : > open
    export MPSTRESS_MAIL_TO=you@example.org MPSTRESS_WEBHOOK=https://example.org/hook?key=secret MPSTRESS_GITHUB_REPO=you/results
    for example in mail webhook github_issue; do
        PATH="$PWD/doubles:$PATH" run -1 "$program" run noop --device null:fault=abort --rounds 1 --db "$example.db" --quiet \
            --notify "$MP_SOURCE/scripts/notify.d/$example"
        [[ "$output" != *"nobody may have been told"* ]]
    done
    grep -qx -- "-s mpstress on $(uname -n): failures you@example.org" mail.args
    head -1 mail.body | grep -q '^1 of 1 rounds of the subject failed'
    grep -q '"verdict":"failures"' curl.body
    grep -qx 'url = "https://example.org/hook?key=secret"' curl.config
    run ! grep secret curl.args
    grep -qx -- "issue create --repo you/results --title mpstress on $(uname -n): failures --body-file -" gh.args
    grep -q '^    {.*"verdict":"failures"' gh.body
    # An open one is commented on.
    echo 17 > open
    PATH="$PWD/doubles:$PATH" run -1 "$program" run noop --device null:fault=abort --rounds 1 --db again.db --quiet \
        --notify "$MP_SOURCE/scripts/notify.d/github_issue"
    grep -qx -- 'issue comment 17 --repo you/results --body-file -' gh.args
}
