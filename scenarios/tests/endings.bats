#!/usr/bin/env bats
# Scenarios that end a process, or a child of it, while the device is in use: whether they do, and what a driver that
# cannot bear it looks like. A preloaded library stands for the driver: it aborts at the end of a process.
# SPDX-License-Identifier: Apache-2.0

bats_require_minimum_version 1.5.0

setup() {
    ! nm "$MP_BIN/mpstress-round" | grep -Eq '__[at]san_init' ||
        skip "a sanitizer has something of its own to say at the end of a process"
    cd "$BATS_TEST_TMPDIR"
    cat > driver.c <<'C'
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static pid_t loaded_by;
/* A thread that was joined may be listed for a moment. */
static int threads(void) {
    int count = 99;
    for (int i = 0; count > 4 && i < 400; i++) {
        DIR *folder = opendir("/proc/self/task");
        count = 0;
        for (struct dirent *at; folder && (at = readdir(folder));)
            count += at->d_name[0] != '.';
        if (folder)
            closedir(folder);
        usleep(5000);
    }
    return count;
}
__attribute__((constructor)) static void load(void) { loaded_by = getpid(); }
__attribute__((destructor)) static void end(void) {
    const char *dislikes = getenv("DISLIKES");
    if (!dislikes || (strcmp(dislikes, "threads") == 0 ? threads() > 4 : getpid() != loaded_by))
        abort();
}
C
    cc -shared -fPIC -o driver.so driver.c
}

# ended WHAT DISLIKES SCENARIO: the outcomes of two rounds.
ended() {
    rm -f rounds.db
    DISLIKES=$1 LD_PRELOAD=$PWD/driver.so run "$MP_BIN/mpstress" run "$2" --device null --rounds 2 --timeout 60s \
        --quiet --db rounds.db
    echo "$output"
    [ "$(sqlite3 -readonly rounds.db "SELECT group_concat(DISTINCT outcome || ' ' || phase) FROM round")" = "$3" ]
}

@test "a process that exits or returns while its threads are at work has them until its end" {
    ended threads exit_while_active:leave=exit 'abort done'
    ended threads exit_while_active:leave=return 'abort done'
}

@test "with join=on they have ended before" {
    ended threads exit_while_active:join=on,leave=exit 'pass done'
    ended threads exit_while_active:join=on,leave=return 'pass done'
}

@test "a child of fork runs what is left for the end of a process, and its death is the round's" {
    ended child fork_exit 'crash done'
    ended threads fork_exit 'pass done'
    [ "$(sqlite3 -readonly rounds.db "SELECT min(ops_done) >= 64 FROM round")" = 1 ]
}

@test "all of them pass on the model, and on lavapipe where it is installed" {
    devices='--device metal@model'
    ! "$MP_BIN/mpstress-round" --describe-device vulkan@lavapipe | grep -q $'^device\tvulkan@lavapipe\t1' ||
        devices="$devices --device vulkan@lavapipe"
    # shellcheck disable=SC2086
    run "$MP_BIN/mpstress" run 'exit_while_active:leave=exit|return,join=on|off' fork_exit $devices --rounds 1 \
        --timeout 60s --quiet --db rounds.db
    echo "$output"
    [ "$status" -eq 0 ]
}

@test "a forked child that does an op is right where ops need no thread, and hangs where the parent has the threads" {
    run -0 "$MP_BIN/mpstress" run fork_exit:child=use,threads=2 --device null --rounds 2 --timeout 60s --quiet --db rounds.db
    run "$MP_BIN/mpstress" run fork_exit:child=use,threads=2,patience=1,forks=1 --device metal@model --rounds 1 --timeout 60s \
        --quiet --db model.db
    [ "$status" -eq 1 ]
    [[ "$(sqlite3 -readonly model.db "SELECT detail FROM round")" == *"a forked child that uses the device did not end within 1 s"* ]]
}
