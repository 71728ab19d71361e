# Programs that speak by mpstress.h or mpstress.py, and what their rounds then show.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

examples() {
    cp "$MP_BIN/../tests/sums" "$MP_SOURCE"/client/examples/*.* .
    export MPSTRESS_LOCK="$PWD/gpu.lock" PYTHONPATH="$MP_SOURCE/client" PYTHONDONTWRITEBYTECODE=1
}

needs_python() {
    command -v python3 > /dev/null || skip "there is no python3"
}

only_classes() {
    query "SELECT group_concat(DISTINCT class) FROM round JOIN outcome ON outcome.name = outcome" "$1"
}

@test "the example in C: right sums pass, lost ones are a mismatch, lost work is dropped" {
    examples
    run -0 ./sums locked
    [ "$output" = "sum 2000 of 2000" ]
    # Without a pause its threads may miss each other; then the run is inconclusive.
    run "$program" run --exec './sums locked' --rounds 5 --db rounds.db
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
    [ "$(only_classes rounds.db)" = pass ]
    [ "$(query "SELECT DISTINCT ops_planned, ops_started, ops_done, ops_wrong, threads_started FROM round")" = "2000|2000|2000|0|4" ]
    run -1 "$program" run --exec './sums racy' --delay 200us --rounds 3 --db racy.db
    [ "$(query "SELECT DISTINCT outcome, detail FROM round" racy.db)" = "mismatch|check 'sum' failed" ]
    [ "$(query "SELECT min(max_overlap) >= 2 FROM round" racy.db)" = 1 ]
    run -1 "$program" run --exec './sums lazy' --rounds 2 --db lazy.db
    [ "$(query "SELECT DISTINCT outcome, detail FROM round" lazy.db)" = "dropped|1800 of 2000 planned ops were done" ]
    run -0 "$program" show round 1 --trace - --db racy.db
    [[ "$output" == *'"name":"action"'* ]]
}

@test "the example in Python says the same" {
    needs_python
    examples
    run -0 python3 sums.py locked
    [ "$output" = "sum 80 of 80" ]
    run -0 "$program" run --exec 'python3 sums.py locked' --watch sums.py --rounds 2 --db rounds.db
    [ "$(query "SELECT DISTINCT outcome, ops_planned, ops_started, ops_done, ops_wrong, threads_started FROM round")" = \
        "pass|80|80|80|0|4" ]
    run -1 "$program" run --exec 'python3 sums.py racy' --watch sums.py --delay 3ms --rounds 2 --db racy.db
    [ "$(query "SELECT DISTINCT outcome, detail FROM round" racy.db)" = "mismatch|check 'sum' failed" ]
    [ "$(query "SELECT min(max_overlap) >= 2 FROM round" racy.db)" = 1 ]
    [ "$(query "SELECT count(DISTINCT thread) FROM event WHERE round_id = 1 AND op = 'action'" racy.db)" = 4 ]
    run -1 "$program" run --exec 'python3 sums.py lazy' --watch sums.py --rounds 1 --db lazy.db
    [ "$(query "SELECT outcome, detail FROM round" lazy.db)" = "dropped|72 of 80 planned ops were done" ]
}

@test "seed, number and processes of a Python program are those of its round" {
    needs_python
    examples
    cat > family.py << 'END'
import os, mpstress
assert mpstress.seed() == int(os.environ["MPSTRESS_SEED"]) and mpstress.number() == int(os.environ["MPSTRESS_ROUND"])
mpstress.plan(30)
mpstress.done(10)
for _ in range(2):
    if os.fork() == 0:
        for _ in range(10):
            mpstress.done()
        os._exit(0)
while True:
    try:
        os.wait()
    except ChildProcessError:
        break
END
    run -0 "$program" run --exec 'python3 family.py' --rounds 3 --db rounds.db
    [ "$(query "SELECT DISTINCT outcome, ops_planned, ops_done FROM round")" = "pass|30|30" ]
}

@test "the report shows what the program said, and what it did not" {
    examples
    run "$program" run --exec './sums locked' --delay 100us --rounds 1 --db rounds.db
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
    [[ "$output" == *"what it says of itself"* ]]
    [[ "$output" != *"neither mpstress.h"* ]]
    run -0 "$program" run --exec true --rounds 1 --db silent.db
    [[ "$output" == *"neither mpstress.h nor mpstress.py"* ]]
    for call in markdown junit; do
        run -0 "$program" report --format $call --db silent.db
        [[ "$output" == *"neither mpstress.h"* ]]
    done
    needs_python
    printf 'import mpstress\nmpstress.done(4)\n' > counts.py
    printf 'import mpstress\nwith mpstress.op():\n    pass\n' > begins.py
    run -0 "$program" run --exec 'python3 counts.py' --rounds 1 --db counts.db
    [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"never says when one begins and ends"* ]]
    run -0 "$program" run --exec 'python3 begins.py' --rounds 1 --db begins.db
    [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"counts none as done or wrong"* ]]
    run -0 "$program" report --json --db begins.db
    [[ "$output" == *'"not_shown"'*"counts none"* ]]
}

@test "the same seed draws the same pauses, by option only" {
    needs_python
    examples
    cat > pauses.py << 'END'
import time, mpstress
time.sleep = lambda pause: print("pause", round(pause * 1e9))
mpstress.thread(9)
for _ in range(3):
    mpstress.point()
raise SystemExit(1)
END
    for name in a b; do
        run -1 "$program" run --exec 'python3 pauses.py' --delay 50ms --seed 4 --rounds 1 --db $name.db
    done
    run -1 "$program" run --exec 'python3 pauses.py' --delay 50ms --seed 5 --rounds 1 --db c.db
    run -1 "$program" run --exec 'python3 pauses.py' --seed 4 --rounds 1 --db d.db
    said() { query "SELECT stderr FROM round_text" "$1.db"; }
    [ "$(said a | grep -c pause)" = 3 ]
    [ "$(said a)" = "$(said b)" ]
    [ "$(said a)" != "$(said c)" ]
    [ "$(said d | grep -c pause)" = 0 ]
    refused "--delay is for programs of your own" -- run noop --device null --delay 1ms
}

@test "a program with another version of the page is broken, in words" {
    needs_python
    examples
    mkdir other
    sed 's/^_VERSION = .*/_VERSION = 1/' "$MP_SOURCE/client/mpstress.py" > other/mpstress.py
    run -3 "$program" run --rounds 1 --db rounds.db -- env PYTHONPATH="$PWD/other" python3 sums.py racy
    query "SELECT outcome, detail FROM round" | grep -qF "broken|its mpstress.h or mpstress.py has page version 1, this mpstress has"
    query "SELECT stderr FROM round_text" | grep -qF "mpstress.py: it is of page version 1"
}

@test "the suite for PyTorch says that there is none, or passes on the CPU" {
    needs_python
    examples
    code=0
    "$program" run --suite ./pytorch.ini --rounds 1 --db rounds.db > out 2>&1 || code=$?
    cat out
    if python3 -c 'import torch' 2> /dev/null; then
        [ "$code" -eq 0 ]
        [ "$(only_classes rounds.db)" = pass ]
        [ "$(query "SELECT count(*) FROM round WHERE ops_done = 0 OR ops_done <> ops_planned")" = 0 ]
    else
        [ "$code" -eq 4 ]
        [ "$(query "SELECT DISTINCT outcome FROM round")" = skip ]
        grep -q "PyTorch cannot be imported" out
    fi
}
