# Crashes fall into buckets: one bug one signature, whatever seed, thread and address; two bugs two.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# crash_rounds ROUNDS WHAT...: records them; they must fail.
crash_rounds() {
    local rounds="$1"
    shift
    run --separate-stderr "$program" run "$@" --rounds "$rounds" --db rounds.db
    [ "$status" -eq 1 ] || { echo "status $status: $stderr"; return 1; }
}

@test "every planted fault is one signature over all its rounds, and no two share one" {
    faults="segv_null segv_null_write segv_offset segv_wild segv_noncanonical segv_readonly jump_null
        jump_data stack_overflow bus ill trap abort double_free exit_segv"
    for fault in $faults; do
        devices+=(--device "null:fault=$fault")
    done
    crash_rounds 4 noop:threads=4 "${devices[@]}"
    query "SELECT device, key FROM round JOIN cell ON cell.id = cell_id JOIN crash ON round_id = round.id
        LEFT JOIN signature ON signature.id = crash.signature_id GROUP BY 1, 2"
    count=$(wc -w <<< "$faults")
    [ "$(query "SELECT count(*) FROM crash")" = $((4 * count)) ]
    [ "$(query "SELECT count(*) FROM crash WHERE signature_id IS NULL")" = 0 ]
    [ "$(query "SELECT count(*) FROM signature")" = "$count" ]
    [ "$(query "SELECT count(DISTINCT crash.signature_id) FROM round JOIN crash ON round_id = round.id
        GROUP BY cell_id" | sort -u)" = 1 ]
    [ "$(query "SELECT count(DISTINCT seed) > 4 FROM round")" = 1 ]
}

@test "the signatures of the planted faults name function and class, and hold no address" {
    crash_rounds 2 noop --device null:fault=segv_offset,offset=24 --device null:fault=segv_offset,offset=4096 \
        --device null:fault=jump_null --device null:fault=stack_overflow
    query "SELECT key || ' ' || family FROM signature"
    [ "$(query "SELECT family FROM signature ORDER BY 1")" = \
        $'jump_null:mp_null_fault_jump_null\nnull-offset:mp_null_fault_segv_offset\nstack_overflow:recurse' ]
    [ "$(query "SELECT key FROM signature WHERE family LIKE 'stack%'")" = SIGSEGV/stack_overflow/recurse ]
    [ "$(query "SELECT count(*) FROM signature WHERE key LIKE '%0x%' OR key LIKE '%7f%'")" = 0 ]
}

@test "an abort is shown with its message, traced or not" {
    crash_rounds 2 noop --device null:fault=abort
    crash_rounds 2 noop --device null:fault=abort --capture off
    [ "$(query "SELECT was_traced, count(*) FROM round GROUP BY 1")" = $'0|2\n1|2' ]
    [ "$(query "SELECT DISTINCT outcome || ' ' || detail FROM round")" = \
        "abort SIGABRT in phase run; it said null: failed assertion \`planted'" ]
    # The one without a stack is known by its message alone.
    [ "$(query "SELECT was_traced, key FROM round JOIN signature ON signature.id = signature_id GROUP BY 1, 2")" = \
        "0|SIGABRT/no stack/null: failed assertion 'planted'
1|SIGABRT/null: failed assertion 'planted'/mp_null_fault_abort" ]
}

@test "a lost race and a broken rule of the model never share a bucket, and the rule is named" {
    [ -n "$(ls "$MP_BIN"/libmpmodel.* 2> /dev/null)" ] || skip "this build has no model"
    crash_rounds 4 destroy_impl --device metal@model:defects=destroy_race,reader=U
    crash_rounds 4 linear_nograph --device metal@model:defects=coalesce_assert
    query "SELECT scenario, key FROM crash JOIN round ON round.id = round_id JOIN cell ON cell.id = cell_id
        JOIN signature ON signature.id = crash.signature_id"
    # A round whose threads never met gives no verdict.
    crashes="crash JOIN round ON round.id = round_id JOIN cell ON cell.id = cell_id
        JOIN signature ON signature.id = crash.signature_id WHERE scenario ="
    [ "$(query "SELECT DISTINCT fault_class FROM $crashes 'destroy_impl'")" = null ]
    [ "$(query "SELECT count(*) FROM $crashes 'destroy_impl' AND key NOT LIKE 'SIGSEGV/null/%'")" = 0 ]
    [ "$(query "SELECT count(DISTINCT key), min(family) FROM $crashes 'linear_nograph'")" = \
        "1|abort:encoder_already_open" ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'abort' AND detail NOT LIKE
        '%already encoding to this command buffer%(encoder_already_open: two encoders were open%'")" = 0 ]
}

# signed ROUNDS: the keys of all rounds that failed, with how often each occurs. None may be without.
signed() {
    [ "$(query "SELECT count(*) FROM round JOIN outcome ON name = outcome WHERE class = 'failure' AND signature_id IS NULL")" = 0 ]
    query "SELECT count(*) || ' ' || key FROM round JOIN signature AS s ON s.id = signature_id GROUP BY s.id ORDER BY key"
}

@test "every way to fail without a crash is a signature, the same in all rounds" {
    crash_rounds 3 noop:threads=4 --device null:fault=exit_code --device null:fault=exit_early --device null:fault=deadlock --timeout 3s
    crash_rounds 3 mm:threads=4 --device null:fault=wrong --device null:fault=drop --device null:fault=gpu_error
    run -0 signed
    echo "$output"
    [[ "$output" == *"3 dropped/left in phase run with code 0"*"3 dropped/left in phase run with code 7"*"3 dropped/mp_mm/no output"* ]]
    [[ "$output" == *"3 gpu_error/mpstress.null 1/planted"*"3 hang/deadlock/encode/"*"3 mismatch/mp_mm/wrong numbers"* ]]
    [ "${#lines[@]}" -eq 6 ]
}

@test "such a signature is shown with its rounds, in the report and in each of its rounds" {
    crash_rounds 3 mm:threads=2 --device null:fault=drop
    [[ "$("$program" report --db rounds.db)" == *"named"*"signature 1: dropped in mp_mm: no output"* ]]
    run -0 "$program" show signature 1 --db rounds.db
    [[ "$output" == *"dropped in mp_mm: no output"*"family"*"dropped:mp_mm"*"3 rounds"*"3 of 3 rounds"* ]]
    [[ "$output" != *crash* ]]
    [[ "$("$program" show round 1 --db rounds.db)" == *"signature 1, family dropped:mp_mm: dropped/mp_mm/no output"* ]]
    [[ "$("$program" report --json --db rounds.db)" == *'"failures":[{"outcome":"dropped",'*'"signature":{"key":"dropped/mp_mm/no output"'* ]]
    [[ "$("$program" report --format csv --db rounds.db)" == *",dropped/mp_mm/no output,"* ]]
}

@test "a death that nobody watched is known by its signal" {
    crash_rounds 2 noop --device null:fault=segv_null --capture off
    run -0 signed
    [ "$output" = "2 SIGSEGV/no stack" ]
}

@test "the bucket of a failure does not depend on the file it is merged into" {
    crash_rounds 2 mm:threads=2 --device null:fault=drop --device null:fault=wrong
    mv rounds.db first.db
    crash_rounds 2 mm:threads=2 --device null:fault=gpu_error --device null:fault=wrong
    mv rounds.db second.db
    run -0 "$program" merge rounds.db first.db second.db
    run -0 signed
    [ "$output" = $'2 dropped/mp_mm/no output\n2 gpu_error/mpstress.null 1/planted\n4 mismatch/mp_mm/wrong numbers' ]
    run -0 "$program" doctor --db rounds.db
}

@test "signatures are listed, and a report of one has its rounds alone, by number, key or the beginning of it" {
    for fault in abort drop; do
        run -1 "$program" run noop:iters=2 mm:threads=1,iters=2 --device "null:fault=$fault" --rounds 3 --quiet --db rounds.db
    done
    run -0 "$program" list signatures --db rounds.db
    [ "$(grep -cE '^ +[0-9]+ +[0-9]+ rounds? ' <<< "$output")" = "$(query "SELECT count(DISTINCT signature_id) FROM round")" ]
    "$program" list signatures --json --db rounds.db > list.json
    [ "$(sqlite3 :memory: "SELECT sum(json_extract(value, '$.rounds')) FROM json_each(readfile('list.json'), '$.signatures')")" = 12 ]
    id=$(query "SELECT signature_id FROM round WHERE outcome = 'abort' LIMIT 1")
    key=$(query "SELECT key FROM signature WHERE id = $id")
    for name in "$id" "$key" "${key%?}"; do
        run -0 "$program" report --signature "$name" --json --db rounds.db
        printf '%s\n' "$output" > report.json
        [ "$(sqlite3 :memory: "SELECT group_concat(json_extract(value, '$.id')) FROM json_each(readfile('report.json'), '$.rounds')")" = \
            "$(query "SELECT group_concat(id) FROM (SELECT id FROM round WHERE signature_id = $id ORDER BY id DESC)")" ]
        run -0 "$program" show signature "$name" --db rounds.db
        [[ "$output" == "signature $id  "* ]]
    done
    # Of another campaign there is none of them, and its counts are of all rounds of a cell.
    run -0 "$program" report --signature "$id" --campaign 2 --db rounds.db
    [[ "$output" == *"count      0 rounds of campaign 2, $(query "SELECT count(*) FROM round WHERE signature_id = $id") in the database"* ]]
    run -0 "$program" report --signature "$id" --db rounds.db
    [[ "$output" == *"campaign 1: 3 of 3  "* ]]
    refused "no signature 'a/b/c'" "list signatures" -- report --signature a/b/c --db rounds.db
    refused "--signature" "--nights" -- report --signature 1 --nights --db rounds.db
    refused "--format junit" -- report --signature 1 --format junit --db rounds.db
}
