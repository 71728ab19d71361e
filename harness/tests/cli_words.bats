#!/usr/bin/env bats
# `mpstress list WORD`: the words by which people know tests, workarounds and faults find what they are called here.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    cd "$BATS_TEST_TMPDIR"
    program="$MP_BIN/mpstress"
    # Devices are probed one after the other: none is needed here.
    export MPSTRESS_LAVAPIPE=/no/such/driver.so
}

# known: the names of this build, between blanks.
known() {
    local kind
    for kind in scenarios arms devices; do
        printf ' '
        "$program" list --names "$kind" | tr '\n' ' '
    done
}

# Each word with the scenario, arm or device that it must show. One that this build does not have is left out.
words() {
    cat <<'W'
MPSStreamPool oversubscribe
test_oversubscription oversubscribe
test_pool_exhaustion oversubscribe
test_stream_pool_boundaries sync_storm
torch.mps.synchronize mm
BatchQueue batch
batch_inference batch
record_stream cross_stream
MPS_FORCE_GRAPH_PATH env
MPS_FORCE_GRAPH_PATH graph_path
Semaphore semaphore
chunk chunk
unflatten contiguous
AGX_FIX fix
DYLD_INSERT_LIBRARIES fix
AGX_FIX_DISABLE env
nn.MultiheadAttention mha
MultiheadAttention mha
TransformerEncoderLayer transformer_mix
complete_story_test_suite transformer_mix
nn.Linear linear_nograph
test_concurrent_forward linear_nograph
nn.LayerNorm layernorm
minimal_mps_contiguous_race contiguous
test_concurrent_mm mm
metal_race_repro_mps sync_storm
tsan_mps_test mm
TSan mm
nn.Sequential sequential
Conv1d conv1d
convolution conv1d
nn.LSTM lstm
RNN lstm
torch.scatter scatter
ScatterGather scatter
test_thread_churn thread_churn
thread_churn thread_churn
slots thread_churn
metal_race_repro queue_churn
test_memory_leak leak
shutdown exit_while_active
test_static_destruction exit_while_active
fork_active fork_exit
test_fork_safety fork_exit
test_oom_recovery_parallel memory_pressure
soak_test_quick soak
compileLibrary library_race
test_graph_compilation_stress library_race
allocator allocator_contention
destroyImpl destroy_impl
0x5c8 destroy_impl
AGXMetalG16X destroy_impl
MPS_DISABLE_ENCODING_MUTEX env
dispatch_sync sync_on_queue
multiprocess processes
MPSEvent event_mix
event event_mix
commit_and_continue metal@model
tryCoalescing linear_nograph
metal_bare_thread_race shared_buffer_misuse
async_pipeline_test encoder_churn
repro_dispatch_sync_with_rethrow_reentrancy reentrant
verify_patch metal@model
MTL_DEBUG_LAYER metal_validation
NSZombieEnabled zombies
PyTorch exec
MLX exec
IMP fix_encoder
IMP_caching_bypass metal@model
MPSHooks mm
hooks sync_storm
exceptions null
rethrow reentrant
.eval() transformer_mix
dropout mha
LSTM lstm
index_select contiguous
62x batch
PyTorch exec
SIGSEGV destroy_impl
0x2be070 destroy_impl
MTLReportFailure shared_buffer_misuse
preflight fix
TLS thread_churn
MTLCommandQueue queue_churn
MPSGuardImpl sync_storm
DataLoader fork_exit
MPSNDArrayIdentity contiguous
recordEvent event_pool
T2 shared_buffer_misuse
v2.9 fix
W
}

@test "the words of tests, workarounds and faults find what runs them here" {
    local word name known count=0
    known=$(known)
    while read -r word name; do
        case $known in *" $name "*) ;; *) continue ;; esac
        run -0 --separate-stderr "$program" list "$word"
        printf '%s\n' "$output" | grep -q "^\(scenario \|arm \|device \)*$name\b" || {
            echo "list $word does not show $name:"
            echo "$output"
            return 1
        }
        count=$((count + 1))
    done < <(words)
    [ "$count" -ge 45 ]
}

@test "a word says what it stands for, in any spelling, and an unknown one is refused" {
    run -0 "$program" list batch_queue
    [[ "$output" == *"batch_queue: requests of many threads gathered into one submission"* ]]
    [[ "$output" == *"  here: "*"batch"* ]]
    run -0 "$program" list 'Semaphore(1)'
    [[ "$output" == *"  here: serial"* ]]
    run -0 "$program" list test_static
    [[ "$output" == *"exit_while_active"* ]]
    run -2 "$program" list nosuchwordatall
    # What is no cell here is said all the same.
    run -0 "$program" list FB15684413
    [[ "$output" == "FB15684413: no cell but a command: 'mpstress package crash N DIR'"* ]]
    [[ "$output" != *"  here: "* ]]
    for word in hardware 2966 'upstream CI' Lean LIMITATIONS; do
        run -0 "$program" list "$word"
        [[ "$output" == "$word: "* ]]
    done
    # A name comes before a word.
    run -0 "$program" list layernorm
    [[ "$output" != *"  here: "* ]]
}

@test "each kind can be listed alone" {
    run -0 "$program" list suites
    [[ "$output" == "Suites (--suite NAME)"*"nightly"* && "$output" != *"Arms ("* ]]
    run -0 "$program" list arms
    [[ "$output" == "Arms (--arm NAME)"*"semaphore"* && "$output" != *"Suites ("* ]]
    run -0 "$program" list scenarios
    [[ "$output" == "Scenarios ("*"destroy_impl"* ]]
    run -0 "$program" list devices
    [[ "$output" == "Devices ("*"null"*"present: "* ]]
    # Each setting once, with all devices that have it.
    run -0 "$program" list settings
    [[ "$output" == "Settings of devices ("*"reader=U "*"; of metal@model, mps@model"*"fault=none "* ]]
    [ "$(grep -c '^ *reader=U ' <<<"$output")" -eq 1 ]
    [[ "$output" != *"threads=8"* ]]
    run -0 "$program" list parameters
    [[ "$output" == "Parameters of scenarios ("*"threads=8 "*" scenarios"*"window=none "*"; of destroy_impl"* ]]
    [[ "$output" != *"reader=U"* ]]
}

@test "the number of a public issue, a test or a figure finds its cells, each with a command that runs" {
    local line
    for word in 197836 '#197836' 'pytorch 197836' https://github.com/pytorch/pytorch/pull/197836; do
        run -0 "$program" list "$word"
        [[ "$output" == "197836: in suite known_issues"*"[destroy_impl: pytorch 197836] negative_control"* ]]
        [[ "$output" == *"  here: sync_on_queue"* ]]
    done
    line=$(grep -m 1 '^ *mpstress run ' <<<"$output")
    [[ "$line" == *" --device metal@model:defects=destroy_race --arm sync_on_queue" ]]
    PATH="$MP_BIN:$PATH" bash -c "$line --rounds 1 --db rounds.db" >said 2>&1
    # The cell is that of the suite.
    "$program" run --suite known_issues --rounds 1 --db suite.db --quiet >said 2>&1 || [ $? -eq 1 ]
    [ "$(sqlite3 rounds.db "ATTACH 'suite.db' AS suite; SELECT count(*) FROM cell JOIN suite.cell AS other
        USING (scenario, params, device, arm)")" -ge 1 ]
    run -0 "$program" list 1978
    [[ "$output" == "library_reload: "* ]]
    # A number is a word of its own: 48 is not a part of 0x1484, nor 32 of 320.
    run -0 "$program" list 048
    [[ "$output" == "48: events between streams"* ]]
    run -0 "$program" list 'patch 35'
    [[ "$output" == "35: pieces of the tensor"* ]]
    run -2 "$program" list '#1'
    [[ "$output" == *"no public issue, test or figure with the number 1 is known here; 'mpstress list known_issues' shows"* ]]
    run -2 "$program" list 1978360
}

@test "a phrase finds what its longest known parts mean" {
    run -0 "$program" list 'race in destroyImpl'
    [[ "$output" == "Of 'race in destroyImpl', 'destroyImpl' is known here."*"destroy_impl: "* ]]
    run -0 "$program" list '53.4 % efficiency at 4 threads'
    [[ "$output" == *", '53.4 % efficiency' is known here."*"--scaling"* ]]
    [[ "$output" != *", 'threads' is known"* ]]
    run -0 "$program" list MPS_FORCE_GRAPH_PATH=1
    [[ "$output" == *"graph_path: "* ]]
    run -0 "$program" list $'race\e[31m in destroyImpl'
    [[ "$output" != *$'\e'* ]]
    run -2 "$program" list 'what is of no use'
}

@test "an unknown name is told what is near it, settings and choices too, and where to see all" {
    local word near
    while read -r word near; do
        run -2 "$program" list "$word"
        [[ "$output" == *"nothing here is called '$word', did you mean '$near'"*"? 'mpstress list' shows all, "* ]]
        [ "${#output}" -lt 320 ]
    done <<'W'
destroyrace destroy_race
raeder reader
MPSStreamPol MPSStreamPool
oversubscrib3 oversubscribe
coalesce coalesce_assert
nihgtly nightly
setings settings
W
    run -2 "$program" list qqqqqqqqqq
    [[ "$output" == *"nothing here is called 'qqqqqqqqqq'; 'mpstress list' shows all, "* ]]
    [ "${#output}" -lt 320 ]
}

@test "whatever the table names exists, or is one of those that are still to come" {
    local name known coming=" cross_stream graph_path semaphore chunk linear_graph linear_mutex layernorm_mutex "
    coming="$coming processes graph_compile commit_open_encoder event_mix event_pool blit_fence abandon_encoder "
    known=$(known)
    # The names are the second string of a row.
    for name in $(tr '\n' ' ' <"$MP_SOURCE/harness/supervisor/cli/known_words.def" |
        sed 's/"  *"//g; s/MP_WORDS(/\n&/g' | sed -n 's/^MP_WORDS("[^"]*", *"\([^"]*\)".*/\1/p'); do
        name=${name%%[:=]*}
        case "$known$coming" in *" $name "*) ;; *) echo "unknown: $name" && return 1 ;; esac
    done
}
