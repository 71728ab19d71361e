/* The frames of a stopped arm64 thread, by its chain of frame records. Apple's ABI keeps
 * x29 at a record {caller's x29, return address} at all times; leaf functions and
 * prologues have their caller in x30 only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_WALK_ARM64_H
#define MP_CAPTURE_WALK_ARM64_H

#include "harness/supervisor/capture/task.h"
#include "harness/wire/crash.h"

/* Where the caller of the innermost function is. */
enum mp_arm64_caller {
    MP_ARM64_IN_FRAME, /* in the record at x29 */
    MP_ARM64_IN_LR     /* in x30; the record at x29 is the caller's own */
};

/* Instructions of a function that are looked at, from its start. */
#define MP_ARM64_CODE_MAX 1024

/* Pure: `code` is a function from its first instruction up to the one at pc, which is not
 * in it. */
enum mp_arm64_caller mp_arm64_find_caller(const uint32_t *code, size_t count);

struct mp_arm64_walk {
    uint64_t pc[MP_CRASH_FRAMES_MAX]; /* stripped; the first is the thread's own pc */
    size_t count;
    size_t total; /* with those that are not kept, up to MP_CRASH_FRAMES_COUNTED */
};

/* Follows the records while they are aligned, rise and lie in readable memory without a
 * gap. */
void mp_arm64_walk(const struct mp_task *task, const struct mp_arm64_state *state,
                   enum mp_arm64_caller caller, struct mp_arm64_walk *ret_walk);

#endif
