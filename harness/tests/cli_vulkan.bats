# The devices vulkan and vulkan@lavapipe: present or absent they never end a command, and they leave nothing behind.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# A GPU of their own, beside other tests.
export MPSTRESS_LOCK="$BATS_RUN_TMPDIR/cli_vulkan.lock"

need_lavapipe() {
    "$MP_BIN/mpstress-round" --describe-device vulkan@lavapipe | grep -q $'^device\tvulkan@lavapipe\t1' ||
        skip "lavapipe is not installed (scripts/bootstrap vulkan)"
}

@test "a missing driver is a row that says what to install, and a skip" {
    export MPSTRESS_LAVAPIPE=/no/such/driver.so VK_DRIVER_FILES=/no/such/driver.json VK_ICD_FILENAMES=/no/such/driver.json
    run -0 "$program" list vulkan@lavapipe
    [[ "$output" == *"absent"*"MPSTRESS_LAVAPIPE names cannot be loaded"*"mesa-vulkan-drivers (Debian)"* ]]
    run -0 "$program" list vulkan
    [[ "$output" == *"absent"*"Vulkan"* ]]
    run -4 "$program" run mm --device vulkan@lavapipe --device vulkan --rounds 2 --quiet --db rounds.db
    [ "$(query "SELECT group_concat(DISTINCT outcome) FROM round")" = skip ]
    [[ "$(query "SELECT group_concat(detail) FROM round")" == *"mesa-vulkan-drivers"* ]]
}

@test "a round on another device does not load the driver" {
    need_lavapipe
    export LD_DEBUG=files LD_DEBUG_OUTPUT="$PWD/loads"
    run -0 "$program" run noop --device null --rounds 1 --quiet --db rounds.db
    cat loads.* > all
    grep -q mpstress-round all
    run ! grep -i libvulkan all
    rm loads.*
    run -0 "$program" run noop --device vulkan@lavapipe --rounds 1 --quiet --db rounds.db
    cat loads.* | grep -q libvulkan_lvp
}

@test "compiled kernels are kept in files only when asked" {
    need_lavapipe
    export XDG_CACHE_HOME="$PWD/cache" HOME="$PWD"
    unset MESA_SHADER_CACHE_DISABLE
    mkdir cache
    run -0 "$program" run single_thread:n=8 --device vulkan@lavapipe --rounds 1 --quiet --db rounds.db
    [ -z "$(find cache -type f)" ]
    run -0 "$program" run single_thread:n=8 --device vulkan@lavapipe:cache=on --rounds 1 --quiet --db rounds.db
    [ -n "$(find cache -type f)" ]
    [ "$(query "SELECT group_concat(substr(facts, instr(facts, 'cache=')), ' ') FROM round_driver")" = "cache=off cache=on" ]
}

@test "the loader's driver computes the same, and its facts name the layers that were asked for" {
    need_lavapipe
    "$MP_BIN/mpstress-round" --describe-device vulkan | grep -q $'^device\tvulkan\t1' || skip "no Vulkan loader with a driver"
    run -0 "$program" run single_thread:n=8 --device vulkan --rounds 2 --quiet --db rounds.db
    [[ "$(query "SELECT facts FROM round_driver")" == "via=loader driver="*" layers=none cache=off" ]]
    run "$program" run single_thread:n=8 --device vulkan --rounds 1 --quiet --db rounds.db --night
    [ "$status" -ne 2 ]
    VK_INSTANCE_LAYERS=VK_LAYER_none run "$program" run single_thread:n=8 --device vulkan --rounds 1 --quiet --db rounds.db --night
    [ "$status" -eq 2 ]
    [[ "$output" == *VK_INSTANCE_LAYERS* ]]
}

@test "a crash on the driver's own thread shows which calls submitted the work" {
    need_lavapipe
    ! nm "$program-round" | grep -Eq '__[at]san_init' || skip "a sanitizer reports the crash in its own way"
    # Its first rounds may all be of the sort that drops ops: until one crashes.
    for try in 1 2 3 4 5 6; do
        "$program" run destroy_impl:threads=16 --device vulkan@lavapipe --rounds 10 --quiet --db rounds.db > said || [ $? -le 3 ]
        found=$(query "SELECT min(c.id) FROM crash c JOIN crash_thread t ON t.crash_id = c.id AND t.tid = c.tid WHERE NOT EXISTS
            (SELECT 1 FROM crash_frame f WHERE f.crash_id = c.id AND f.tid = c.tid AND f.symbol = 'worker_main')
            AND c.signal = 11")
        [ -z "$found" ] || break
    done
    run -0 "$program" show crash "$found" --db rounds.db
    [[ "$output" =~ "work of    worker "[0-9]+" by commit on stream 0" ]]
    [[ "$output" =~ started\ by\ libvulkan_lvp\.so ]]
    "$program" show crash "$found" --json --db rounds.db > crash.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('crash.json'), '$.crashes[0].work_of[0].op')")" = commit ]
}

# The loader with lavapipe alone, and Khronos's layer.
need_layer() {
    need_lavapipe
    local drivers=(/usr/share/vulkan/icd.d/lvp_icd.*.json)
    [ -f "${drivers[0]}" ] && [ -f /usr/share/vulkan/explicit_layer.d/VkLayer_khronos_validation.json ] ||
        skip "no validation layer beside lavapipe (scripts/bootstrap vulkan)"
    export VK_DRIVER_FILES="${drivers[0]}" VK_ICD_FILENAMES="${drivers[0]}"
    ! nm "$program-round" | grep -Eq '__[at]san_init' || skip "the layer is no sanitizer's friend"
}

@test "the client is silent under Khronos's validation layer, in no rate, and so is every twin" {
    need_layer
    run -0 "$program" run mm:threads=4,iters=4 layernorm:threads=4,iters=4 contiguous:threads=4,iters=4 \
        linear_nograph:threads=4,iters=4 single_thread:iters=8 noop fork_exit:threads=2 \
        queue_churn:iters=2 reentrant:iters=2 thread_churn:iters=8 encoder_churn:iters=8 pipeline_churn:iters=2 \
        library_race:iters=2 allocator_contention:iters=2 memory_limit memory_pressure \
        vulkan_misuse:rule=kept,iters=2,kind='reset_recorded|free_recorded|pool_reset_recorded|submit_recorded' \
        vulkan_misuse:rule=kept,iters=2,kind='two_recorders|free_in_flight|buffer_in_flight|pipeline_in_flight' \
        vulkan_misuse:rule=kept,iters=2,kind='set_in_flight|fence_in_flight|descriptor_pool_unlocked' \
        vulkan_misuse:rule=kept,iters=2,kind='command_pool_unlocked|queue_unlocked|device_under_threads' \
        --device vulkan --arm validation --rounds 1 --timeout 60s --quiet --db rounds.db
    [ "$(query "SELECT count(*) FROM round WHERE outcome NOT IN ('pass', 'no_overlap')")" = 0 ]
    [ "$(query "SELECT count(*) FROM round")" = 30 ]
    [ "$(query "SELECT DISTINCT role FROM campaign_cell")" = finder ]
    [[ "$output" == *"Arms that find, in no rate"*"found nothing"* ]]
    [[ "$(query "SELECT DISTINCT path FROM round_driver")" == *libVkLayer_khronos_validation* ]]
}

@test "the layer names the rule that is broken, and how often" {
    need_layer
    run -1 "$program" run vulkan_misuse:iters=3,threads=2,kind='set_in_flight|fence_in_flight' --device vulkan \
        --arm validation --rounds 1 --timeout 60s --quiet --db rounds.db
    [[ "$(query "SELECT group_concat(detail) FROM round")" == *"VUID-vkUpdateDescriptorSets-None-03047 ×"* ]]
    [[ "$(query "SELECT group_concat(detail) FROM round")" == *"VUID-vkDestroyFence-fence-01120 ×"* ]]
    [[ "$(query "SELECT group_concat(stderr) FROM round_text")" == *"validation: "* ]]
    [ "$(query "SELECT group_concat(DISTINCT gpu_error_domain) FROM round")" = "" ]
}

@test "without a loader, or without the layer, its rounds are skips that say so" {
    need_lavapipe
    run -4 "$program" run noop --device vulkan@lavapipe --arm validation --rounds 1 --quiet --db rounds.db
    [[ "$(query "SELECT detail FROM round")" == *"arm validation finds nothing on device vulkan@lavapipe"* ]]
    need_layer
    VK_LAYER_PATH=/no/such/folder run -4 "$program" run noop --device vulkan --arm validation --rounds 1 --quiet --db away.db
    [[ "$(query "SELECT detail FROM round" away.db)" == *"finds no VK_LAYER_KHRONOS_validation; install vulkan-validationlayers"* ]]
}
