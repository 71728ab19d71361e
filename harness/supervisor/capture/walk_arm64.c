/* The walk, and a look at a prologue. Encodings: Arm Architecture Reference Manual, C4.1.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/walk_arm64.h"

#include <string.h>

#define RECORD_ALIGNMENT 16

struct record {
    uint64_t next, lr;
};

/* add x29, sp, #n (mov x29, sp with n 0): from here on x29 is at the function's own
 * record. */
static bool sets_frame(uint32_t word) {
    return (word & 0xff8003ff) == 0x910003fd;
}

/* ldp x29, x30, [sp ...], in its three forms. */
static bool restores_frame(uint32_t word) {
    uint32_t form = word & 0xffc07fff;
    return form == 0xa9407bfd || form == 0xa8c07bfd || form == 0xa9c07bfd;
}

/* What follows it is reached from elsewhere: ret, retaa, retab, b, br, braa ... */
static bool ends_path(uint32_t word) {
    return (word & 0xfffffc1f) == 0xd65f0000 || (word & 0xfffffbff) == 0xd65f0bff ||
           (word & 0xfc000000) == 0x14000000 || (word & 0xfffffc1f) == 0xd61f0000 ||
           (word & 0xfefff800) == 0xd61f0800;
}

enum mp_arm64_caller mp_arm64_find_caller(const uint32_t *code, size_t count) {
    bool has_frame = false, was_set = false;
    for (size_t i = 0; i < count; i++) {
        if (sets_frame(code[i])) {
            has_frame = true;
            was_set = true;
        } else if (restores_frame(code[i])) {
            has_frame = false;
        } else if (ends_path(code[i])) {
            has_frame = was_set;
        }
    }
    return has_frame ? MP_ARM64_IN_FRAME : MP_ARM64_IN_LR;
}

/* Whether the record at `fp` is in `region`, or in the one right above it. */
static bool is_within(const struct mp_task *task, uint64_t fp,
                      struct mp_task_region *region) {
    uint64_t end = region->start + region->size;
    bool is_first = region->size == 0;
    if (!is_first && fp >= region->start && fp < end)
        return end - fp >= sizeof(struct record);
    struct mp_task_region next;
    if (!task->ops->region(task->at, fp, &next) || !next.is_readable || next.start > fp ||
        fp - next.start >= next.size || next.size > UINT64_MAX - next.start)
        return false;
    if (!is_first && next.start != end)
        return false;
    *region = next;
    return next.start + next.size - fp >= sizeof(struct record);
}

static void add(struct mp_arm64_walk *walk, uint64_t pc) {
    if (walk->count < MP_CRASH_FRAMES_MAX)
        walk->pc[walk->count++] = pc;
    walk->total++;
}

void mp_arm64_walk(const struct mp_task *task, const struct mp_arm64_state *state,
                   enum mp_arm64_caller caller, struct mp_arm64_walk *ret_walk) {
    struct mp_arm64_walk walk = {0};
    struct mp_task_region region = {0};
    struct record record;
    uint64_t fp = mp_task_strip(state->fp), below = 0;
    uint64_t lr = mp_task_strip(state->lr);
    add(&walk, mp_task_strip(state->pc));
    bool takes_lr = caller == MP_ARM64_IN_LR && lr != 0;
    if (takes_lr)
        add(&walk, lr);
    while (walk.total < MP_CRASH_FRAMES_COUNTED && fp > below &&
           fp % RECORD_ALIGNMENT == 0 && is_within(task, fp, &region) &&
           mp_task_read(task, fp, &record, sizeof(record))) {
        uint64_t pc = mp_task_strip(record.lr);
        if (pc == 0)
            break;
        /* Equal at once: the record is the function's own, and it has called nobody
         * yet. */
        if (!takes_lr || pc != lr)
            add(&walk, pc);
        takes_lr = false;
        below = fp;
        fp = mp_task_strip(record.next);
    }
    *ret_walk = walk;
}
