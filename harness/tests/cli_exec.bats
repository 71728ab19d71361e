# Programs of the user's as rounds, through the command line.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

exec_programs() {
    cp "$MP_BIN/../tests/exec_program" victim
    export MPSTRESS_LOCK="$PWD/gpu.lock"
}

outcomes_of() {
    query "SELECT group_concat(outcome || '=' || n) FROM (SELECT outcome, count(*) AS n FROM round GROUP BY 1 ORDER BY 1)" "$1"
}

outcomes() {
    outcomes_of rounds.db
}

@test "exit 0 passes, another code fails as exit, and the last line of the output says why" {
    exec_programs
    run -0 "$program" run --exec ./victim --rounds 2 --db rounds.db
    [ "$(outcomes)" = "pass=2" ]
    run -1 "$program" run --rounds 1 --db other.db -- sh -c 'echo first; printf "no \033 device\n" >&2; exit 3'
    [ "$(query "SELECT outcome, exit_code, detail FROM round" other.db)" = \
        'exit|3|it exited with code 3; its last line: no \x1b device' ]
    [[ "$output" == *"wrong numbers"* || "$output" == *"Wrong numbers"* ]]
}

@test "codes that pass, codes that skip and output that fails are what the options say" {
    exec_programs
    run -0 "$program" run --exec './victim exit 5' --exec './victim exit 0' --ok-codes 0,3-5 --rounds 1 --db rounds.db
    [ "$(outcomes)" = "pass=2" ]
    run "$program" run --exec './victim exit 77' --skip-codes 77 --rounds 2 --db skip.db
    [ "$status" -eq 4 ]
    [ "$(query "SELECT DISTINCT outcome FROM round" skip.db)" = skip ]
    run -1 "$program" run --fail-output 'loss=(nan|inf), step [0-9]+$' --rounds 1 --db output.db -- \
        sh -c 'echo loss=0.1, step 1; echo loss=nan, step 2; echo done'
    [ "$(query "SELECT outcome, detail FROM round" output.db)" = \
        'exit|it wrote "loss=nan, step 2", which means failure, and exited with code 0' ]
    refused "is not a regular expression" -- run --exec ./victim --fail-output '(' --db no.db
    refused "0 to 255" -- run --exec ./victim --ok-codes 256 --db no.db
    refused "is for programs of your own" -- run noop --device null --ok-codes 1 --db no.db
    [ ! -e no.db ]
}

@test "seed and round stand in the environment and in the arguments, which need no shell" {
    exec_programs
    run -1 "$program" run --exec "./victim say {seed}/{round} 'a b' \"c,d|e\" \$'f\\x41'" --rounds 2 --seed 4 --db rounds.db
    query "SELECT stderr FROM round_text ORDER BY round_id" > said
    seed=$(query "SELECT seed FROM round WHERE seq = 2")
    number=$(printf '%u' "$seed")
    grep -qxF "seed=$number round=2 [$number/2] [a b] [c,d|e] [fA]" said
    refused "would need a shell" -- run --exec './victim | tee log'
    refused "is not closed" -- run --exec "./victim 'a"
}

@test "a crash has the stacks of all threads, in C and in C++, and a signature" {
    exec_programs
    run -1 "$program" run --exec './victim crash' --rounds 2 --db rounds.db
    [ "$(outcomes)" = "crash=2" ]
    [ "$(query "SELECT count(*), max(detail) FROM round WHERE detail LIKE 'SIGSEGV in phase run%'")" = "2|SIGSEGV in phase run" ]
    [ "$(query "SELECT count(*) FROM crash_thread WHERE crash_id = 1")" = 4 ]
    [ "$(query "SELECT count(*) FROM crash_frame WHERE symbol LIKE 'strike%'")" -ge 2 ]
    [ "$(query "SELECT count(DISTINCT signature_id) FROM crash")" = 1 ]
    [ "$(query "SELECT count(*) > 0 FROM crash_module WHERE path = '$PWD/victim' AND module_id IS NOT NULL")" = 1 ]
    [ -e "$MP_BIN/../tests/exec_threads" ] || skip "there is no C++ compiler"
    cp "$MP_BIN/../tests/exec_threads" threads
    run -1 "$program" run --exec './threads fault' --exec './threads throw' --rounds 1 --db cpp.db
    [ "$(query "SELECT group_concat(outcome) FROM (SELECT outcome FROM round ORDER BY 1)" cpp.db)" = abort,crash ]
    [[ "$(query "SELECT title FROM signature JOIN crash ON signature_id = signature.id WHERE kind = 'crash'" cpp.db)" == *Worker::step* ]]
    [[ "$(query "SELECT detail FROM round WHERE outcome = 'abort'" cpp.db)" == *"the queue is empty"* ]]
}

@test "an assertion is an abort with its text" {
    exec_programs
    run -1 "$program" run --exec './victim abort' --rounds 1 --db rounds.db
    [[ "$(query "SELECT outcome || detail FROM round")" == abort*"argc == 0"* ]]
}

@test "a program that dies while its threads leave ends at once, not at its deadline" {
    exec_programs
    run -1 "$program" run --exec './victim leaving' --rounds 60 --timeout 20s --db rounds.db --quiet
    [ "$(query "SELECT group_concat(DISTINCT outcome || ' ' || exit_kind) FROM round")" = "abort signal" ]
}

@test "Python programs fail by their exceptions and crash with a stack" {
    exec_programs
    command -v python3 > /dev/null || skip "there is no python3"
    printf 'raise ValueError("shape (2, 3)")\n' > fails.py
    printf 'import os\nos.abort()\n' > dies.py
    run -1 "$program" run --exec 'python3 fails.py' --exec 'python3 dies.py' --rounds 1 --db rounds.db
    [ "$(outcomes)" = "abort=1,exit=1" ]
    [[ "$(query "SELECT detail FROM round WHERE outcome = 'exit'")" == *"ValueError: shape (2, 3)"* ]]
    [ "$(query "SELECT count(*) > 3 FROM crash_frame")" = 1 ]
}

@test "the crash of a process that a script started is the round's, with its stack" {
    exec_programs
    printf '#!/bin/sh\n./victim pass\n./victim crash\nexit 0\n' > script
    chmod +x script
    run -1 "$program" run --exec ./script --exec './victim child' --rounds 1 --db rounds.db
    [ "$(outcomes)" = "crash=2" ]
    [ "$(query "SELECT count(*) FROM round WHERE detail = 'SIGSEGV in a process that the round started; the round exited with code 0'")" = 2 ]
    [ "$(query "SELECT count(DISTINCT crash_id) FROM crash_frame WHERE symbol LIKE 'strike%'")" = 2 ]
}

@test "a program that becomes another is watched to its end" {
    exec_programs
    run -1 "$program" run --exec './victim become ./victim crash' --rounds 1 --db rounds.db
    [ "$(outcomes)" = "crash=1" ]
    [ "$(query "SELECT count(*) > 0 FROM crash_frame WHERE symbol LIKE 'strike%'")" = 1 ]
}

@test "what a program loaded is known although it does not say so" {
    exec_programs
    [ "$(uname -s)" = Linux ] || skip "only Linux tells of an exit in time"
    run -0 "$program" run --exec ./victim --rounds 2 --db rounds.db
    [ "$(query "SELECT count(DISTINCT module_set_id), sum(module_set_id IS NULL) FROM round")" = "1|0" ]
    [ "$(query "SELECT count(*) FROM module_set_member WHERE path = '$PWD/victim'")" = 1 ]
}

@test "a setuid program runs, and says so if it loses its rights" {
    exec_programs
    chmod u+s victim
    run -1 --separate-stderr "$program" run --exec './victim crash' --rounds 1 --db rounds.db
    [ "$(outcomes)" = "crash=1" ]
    if [ "$(id -u)" != 0 ]; then
        [[ "$stderr" == *"setuid"* ]]
    fi
}

@test "a program that cannot be run is refused before the first round" {
    exec_programs
    printf '#!/nowhere/sh\n' > orphan
    chmod +x orphan
    touch plain
    mkdir folder
    refused "./gone" "No such file" -- run --exec ./gone
    refused "there is no such program in PATH" "./victim" -- run --exec victim
    refused "not executable" -- run --exec ./plain
    refused "not a file" -- run --exec ./folder
    refused "/nowhere/sh" -- run --exec ./orphan
    refused "exec: the value is blank" -- run --exec ' '
    refused "cannot read 'gone.so'" "--watch" -- run --exec ./victim --watch gone.so
    refused "which program" -- run exec
}

@test "another build of the program or of a watched file is another cell" {
    exec_programs
    printf 'exit 0\n' > script.sh
    run -0 "$program" run --exec 'sh script.sh' --watch script.sh --rounds 1 --db rounds.db
    run -0 "$program" run --exec 'sh script.sh' --watch script.sh --rounds 1 --db rounds.db
    [ "$(query "SELECT count(*) FROM cell")" = 1 ]
    printf 'exit 0 # new\n' > script.sh
    run -0 "$program" run --exec 'sh script.sh' --watch script.sh --rounds 1 --db rounds.db
    [ "$(query "SELECT count(*) FROM cell")" = 2 ]
    build=$(query "SELECT params ->> 'build' FROM cell WHERE id = 1")
    refused "it was rebuilt or changed since" -- run "exec:build=$build,exec=sh script.sh,watch=script.sh" --db rounds.db
}

@test "a program that is rebuilt during a campaign ends it, and no round of another build counts" {
    exec_programs
    printf '#!/bin/sh\n[ ! -e rebuild ] || { cp next script.new && mv script.new script; }\nexit 0\n' > script
    printf '#!/bin/sh\nexit 3\n' > next
    chmod +x script next
    # The third round replaces its own program; what it ran after that is unknown.
    printf '#!/bin/sh\n[ "$MPSTRESS_ROUND" != 3 ] || touch rebuild\nexec "$@"\n' > wrapper
    chmod +x wrapper
    run -3 --separate-stderr "$program" run --exec ./script --arm 'wrap:./wrapper' --rounds 8 --db rounds.db
    [[ "$stderr" == *"'./script', or a file of --watch, was rebuilt or changed during the campaign: build "*" was planned, and it is "* ]]
    [[ "$stderr" == *"no round of the other build counts"* ]]
    [ "$(query "SELECT group_concat(outcome) FROM (SELECT outcome FROM round ORDER BY seq)")" = "pass,pass,broken" ]
    [[ "$(query "SELECT detail FROM round WHERE outcome = 'broken'")" == *"without that it would be pass"* ]]
    run -2 "$program" run --resume --db rounds.db
    # A file that was only touched, or written anew with the same bytes, is the same build.
    printf 'exit 0\n' > same.sh
    run -0 "$program" run --rounds 3 --watch same.sh --db same.db -- sh -c 'cp same.sh copy && mv copy same.sh; touch same.sh; sh same.sh'
    [ "$(outcomes_of same.db)" = "pass=3" ]
    # A watched file that is gone.
    run -3 --separate-stderr "$program" run --rounds 3 --watch same.sh --db gone.db -- rm -f same.sh
    [[ "$stderr" == *"cannot be read any more"* ]]
    [ "$(outcomes_of gone.db)" = "broken=1" ]
}

@test "a hang is sampled, named and killed, with all that it started" {
    exec_programs
    run -1 "$program" run --timeout 300ms --rounds 1 --db rounds.db -- sh -c './victim hang & ./victim hang'
    [ "$(query "SELECT outcome, exit_kind FROM round")" = "hang|deadline" ]
    [ "$(query "SELECT count(*) FROM crash WHERE kind = 'hang'")" = 2 ]
    run ! pgrep -f "$PWD/victim hang"
}

@test "silence counts for nothing in a program that cannot be heard" {
    exec_programs
    run -0 "$program" run --silence 50ms --rounds 1 --db rounds.db -- sleep 0.4
    [ "$(outcomes)" = "pass=1" ]
}

@test "of much output the end is kept" {
    exec_programs
    run -1 "$program" run --exec './victim much' --rounds 1 --db rounds.db
    [ "$(query "SELECT detail FROM round")" = "it exited with code 4; its last line: the last word" ]
    [ "$(query "SELECT length(stderr) < 9000 FROM round_text")" = 1 ]
}

@test "until failure ends at the first failing round, and its repeat line repeats it" {
    exec_programs
    run -1 "$program" run --exec './victim coin' --until failure --seed 3 --db rounds.db
    [[ "$output" == *"First failure of a subject"* ]]
    [ "$(query "SELECT sum(outcome = 'crash'), max(outcome = 'crash' AND seq = (SELECT max(seq) FROM round)) FROM round")" = "1|1" ]
    again=$(repeat_line <<< "$output")
    [[ "$again" == "mpstress run --exec './victim coin' "*"--build "* ]]
    run -1 bash -c "PATH='$MP_BIN':\$PATH; $again"
    [ "$(query "SELECT outcome, seed FROM round" replay.db)" = "$(query "SELECT outcome, seed FROM round WHERE outcome = 'crash'")" ]
    "$program" show round "$(query "SELECT id FROM round WHERE outcome = 'crash'")" --spec --db rounds.db > round.spec
    run bash -c "'$MP_BIN/mpstress-round' --spec round.spec"
    [ "$status" -eq 139 ]
}

# The first repeat line of a report, in one line.
repeat_line() {
    sed -n '/^     repeat /,/[^\\]$/p' | sed 's/^     repeat *//; s/ *\\$//' | sed '/--replay/q' | tr '\n' ' '
}

@test "the repeat line of every format is typed as it stands, with the round's own number and options" {
    exec_programs
    printf 'exit $((MPSTRESS_ROUND == 3 ? 9 : 4))\n' > "my script.sh"
    run -1 "$program" run --exec 'sh "my script.sh" {round} "a, b|c" \$HOME' --watch "my script.sh" --ok-codes 4,5-7 \
        --skip-codes 77 --fail-output "it's (bad|worse), \$x" --delay 1500us --arm "env:TEXT='a b'" --rounds 4 --seed 2 --db rounds.db
    [ "$(outcomes)" = "exit=1,pass=3" ]
    [ "$(query "SELECT seq FROM round WHERE outcome = 'exit'")" = 3 ]
    again=$(repeat_line <<< "$output")
    for option in "--watch 'my script.sh'" '--build ' '--ok-codes 4,5-7' '--skip-codes 77' '--delay 1500us' '--round-number 3'; do
        [[ "$again" == *"$option"* ]] || { echo "no $option in $again"; false; }
    done
    "$program" report --format markdown --db rounds.db | grep -m 1 -o 'mpstress run --exec.*--replay.*' > lines
    "$program" report --format junit --db rounds.db | grep -m 1 -o 'mpstress run --exec.*--replay --db rounds.db' |
        sed 's/&quot;/"/g; s/&apos;/'"'"'/g; s/&#39;/'"'"'/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g' >> lines
    "$program" show round 3 --db rounds.db | repeat_line >> lines
    printf '\n%s\n' "$again" >> lines
    cat lines
    [ "$(grep -c 'mpstress run --exec' lines)" = 4 ]
    while IFS= read -r line; do
        [ -n "$line" ] || continue
        rm -f replay.db
        run -1 bash -c "PATH='$MP_BIN':\$PATH; ${line%%'</'*}"
        [ "$(query "SELECT outcome, exit_code, cell.spec_hash, seed FROM round JOIN cell ON cell.id = cell_id" replay.db)" = \
            "$(query "SELECT outcome, exit_code, cell.spec_hash, seed FROM round JOIN cell ON cell.id = cell_id WHERE seq = 3")" ]
        grep -q '^number 3$' <<< "$(query "SELECT spec FROM round_text" replay.db)"
    done < lines
    printf 'exit 0 # new\n' > "my script.sh"
    run -2 bash -c "PATH='$MP_BIN':\$PATH; $again"
    [[ "$output" == *"it was rebuilt or changed since"* ]]
    refused "--round-number needs --round-seed" -- run --exec ./victim --round-number 3
}

@test "a debugger as wrapper or program needs --capture off, and is told so" {
    exec_programs
    printf '#!/bin/sh\nexec "$@"\n' > gdb-multiarch
    chmod +x gdb-multiarch
    refused "./gdb-multiarch" "a process can have only one" "--capture off" -- run --exec ./victim --arm wrap:./gdb-multiarch --db no.db
    refused "--capture off" -- run --exec './gdb-multiarch ./victim' --db no.db
    run -0 "$program" run --exec ./victim --arm wrap:./gdb-multiarch --capture off --rounds 1 --db off.db
    [ "$(outcomes_of off.db)" = "pass=1" ]
    command -v strace > /dev/null || skip "there is no strace"
    run -1 "$program" run --exec './victim crash' --arm 'wrap:strace -f -o trace' --capture off --rounds 1 --db strace.db
    [ "$(outcomes_of strace.db)" = "crash=1" ]
    grep -q SIGSEGV trace
}

@test "an interrupted run of a program resumes, and not with another build" {
    exec_programs
    "$program" run --exec './victim coin' --rounds 400 --seed 5 --db rounds.db > out 2> err &
    campaign_pid=$!
    wait_until "a round is recorded" sh -c "[ \$(sqlite3 -readonly -cmd '.timeout 10000' rounds.db 'SELECT count(*) FROM round') -gt 2 ]"
    kill -INT "$campaign_pid"
    wait "$campaign_pid" || true
    campaign_pid=
    before=$(query "SELECT count(*) FROM round")
    [ "$before" -lt 400 ]
    cp victim kept
    printf 'x' >> victim
    run -2 "$program" run --resume --db rounds.db
    [[ "$output" == *"it was rebuilt or changed since"* ]]
    mv kept victim
    sqlite3 rounds.db "UPDATE campaign_cell SET rounds = $before + 3"
    run -1 "$program" run --resume --db rounds.db --quiet
    [ "$(query "SELECT count(*), count(DISTINCT seed) FROM round")" = "$((before + 3))|$((before + 3))" ]
}

@test "a replay that is resumed still has the number of the round that it repeats" {
    exec_programs
    "$program" run --round-seed 77 --round-number 3 --rounds 400 --db rounds.db -- sh -c 'exit $MPSTRESS_ROUND' > out 2> err &
    campaign_pid=$!
    wait_until "a round is recorded" sh -c "[ \$(sqlite3 -readonly -cmd '.timeout 10000' rounds.db 'SELECT count(*) FROM round') -gt 2 ]"
    kill -INT "$campaign_pid"
    wait "$campaign_pid" || true
    campaign_pid=
    before=$(query "SELECT count(*) FROM round")
    [ "$before" -lt 400 ]
    sqlite3 rounds.db "UPDATE campaign_cell SET rounds = $before + 3"
    run -1 "$program" run --resume --db rounds.db --quiet
    [ "$(query "SELECT count(*), group_concat(DISTINCT exit_code) FROM round")" = "$((before + 3))|3" ]
}

@test "nights, merge and JUnit take programs as they take scenarios" {
    exec_programs
    run -1 "$program" run --exec './victim exit 3' --exec './victim' --rounds 2 --night --db rounds.db
    run "$program" report --nights --db rounds.db
    [ "$status" -ne 2 ]
    [[ "$output" == *exec* ]]
    run -1 "$program" run --exec './victim exit 3' --rounds 1 --db other.db
    run -0 "$program" merge rounds.db other.db
    [ "$(query "SELECT count(*) FROM cell")" = 2 ]
    [ "$(query "SELECT count(*) FROM round")" = 5 ]
    run "$program" report --campaign 1 --format junit --db rounds.db
    [[ "$output" == *'failures="1"'* ]]
    [[ "$output" == *"exit/code 3"* ]]
    [[ "$output" == *'name="not_shown"'* ]]
    run "$program" report --campaign 1 --format markdown --db rounds.db
    [[ "$output" == *"Not shown"* ]]
    run "$program" report --campaign 1 --json --db rounds.db
    [[ "$output" == *'"not_shown"'* ]]
}

@test "without capture, every report says that a signal from outside is not told from the program's own" {
    run -1 "$program" run --capture off --rounds 1 --quiet --db rounds.db -- sh -c 'kill -ABRT $$'
    [ "$(query "SELECT outcome, detail FROM round")" = \
        "abort|SIGABRT in phase run; whether it was sent is not known without capture" ]
    run -1 "$program" run --capture on --rounds 1 --quiet --db rounds.db -- sh -c 'kill -ABRT $$'
    traced=$(query "SELECT untraced IS NULL FROM round WHERE campaign_id = 2")
    for format in text json markdown junit html summary; do
        "$program" report --campaign 1 --format "$format" --db rounds.db > out || true
        tr -s ' \n' ' ' < out | grep -q "a program that nobody traced it is not known whether somebody else sent the signal"
        "$program" report --campaign 2 --format "$format" --db rounds.db > out || true
        [ "$traced" = 0 ] || ! tr -s ' \n' ' ' < out | grep -q "that nobody traced"
    done
}

@test "a suite names programs by its headings and mixes them with scenarios" {
    exec_programs
    cat > mine.ini << 'END'
[noop]
device = null
rounds = 1
[fails by design]
exec = ./victim exit 9
role = positive_control
rounds = 1
[exec: with a variable]
exec = ./victim variable
arm = none|env:MP_TEST_VARIABLE=1
ok_codes = 0, 6
rounds = 1
END
    run -0 "$program" run --suite ./mine.ini --device null --db rounds.db
    [ "$(outcomes)" = "exit=1,pass=3" ]
    [ "$(query "SELECT group_concat(title, '; ') FROM (SELECT title FROM campaign_cell ORDER BY place)")" = \
        "noop on null; fails by design; with a variable; with a variable [env:MP_TEST_VARIABLE=1]" ]
    refused "do not go together" -- run noop --device program
    refused "acts on the device calls of mpstress's own scenarios" -- run --exec ./victim --arm encode_mutex
    refused "is for programs" -- run noop --device null --arm wrap:true
    refused "NAME=VALUE" -- run --exec ./victim --arm env:A
}

@test "arms of a program are variables, wrappers and libraries" {
    exec_programs
    run -0 "$program" compare none env:MP_TEST_VARIABLE=1 --exec './victim variable' --fixed-below 20% --db rounds.db
    [ "$(query "SELECT DISTINCT outcome FROM round JOIN cell ON cell.id = cell_id WHERE arm = 'none'")" = exit ]
    [ "$(query "SELECT DISTINCT outcome FROM round JOIN cell ON cell.id = cell_id WHERE arm = 'env:MP_TEST_VARIABLE=1'")" = pass ]
    run -0 "$program" run --exec './victim variable' --arm 'wrap:env MP_TEST_VARIABLE=1' --rounds 1 --db wrap.db
    refused "no such program in PATH" -- run --exec ./victim --arm wrap:gone
    [ "$(uname -s)" = Linux ] || return 0
    cp "$MP_BIN/../tests/fix_right.so" fix.so
    run -0 "$program" run --exec ./victim --arm fix --fix fix.so --rounds 1 --db fix.db
    [ "$(query "SELECT outcome, count(*) FROM round JOIN module_set_member USING (module_set_id) WHERE role = 'fix'" fix.db)" = "pass|1" ]
}

@test "two programs are compared block by block" {
    exec_programs
    run -0 "$program" compare --exec './victim exit 3' --exec './victim' --fixed-below 20% --db rounds.db
    flat=$(tr -s ' \n' ' ' <<< "$output")
    [[ "$flat" == *"FIXED B (./victim) failed in 0 of "*" rounds, A (./victim exit 3) in "* ]]
    [[ "$flat" == *" compared ./victim exit 3 (A, the control) with ./victim (B), in "* ]]
    [[ "$flat" == *" A ./victim exit 3 "*" B ./victim "*"./victim (B) against ./victim exit 3 (A)"* ]]
    [[ "$flat" == *" exit in A (./victim exit 3): exit/code 3 "* ]]
    [[ "${flat/command /}" != *"arm none"* ]]
    build=$(query "SELECT params ->> 'build' FROM cell LIMIT 1")
    "$program" report --json --db rounds.db > out.json
    [ "$(query "SELECT j ->> '$.control.arm', j ->> '$.control.program', j ->> '$.arms[0].arm', j ->> '$.arms[0].program'
        FROM (SELECT readfile('out.json') -> '$.comparison' AS j)")" = "none|./victim exit 3|exec:$build ./victim|./victim" ]
    run -0 "$program" report --format junit --db rounds.db
    [[ "$output" == *'name="./victim against ./victim exit 3"'*'name="exec, program ./victim exit 3"'* ]]
    run -0 "$program" report --format markdown --db rounds.db
    [[ "$output" == *"| exec | ./victim exit 3 | the control |"* ]]
    [ "$(query "SELECT group_concat(arm) FROM (SELECT arm FROM cell ORDER BY 1)")" = "exec:$build ./victim,none" ]
    refused "compare either several programs" -- compare none env:A=1 --exec ./victim --exec ./victim
}

@test "several at a time keep their seeds, and without tracing only their ends are seen" {
    exec_programs
    run -1 "$program" run --exec './victim coin' --rounds 8 --jobs 3 --seed 5 --db many.db
    run -1 "$program" run --exec './victim coin' --rounds 8 --seed 5 --capture off --db one.db
    [ "$(query "SELECT group_concat(seed || outcome) FROM (SELECT seed, outcome FROM round ORDER BY 1)" many.db)" = \
        "$(query "SELECT group_concat(seed || outcome) FROM (SELECT seed, outcome FROM round ORDER BY 1)" one.db)" ]
    [ "$(query "SELECT count(*) FROM crash" one.db)" = 0 ]
}
