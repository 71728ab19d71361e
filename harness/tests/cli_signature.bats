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
        LEFT JOIN signature ON signature.id = signature_id GROUP BY 1, 2"
    count=$(wc -w <<< "$faults")
    [ "$(query "SELECT count(*) FROM crash")" = $((4 * count)) ]
    [ "$(query "SELECT count(*) FROM crash WHERE signature_id IS NULL")" = 0 ]
    [ "$(query "SELECT count(*) FROM signature")" = "$count" ]
    [ "$(query "SELECT count(DISTINCT signature_id) FROM round JOIN crash ON round_id = round.id
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
    [ "$(query "SELECT key FROM signature")" = \
        "SIGABRT/null: failed assertion 'planted'/mp_null_fault_abort" ]
}

@test "a lost race and a broken rule of the model never share a bucket, and the rule is named" {
    [ -n "$(ls "$MP_BIN"/libmpmodel.* 2> /dev/null)" ] || skip "this build has no model"
    crash_rounds 4 destroy_impl --device metal@model:defects=destroy_race,reader=U
    crash_rounds 4 linear_nograph --device metal@model:defects=coalesce_assert
    query "SELECT scenario, key FROM crash JOIN round ON round.id = round_id JOIN cell ON cell.id = cell_id
        JOIN signature ON signature.id = signature_id"
    # A round whose threads never met gives no verdict.
    crashes="crash JOIN round ON round.id = round_id JOIN cell ON cell.id = cell_id
        JOIN signature ON signature.id = signature_id WHERE scenario ="
    [ "$(query "SELECT DISTINCT fault_class FROM $crashes 'destroy_impl'")" = null ]
    [ "$(query "SELECT count(*) FROM $crashes 'destroy_impl' AND key NOT LIKE 'SIGSEGV/null/%'")" = 0 ]
    [ "$(query "SELECT count(DISTINCT key), min(family) FROM $crashes 'linear_nograph'")" = \
        "1|abort:encoder_already_open" ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome = 'abort' AND detail NOT LIKE
        '%already encoding to this command buffer%(encoder_already_open: two encoders were open%'")" = 0 ]
}
