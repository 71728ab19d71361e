#!/usr/bin/env bats
# The life of an encoder's context, checked to completion by spin, says what the emulator says of the driver's
# instructions (patch.bats) and what the model driver does in rounds: who is hurt in which order, and what cures it.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0
load driver_fixture

setup_file() {
    # Of each reader, order and fix: whether any run meets NULL, or a context that was given back; the states of both searches.
    "$MP_SOURCE/repro/spin/check" > "$BATS_FILE_TMPDIR/table" 2> "$BATS_FILE_TMPDIR/err"
}

setup() {
    cd "$BATS_TEST_TMPDIR" || exit 1
    export LC_ALL=C.UTF-8
    unset MPSTRESS_DB
    table="$BATS_FILE_TMPDIR/table"
}

@test "readers, orders and fixes: which can meet NULL or a context that was given back" {
    [ ! -s "$BATS_FILE_TMPDIR/err" ]
    cat "$table"
    # Each search went over more than a handful of states.
    awk 'NR > 1 && ($6 + 0 < 40 || $7 + 0 < 40) { exit 1 }' "$table"
    awk 'NR > 1 { print $1, $2, $3, $4, $5 }' "$table" > found
    cat > expected <<'END'
U original none yes yes
U original mutex yes no
U original guard no no
U patched none yes yes
U patched mutex yes no
U patched guard no no
L original none yes yes
L original mutex no no
L original guard no no
L patched none no no
L patched mutex no no
L patched guard no no
S original none yes yes
S original mutex no no
S original guard no no
S patched none yes yes
S patched mutex no no
S patched guard no no
P original none no yes
P original mutex no no
P original guard no no
P patched none no no
P patched mutex no no
P patched guard no no
END
    diff expected found
}

@test "the emulator says the same of the driver's instructions, over both of their paths" {
    known driver
    readers readers
    "$MP_BIN/../tests/store_order_walk" driver readers > walked
    cat walked
    awk '$2 == "path" { key = $1 " " $4; order[key]; if ($6 > 0) null[key]; if ($7 > 0) stale[key] }
        END { for (key in order) print key, key in null ? "yes" : "no", key in stale ? "yes" : "no" }' walked | sort > emulated
    awk '$3 == "none" { print $1, $2, $4, $5 }' "$table" | sort > checked
    [ "$(wc -l < checked)" -eq 8 ]
    diff checked emulated
}

# seen: of each reader, order and fix, the rounds on the model that crashed, and those that used a context that was given back.
seen() {
    sqlite3 -readonly -cmd '.timeout 10000' -separator ' ' rounds.db "
        SELECT substr(device, instr(device, 'reader=') + 7, 1), CASE WHEN device LIKE '%order=patched%' THEN 'patched' ELSE 'original' END,
            CASE WHEN arm = 'none' THEN 'none' WHEN arm LIKE 'fix=%' THEN 'mutex' ELSE 'guard' END,
            sum(outcome = 'crash'), sum(ifnull(json_extract(figures, '\$.stale_uses'), 0) > 0)
        FROM round JOIN cell ON cell.id = cell_id GROUP BY 1, 2, 3" | sort
}

@test "the model driver meets NULL where that can be, under a lock and a library that rejects too, and nowhere else" {
    late="$MP_BIN/../tests/libfix_defect_late.so"
    [ -e "$late" ] || skip "built without the model, or with a sanitizer: no library with the lock alone"
    for reader in U L S P; do
        for order in original patched; do
            devices+=(--device "metal@model:defects=destroy_race,reader=$reader,order=$order,rendezvous=on")
        done
    done
    awk 'NR > 1 { print $1, $2, $3, $4, $5 }' "$table" | sort > checked
    for try in {1..10}; do # a round need not meet what it can
        "$MP_BIN/mpstress" run destroy_impl:iters=4,threads=4 "${devices[@]}" --arm none --arm fix_encoder --arm fix --fix "$late" \
            --rounds 3 --db rounds.db --quiet > out 2>&1 || true
        seen > met
        [ "$(wc -l < met)" -eq 24 ]
        paste -d ' ' checked met | awk '($4 == "yes") != ($9 > 0) { exit 1 }' && break
    done
    echo "try $try"
    paste -d ' ' checked met
    paste -d ' ' checked met | awk '$1 $2 $3 != $6 $7 $8 || ($4 == "yes") != ($9 > 0) || ($5 == "no" && $10 > 0) { exit 1 }'
    # A reader that never faults goes on with what was given back, in the original order alone.
    grep -q '^P original none 0 [1-9]' met
}
