# Arms: numbers, variables, settings and several libraries as arms, arms that do not apply, and what they did.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# tried ARGUMENT...: runs it. Few short ops may well not meet inside the driver, which is a pass that shows nothing.
tried() {
    run "$program" "$@"
    [ "$status" -eq 0 ] || [ "$status" -eq 3 ]
}
good="outcome IN ('pass', 'no_overlap')"

@test "an arm with a number is a cell of its own, in one form" {
    tried run mm:threads=4 --device null --arm semaphore=1 --arm semaphore=02 --rounds 2 --db rounds.db
    [ "$(query "SELECT group_concat(arm) FROM (SELECT arm FROM cell ORDER BY arm)")" = "semaphore=1,semaphore=2" ]
    [ "$(query "SELECT count(*) FROM round WHERE $good")" = 4 ]
}

@test "an arm that is written wrongly is refused in words" {
    refused "wants a number" "semaphore=2" -- run mm --device null --arm semaphore
    refused "from 1 to 128" -- run mm --device null --arm semaphore=0
    refused "takes no value" -- run mm --device null --arm serial=2
    refused "NAME=VALUE|VALUE" -- compare --vary fault=wrong mm --device null
    refused "name none beside it" -- compare none serial --vary 'fault=none|wrong' mm --device null
    refused "did you mean 'fault'" -- compare --vary 'faul=none|wrong' mm --device null
    refused "names no setting" -- run mm --device null --arm set
}

# json FILE PATH
json() {
    sqlite3 :memory: "SELECT json_extract(readfile('$1'), '$2')"
}

@test "what an arm did stands in the row, in show, in the report and in JSON" {
    tried run mm:threads=4,iters=5,batch=1 --device null --arm none --arm encode_mutex --rounds 2 --db rounds.db
    [[ "$output" == *"What arms, gate, pool and driver did"*"mm, arm encode_mutex: it governed"* ]]
    [ "$(query "SELECT count(*) FROM round JOIN cell ON cell.id = cell_id WHERE arm = 'none' AND json_extract(figures, '$.arm_passes') IS NULL")" = 2 ]
    [ "$(query "SELECT rounds, total FROM cell_figure JOIN cell ON cell.id = cell_id WHERE name = 'arm_passes'")" = "2|120.0" ]
    id=$(query "SELECT round.id FROM round JOIN cell ON cell.id = cell_id WHERE arm <> 'none' LIMIT 1")
    run -0 "$program" show round "$id" --db rounds.db
    [[ "$output" == *"arm        it governed 60 calls"* ]]
    run -0 --separate-stderr "$program" show round "$id" --db rounds.db --json
    printf '%s' "$output" > show.json
    [ "$(json show.json '$.round.figures.arm_passes')" = 60 ]
    run --separate-stderr "$program" report --db rounds.db --json
    printf '%s' "$output" > report.json
    [ "$(sqlite3 :memory: "SELECT json_extract(value, '$.figures.arm_passes.total') FROM
        json_each(readfile('report.json'), '$.cells') WHERE json_extract(value, '$.arm') = 'encode_mutex'")" = 120.0 ]
    run -0 "$program" doctor --db rounds.db
}

@test "an arm that cannot apply is skipped, never passed" {
    run -4 "$program" run mm --device null --arm linear_mutex --arm layernorm_mutex --arm chunk --rounds 2 --db rounds.db
    [ "$(query "SELECT count(*), min(outcome), max(outcome) FROM round")" = "6|skip|skip" ]
    [[ "$output" == *"has no such parameter: it would change nothing"* ]]
    [[ "$(tr -s '\n ' ' ' <<< "$output")" == *"did nothing: mm makes no call that it governs"* ]]
    tried run linear_nograph --device null --arm linear_mutex --rounds 2 --db linear.db
    [ "$(query "SELECT count(*) FROM round WHERE $good AND json_extract(figures, '$.arm_passes') = 480" linear.db)" = 2 ]
    tried run layernorm --device null --arm layernorm_mutex --rounds 2 --db norm.db
    [ "$(query "SELECT count(*) FROM round WHERE json_extract(figures, '$.arm_passes') > 0" norm.db)" = 2 ]
}

@test "an arm that governs none of a scenario's calls is a skip, whichever it is" {
    run -4 "$program" run leak --device metal@model --arm encode_mutex --arm semaphore=2 --arm serial --rounds 1 --db lock.db
    [ "$(query "SELECT count(*), min(outcome), max(outcome) FROM round" lock.db)" = "3|skip|skip" ]
    run -4 "$program" run exit_while_active --device metal@model --arm linear_mutex --rounds 1 --db exit.db
    run -4 "$program" run mm --device mps@model --arm graph_path --rounds 1 --db graph.db
    [[ "$(query "SELECT detail FROM round" graph.db)" == "arm graph_path did nothing: mm makes"* ]]
}

@test "an arm that would itself lose work or hang a scenario is a skip in words" {
    run -4 "$program" run blit_fence event_mix event_pool --device metal@model --arm batch=4 --rounds 1 --timeout 5s --db batch.db
    [ "$(query "SELECT count(*), sum(detail LIKE '%arm batch gathers ops only%') FROM round" batch.db)" = "3|3" ]
    run -4 "$program" run event_mix --device metal@model --arm serial --arm semaphore=3 --rounds 1 --timeout 5s --db lock.db
    [ "$(query "SELECT count(*), sum(detail LIKE '%arm % lets in _ of 4 threads that wait for each other%') FROM round" lock.db)" = "2|2" ]
    run -0 "$program" run event_mix event_mix:wait=cpu --device metal@model --arm semaphore=4 --rounds 1 --db enough.db
    run -0 "$program" run event_mix:wait=cpu --device metal@model --arm serial --rounds 1 --db cpu.db
}

@test "a synchronization of all streams hands in what a batch queue still has" {
    tried run sync_storm --device metal@model --arm batch=4 --rounds 2 --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE $good")" = 2 ]
}

@test "arm chunk gives a scenario its other path" {
    tried run mha:iters=2,threads=2 --device null --arm none --arm chunk --rounds 2 --db rounds.db
    [ "$(query "SELECT count(DISTINCT ops_planned), sum($good) FROM round")" = "2|4" ]
    # Three views a pass in place of one copy: 2 rounds of 2 threads with 2 passes each.
    [ "$(query "SELECT name, CAST(sum(total) AS INTEGER) FROM cell_figure WHERE name LIKE 'arm\_%' ESCAPE '\' AND total > 0 GROUP BY name" |
        tr '\n' ' ')" = "arm_passes|24 arm_spared|8 " ]
    run "$program" report --db rounds.db
    [[ "$(tr -s ' \n' ' ' <<< "$output")" == *"it governed 24 calls and left out 8 ops that they do without"* ]]
}

@test "an arm that can change nothing is said or refused before any round" {
    refused "set:fault=none" "beside arm none" -- compare none set:fault=none noop --device null --rounds 2 --db rounds.db
    refused "set:p=1 sets" "beside arm none" -- run noop --device null --arm none --arm set:p=1.0 --rounds 2 --db rounds.db
    [ ! -e rounds.db ]
    run -0 --separate-stderr "$program" run noop --device null --arm set:fault=none --rounds 2 --db rounds.db
    [[ "$stderr" == *"arm set:fault=none sets what device null:"*" has anyway: it changes nothing"* ]]
    # Two settings of which one is another are a comparison, and its control is the device as it is.
    run --separate-stderr "$program" compare --vary 'fault=none|abort' noop --device null --rounds 2 --db vary.db
    [[ "$stderr" != *"has anyway"* ]]
    [ "$(query "SELECT count(*) FROM round" vary.db)" = 4 ]
    run -0 --separate-stderr "$program" run mm:threads=1,iters=2 --device null --arm processes=4 --rounds 1 --db one.db
    [[ "$stderr" == *"arm processes=4 of mm has 1 thread to divide, so it is 1 process (1 cell is such)"* ]]
    run --separate-stderr "$program" run mm:threads=2,iters=2 --device null --arm processes=4 --rounds 1 --db two.db
    [[ "$stderr" != *"to divide"* ]]
}

@test "a variable of an arm is in the rounds of that arm, and replaces one of the shell" {
    MP_TEST_ARM=outer run -0 "$program" run noop --device null --arm env:MP_TEST_ARM=inner --rounds 2 --db rounds.db
    [ "$(query "SELECT min(outcome), max(outcome) FROM round")" = "pass|pass" ]
    cat > spec << 'END'
mpstress-spec 1
device null
scenario noop
arm env:MP_TEST_ARM=inner
seed 0x1
END
    run "$MP_BIN/mpstress-round" --spec spec
    [[ "$output" == *"the arm is not on: the round was started without MP_TEST_ARM=inner"* ]]
    MP_TEST_ARM=inner run -0 "$MP_BIN/mpstress-round" --spec spec
}

@test "settings of the device are arms of a comparison" {
    run -1 "$program" compare --vary 'fault=none|wrong' mm:iters=5 --device null --rounds 12 --fixed-below 20% --all-rounds --db rounds.db
    [[ "$output" == *"WORSE  arm set:fault=wrong failed in 12 of 12 rounds, arm set:fault=none in 0 of 12"* ]]
    [ "$(query "SELECT group_concat(arm) FROM (SELECT arm FROM cell ORDER BY arm)")" = "set:fault=none,set:fault=wrong" ]
    [ "$(query "SELECT count(*) FROM round JOIN cell ON cell.id = cell_id WHERE (arm = 'set:fault=wrong') <> (outcome = 'mismatch')")" = 0 ]
}

@test "several libraries are an arm each, by their digests" {
    [ "$(uname -s)" = Linux ] || skip "the libraries of these tests preload as Linux does"
    a="$MP_BIN/../tests/fix_right.so" b="$MP_BIN/../tests/fix_other.so"
    run "$program" compare --fix "$a" --fix "$b" noop --device null --rounds 3 --db rounds.db
    [ "$(query "SELECT count(*), count(DISTINCT arm), sum(outcome = 'pass') FROM round JOIN cell ON cell.id = cell_id")" = "9|3|9" ]
    [ "$(query "SELECT count(DISTINCT path) FROM fix_library")" = 2 ]
    run -0 "$program" run noop --device null --arm none --arm fix --fix "$a" --fix "$b" --rounds 2 --db other.db
    [ "$(query "SELECT count(DISTINCT arm) FROM cell" other.db)" = 3 ]
    run -0 "$program" run noop --device null --arm "fix=$b" --rounds 1 --db third.db
}

@test "the gate says which arms keep its victim away" {
    run -0 "$program" run destroy_impl:q=1,iters=5 --device metal@model --arm encode_mutex --rounds 2 --db rounds.db
    [[ "$(tr -s '\n ' ' ' <<< "$output")" == *"were kept from landing by the"*"keeps the gate's victim away"* ]]
    [ "$(query "SELECT count(*) FROM round WHERE json_extract(figures, '$.gate_kept') > 0")" = 2 ]
}

@test "a pool of processes divides the threads, and each has a driver of its own" {
    run -0 "$program" run mm:threads=8,iters=10 --device metal@model --arm processes=3 --rounds 2 --db rounds.db
    [ "$(query "SELECT min(outcome), max(outcome), min(ops_done), max(ops_device), min(threads_started) FROM round")" = "pass|pass|80|80|3" ]
    [ "$(query "SELECT count(*) FROM round WHERE json_extract(figures, '$.arm_passes') = 3
        AND json_extract(figures, '$.arm_peak') = 3")" = 2 ]
    # The driver is in the processes, and what is loaded there is what the round is said to have loaded.
    [ "$(query "SELECT count(DISTINCT path) FROM round JOIN module_set_member USING (module_set_id) WHERE path LIKE '%libmpmodel%'")" = 1 ]
    run -0 "$program" run mm:threads=2 --device metal@model --arm processes=9 --rounds 1 --db few.db
    [ "$(query "SELECT json_extract(figures, '$.arm_passes') FROM round" few.db)" = 2 ]
}

@test "what happens to a process of the pool happens to the round" {
    for row in segv_null=crash wrong=mismatch drop=dropped; do
        run -1 "$program" run mm:threads=4,iters=5 --device "null:fault=${row%=*}" --arm processes=2 --rounds 2 --db "$row.db"
        [ "$(query "SELECT min(outcome), max(outcome) FROM round" "$row.db")" = "${row#*=}|${row#*=}" ]
    done
    run -1 "$program" run mm:threads=4,iters=5 --device null:fault=hang --arm processes=2 --rounds 1 --timeout 4s --db hang.db
    [[ "$(query "SELECT outcome || ' ' || detail FROM round" hang.db)" == "hang process 1 of 2: it had not ended"* ]]
    [ "$(query "SELECT leaked FROM round" hang.db)" = 0 ]
}

@test "what the driver counted until a round crashed is in its row" {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' || skip "a sanitizer meets the planted fault in its own way"
    # Most of these rounds end with refused work before they meet the planted fault: 3 of 40 crashed on two cores.
    crashed=0
    for ((tries = 0; tries < 20 && crashed == 0; tries++)); do
        run -1 "$program" run destroy_impl --device metal@model:defects=null_0x5c8 --rounds 20 --timeout 30s --db rounds.db
        crashed=$(query "SELECT count(*) FROM round WHERE outcome = 'crash'")
    done
    [ "$crashed" -gt 0 ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'crash' AND json_extract(figures, '$.refused') > 0")" = "$crashed" ]
}

@test "a batch queue gathers, and a crash, a wrong or a lost op in it is found" {
    run -0 "$program" run mm:threads=8,iters=20 --device metal@model --arm batch=4 --rounds 2 --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'pass' AND json_extract(figures, '$.arm_passes') = 160
        AND json_extract(figures, '$.arm_groups') BETWEEN 40 AND 160 AND json_extract(figures, '$.arm_peak') <= 4")" = 2 ]
    for row in segv_null=crash wrong=mismatch drop=dropped; do
        run -1 "$program" run mm:threads=4,iters=5 --device "null:fault=${row%=*}" --arm batch=4 --rounds 2 --db "$row.db"
        [ "$(query "SELECT min(outcome), max(outcome) FROM round" "$row.db")" = "${row#*=}|${row#*=}" ]
    done
}

@test "a batch queue makes one dispatch of what several threads ask of one model, and each gets its own answer" {
    for device in null metal@model mps@model; do
        tried run batch:threads=8,iters=20 --device "$device" --arm batch=8 --rounds 2 --db "${device%@*}.db"
        [ "$(query "SELECT count(*) FROM round WHERE outcome = 'pass' AND ops_done = 960 AND ops_device = 960
            AND json_extract(figures, '$.arm_spared') > 200" "${device%@*}.db")" = 2 ]
    done
    # Of models of their own there is nothing to join.
    tried run sequential:threads=4,iters=10 --device null --arm batch=4 --rounds 1 --db own.db
    [ "$(query "SELECT outcome, json_extract(figures, '$.arm_groups') > 0, json_extract(figures, '$.arm_spared') FROM round" own.db)" = "pass|1|" ]
    # What goes wrong in one dispatch goes wrong for all whom it was for, and is found.
    for row in segv_null=crash wrong=mismatch drop=dropped; do
        run -1 "$program" run batch:threads=4,iters=5 --device "null:fault=${row%=*}" --arm batch=4 --rounds 2 --db "$row.db"
        [ "$(query "SELECT min(outcome), max(outcome) FROM round" "$row.db")" = "${row#*=}|${row#*=}" ]
    done
}

@test "what the driver counts about itself is in the row, in show and in the report" {
    # late calls, which the model refuses and counts
    run -1 "$program" run destroy_impl:q=1 --device metal@model --rounds 2 --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE json_extract(figures, '$.refused') > 0")" = 2 ]
    [[ "$(tr -s '\n ' ' ' <<< "$output")" == *"destroy_impl, arm none: the driver counted "*" calls that were refused since they came too late"* ]]
    run -0 "$program" show round 1 --db rounds.db
    [[ "$(tr -s '\n ' ' ' <<< "$output")" == *"counts the driver counted "*" calls that were refused"* ]]
    # a sound round leaves nothing behind
    run -0 "$program" run mm --device metal@model --rounds 2 --db sound.db
    [ "$(query "SELECT count(*) FROM cell_figure WHERE name NOT LIKE '%_ns'" sound.db)" = 0 ]
}

@test "a process of the pool that dies leaves its stack, its modules and the words of its abort" {
    for row in segv_null=crash abort=abort; do
        run -1 "$program" run mm:threads=4,iters=5 --device "null:fault=${row%=*}" --arm processes=2 --rounds 2 --db "$row.db"
        [ "$(query "SELECT group_concat(DISTINCT outcome) FROM round" "$row.db")" = "${row#*=}" ]
        [ "$(query "SELECT count(*) FROM round WHERE was_traced = 0" "$row.db")" = 0 ] || skip "no capture here"
        [ "$(query "SELECT count(DISTINCT crash.round_id) FROM crash JOIN crash_frame ON crash_id = crash.id
            JOIN crash_module USING (crash_id) WHERE symbol LIKE 'mp_null_fault_%'" "$row.db")" = 2 ]
    done
    [ "$(query "SELECT count(*) FROM round JOIN signature ON signature.id = signature_id WHERE detail LIKE '%it said null: failed assertion%'
        AND key = 'SIGABRT/null: failed assertion ''planted''/mp_null_fault_abort'" abort=abort.db)" = 2 ]
    # Without capture the round says what it saw.
    run -1 "$program" run mm:threads=4,iters=5 --device null:fault=abort --arm processes=2 --rounds 1 --capture off --db off.db
    [[ "$(query "SELECT detail FROM round" off.db)" == *"signal 6 ended it"* ]]
}

@test "a process of the pool that dies is named in what the round says" {
    run "$program" run mm:threads=4,iters=3 --device null:fault=abort --arm processes=2 --rounds 1 --db pool.db
    [ "$status" -eq 1 ]
    [[ "$(query "SELECT detail FROM round" pool.db)" == *"it says: process "[12]" of 2: signal 6 ended it"* ]]
}
