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
    run ! grep -i vulkan all
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
