# What a Vulkan driver is asked by the commands, counted by one that does nothing (fake_icd.c).
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

setup_file() {
    [ "$(uname -s)" = Linux ] || skip "the driver that counts is built on Linux"
    export MPSTRESS_LOCK="$BATS_FILE_TMPDIR/gpu.lock"
    export MPSTRESS_LAVAPIPE="$MP_BIN/../tests/fake_icd.so"
}

# counting: from here on the driver writes into $FAKE_ICD_CALLS, and the system's loader has no other one.
counting() {
    export FAKE_ICD_CALLS="$PWD/calls"
    printf '{"file_format_version":"1.0.0","ICD":{"library_path":"%s","api_version":"1.2.0"}}' "$MPSTRESS_LAVAPIPE" > fake.json
    export VK_DRIVER_FILES="$PWD/fake.json" VK_ICD_FILENAMES="$PWD/fake.json"
    export VK_LOADER_LAYERS_DISABLE='~implicit~' NODEVICE_SELECT=1
}

# leaves CODE|- ARGUMENT...: the command leaves with CODE and never loaded the driver.
leaves() {
    local code="$1"
    shift
    run "$program" "$@"
    [ "$code" = - ] || [ "$status" -eq "$code" ] || { echo "$*: $status, $output"; return 1; }
    [ ! -e calls ] || { echo "$* loaded the driver"; return 1; }
}

@test "no command opens a driver on which it runs nothing, but for the list of devices and doctor" {
    counting
    leaves 0 version
    leaves 0 help
    leaves 0 help run
    leaves 0 help --format=man
    leaves 0 help --format=bash
    leaves 0 list --names devices
    leaves 0 list --names arms
    leaves 0 list mm
    leaves 0 list smoke
    leaves 0 list null
    leaves 2 run no_such_scenario --device null
    leaves 0 run noop single_thread:iters=2 --device null --rounds 2 --quiet --db rounds.db
    leaves 0 run --exec true --rounds 2 --quiet --db rounds.db
    leaves - compare noop --device null --rounds 2 --quiet --db rounds.db
    leaves - plan --claim 'rate<50%@95%' --db rounds.db
    leaves 0 report --db rounds.db
    leaves 0 show round 1 --db rounds.db
    leaves 0 merge all.db rounds.db
    leaves - doctor rounds.db
    run -0 "$program" list
    [ "$(grep -c '^instance' calls)" -ge 1 ]
    rm calls
    # Once to see what it is, once in each round.
    run -0 "$program" run noop --device vulkan@lavapipe --rounds 3 --quiet --db rounds.db
    [ "$(grep -c '^instance' calls)" = 4 ]
}

# per_op FILE: the calls that were made for each of 3000 ops.
per_op() {
    awk '$2 >= 3000 { print $1, $2 / 3000 }' "$1" | sort
}

@test "an op is as many calls as in the smallest loop over them" {
    counting
    run -0 "$program" run noop:iters=3000 --device vulkan@lavapipe --rounds 1 --quiet --db rounds.db
    grep -q '^vkWaitSemaphores 3000$' calls
    run ! grep -q '^vkGetSemaphoreCounterValue' calls
    awk '/^instance/ { n++ } n == 2' calls > ours
    [ "$(grep -c . ours)" -gt 10 ]
    rm calls
    run "$MP_BIN/bench_vulkan" noop 1 3000
    [ "$status" -ne 77 ] || skip "no Vulkan loader"
    [ "$status" -eq 0 ]
    diff <(per_op ours) <(per_op calls)
}

@test "a function of a driver without symbols has the name by which the client asked for it" {
    counting
    run ! grep -q . <(nm "$MPSTRESS_LAVAPIPE" 2>/dev/null)
    FAKE_ICD_FAULT=vkCmdDispatch run -1 "$program" run noop --device vulkan@lavapipe --rounds 2 --quiet --db rounds.db
    # The fault is in a helper of it, which has no name: module, offset and build.
    run -0 "$program" show crash 1 --db rounds.db
    [[ "$output" =~ SIGSEGV\ at\ NULL\+0x8\ in\ fake_icd\.so\ \+\ [0-9]+\ \(build ]]
    [[ "$output" =~ \ 0\ +0x[0-9a-f]+\ +fake_icd\.so\ \+\ [0-9]+ ]]
    [[ "$output" =~ \ 1\ +vkCmdDispatch\ \+\ [0-9]+\ +fake_icd\.so ]]
    [[ "$(query "SELECT key FROM signature")" == *'fake_icd.so!+0x'*'|vkCmdDispatch|'* ]]
}

@test "what a device does not call has no name, nor has another library, nor a library of a program" {
    counting
    run -0 "$program-round" --list-methods "$MPSTRESS_LAVAPIPE" --driver-of vulkan@lavapipe
    [[ "$output" == "image"*$'\tvkQueueSubmit\n'*$'\nend' ]]
    run ! grep -q icdGet <<< "$output"
    run -2 "$program-round" --list-methods /no/such/library.so --driver-of vulkan@lavapipe
    [[ "$output" == *"/no/such/library.so holds no function that device vulkan@lavapipe calls"* ]]
    rm calls
    run -2 "$program-round" --list-methods "$MPSTRESS_LAVAPIPE" --driver-of program
    [ ! -e calls ]
}

@test "library_reload really unloads the driver, and finds one that leaves a thread behind" {
    counting
    run "$program" run library_reload:iters=4,threads=3 --device vulkan@lavapipe --rounds 1 --quiet --db rounds.db
    # The sanitizers' builds keep every library.
    ! nm "$program-round" | grep -Eq '__[at]san_init' || {
        [ "$status" -eq 4 ]
        [[ "$(query "SELECT detail FROM round")" == *"this build has a sanitizer"* ]]
        return 0
    }
    # The driver that does nothing computes no product.
    [ "$status" -eq 1 ]
    [ "$(query "SELECT outcome || ': ' || ops_planned || ', ' || ops_dropped FROM round")" = "dropped: 13, 13" ]
    # To describe it, by the round, in set-up, and anew in each visit that is alone: two of each thread.
    [ "$(grep -c '^loaded' calls)" -ge 9 ]
    FAKE_ICD_STAYS=thread run -1 "$program" run library_reload:iters=400 --device vulkan@lavapipe --rounds 5 --quiet --db rounds.db
    [ "$(query "SELECT count(*) > 0 FROM round WHERE outcome = 'crash'")" = 1 ]
    FAKE_ICD_STAYS=pinned run -4 "$program" run library_reload --device vulkan@lavapipe --rounds 1 --quiet --db pinned.db
    [[ "$(query "SELECT outcome || ': ' || detail FROM round" pinned.db)" == "skip: "*"fake_icd.so stays loaded although"* ]]
    run -4 "$program" run library_reload --device metal@model --device null --rounds 1 --quiet --db absent.db
    [[ "$(query "SELECT group_concat(detail) FROM round" absent.db)" == *"device null keeps its driver's library loaded, or has none"* ]]
}
