# scripts/bench_gpu: what it packs runs without our packages, in pieces, and its tables say what was measured. Lavapipe
# stands in for a GPU.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

bench_gpu() {
    "$MP_SOURCE/scripts/bench_gpu" "$@"
}

pack() {
    [ "$(uname -sm)" = "Linux x86_64" ] || skip "packs for x86-64 Linux only"
    bench_gpu pack --bare --bin "$MP_BIN" "$PWD/pack"
}

need_vulkan() {
    export MPSTRESS_LOCK="$PWD/gpu.lock"
    icd=/usr/share/vulkan/icd.d/lvp_icd.x86_64.json
    [ -f "$icd" ] || skip "lavapipe is not installed (scripts/bootstrap vulkan)"
    export VK_DRIVER_FILES=$icd VK_ICD_FILENAMES=$icd
    "$MP_BIN/mpstress-round" --describe-device vulkan | grep -q $'^device\tvulkan\t1' || skip "no Vulkan loader"
}

@test "the folder holds programs and libraries, and wrong words are refused" {
    pack
    for program in mpstress mpstress-round bench_vulkan; do
        [ -z "$(comm -23 <(ldd "$MP_BIN/$program" | awk '$3 ~ "^/" { print $1 }' |
            grep -Ev '^(libc|libm|libdl|librt|libpthread|libstdc|libgcc_s|ld-linux)' | sort) <(ls pack/lib))" ]
    done
    grep -q '^mpstress ' pack/packed.txt
    run ! bench_gpu pack --bare --bin "$MP_BIN" "$PWD/pack"
    [[ "$output" == *"exists already"* ]]
    run -2 bench_gpu unpack "$PWD/pack"
    run -2 bench_gpu pack
    run -2 pack/run machine nothing
    [[ "$output" == *"unknown step"*nothing* ]]
    run -2 bench_gpu report "$PWD/nowhere"
    [ "$(pack/run --list | tr '\n' ' ')" = "machine correct catalogue exit ops startup summary " ]
}

@test "steps run in pieces, go on where they stopped, and become one database with its page" {
    pack
    need_vulkan
    run -0 pack/run --to results --rounds 6 --scale 0.02 machine correct startup
    # Its limit stops a step, whose rounds in flight count; the next call does the rest.
    run -0 pack/run --to results --scale 0.02 --limit 1 ops
    run -0 pack/run --to results --scale 0.02 ops
    [ "$(query "SELECT count(*) FROM round" results/steps/ops.db)" = 36 ] # 18 cells, each with a bare one
    run -0 pack/run --to results --scale 0.02 ops
    [[ "$output" == *"ops: complete already"* ]]
    [ "$(query "SELECT count(*) FROM campaign" results/gpu.db)" = 6 ]
    [ "$(query "SELECT count(*) FROM round WHERE outcome NOT IN ('pass', 'no_overlap')" results/gpu.db)" = 0 ]
    # No path of this machine: what is stored goes into a repository.
    [ "$(query "SELECT count(*) FROM campaign WHERE argv GLOB '*/*'" results/gpu.db)" = 0 ]
    grep -q '^noop, 32 threads  .* of 1$' results/summary.txt
    grep -q '^mm, 2 threads, batch 16  .* of 1$' results/summary.txt
    grep -qE '^[0-9]+ rounds in [0-9.]+ s: [0-9.]+ a second$' results/summary.txt
    grep -qE '^correct  *first [0-9]+, last [0-9]+, most [0-9]+ in' results/summary.txt
    MPSTRESS=$program run -0 bench_gpu report --name lavapipe --to reference results
    [ "$(query "SELECT count(*) FROM round" reference/lavapipe.db)" = "$(query "SELECT count(*) FROM round" results/gpu.db)" ]
    grep -q '^noop, 1 thread ' reference/lavapipe.md
    grep -q 'llvmpipe' reference/lavapipe.md
}

@test "the table has the medians and ratios of its rounds" {
    head='scenario,params,outcome,wall_ns,run_ns,ops_done'
    ours='noop,"{""iters"":10,""threads"":2}",pass,9,'
    bare='exec,"{""build"":""x"",""exec"":""bench_vulkan noop 2 10""}",pass,9,'
    printf '%s\n' "$head" "${ours}100,20" "${bare}200,2" "${ours}50,20" "${bare}50,2" "${ours}400,20" "${bare}100,2" \
        'noop,"{""iters"":10,""threads"":2}",crash,9,1,20' > rounds.csv
    run -0 awk -v what=ops -f "$MP_SOURCE/scripts/bench_gpu.d/ratios.awk" rounds.csv
    # ops/s, ours 2e8 4e8 5e7, bare 1e8 4e8 2e8; ratios 2, 1, 0.25
    [ "$(tail -n 1 <<< "$output" | tr -s ' ')" = "noop, 2 threads 200000000.0 200000000.0 1.000 [0.250, 2.000] of 3" ]
}

@test "the reference database opens, is sound, and says what its page says" {
    cp "$MP_SOURCE/results/reference/h200.db" .
    run -1 "$program" report --db h200.db --campaign 8
    [[ "$output" == *"FAILURES  39 of 100 rounds; 39 of 39 rounds of the subjects failed"* ]]
    grep -q '39 of 39 rounds of the subjects failed' "$MP_SOURCE/results/reference/h200.md"
    run -0 "$program" show crash 1 --db h200.db
    [[ "$output" == *"SIGSEGV jumping to NULL"* ]]
    [ "$(query "SELECT count(*), sum(outcome = 'pass') FROM round JOIN cell ON cell.id = cell_id WHERE device LIKE 'vulkan%'
        AND campaign_id IN (1, 7)" h200.db)" = "2085|2085" ]
    [ "$(query "PRAGMA integrity_check" h200.db)" = ok ]
    [ "$(query "SELECT count(*) FROM round" h200.db)" = 4183 ]
}

@test "so does that of the whole catalogue" {
    cp "$MP_SOURCE/results/reference/h200_catalogue.db" .
    run -1 "$program" report --db h200_catalogue.db --campaign 2
    [[ "$output" == *"FAILURES  6 of 30 rounds of the subjects failed"* ]]
    [ "$(query "SELECT count(*), sum(outcome = 'crash'), group_concat(DISTINCT iif(outcome = 'pass', '', scenario)) FROM round
        JOIN cell ON cell.id = cell_id WHERE outcome NOT IN ('skip', 'lost')" h200_catalogue.db)" = "1019|6|,library_reload" ]
    grep -q '0 of 989 rounds of the subjects failed' "$MP_SOURCE/results/reference/h200_catalogue.md"
}
