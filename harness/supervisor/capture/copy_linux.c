/* Stacks are copied from the stack pointer to the end of their mapping, up to limits that
 * hold however many threads there are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* REG_RSP */

#include "harness/supervisor/capture/copy_linux.h"

#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include "harness/base/memory.h"
#include "harness/supervisor/capture/remote_linux.h"

/* The first thread may have overflowed its stack: that of a main thread has 8 MiB. */
#define FIRST_MAX ((size_t)16 * 1024 * 1024)
#define OTHER_MAX ((size_t)256 * 1024)
#define TOTAL_MAX ((size_t)64 * 1024 * 1024)
#define VDSO_MAX  ((size_t)64 * 1024)
/* Below the stack pointer a leaf function may have its variables. */
#define RED_ZONE 128
/* A stack pointer that has left its stack is at most so far below it. */
#define OVERSHOOT_MAX (UINT64_C(1) << 20)
/* Of the stack of a signal handler so much is searched for what it interrupted. */
#define HANDLER_MAX ((size_t)64 * 1024)

#if defined(__x86_64__)
#define SP_OF(regs)        ((regs)->rsp)
#define SP_OF_CONTEXT(ctx) ((uint64_t)(ctx)->uc_mcontext.gregs[REG_RSP])
#elif defined(__aarch64__)
#define SP_OF(regs)        ((regs)->sp)
#define SP_OF_CONTEXT(ctx) ((uint64_t)(ctx)->uc_mcontext.sp)
#endif

/* Copies `len` bytes from `start` on, or as many as can be read; NULL if there is
 * none, or no room. */
static const struct mp_copy_region *add_region(struct mp_copy *copy, int memory,
                                               uint64_t start, size_t len) {
    size_t left = TOTAL_MAX - copy->bytes;
    len = len < left ? len : left;
    if (len == 0 || copy->region_count == MP_COPY_REGIONS_MAX)
        return NULL;
    struct mp_copy_region region = {.start = start, .bytes = mp_memory_zeroed(len, 1)};
    region.len = mp_remote_read(memory, start, region.bytes, len);
    if (region.len == 0) {
        free(region.bytes);
        return NULL;
    }
    copy->bytes += region.len;
    copy->region[copy->region_count] = region;
    return &copy->region[copy->region_count++];
}

/* The stack from `sp` on: the rest of its mapping, or the next one that can be read: a
 * stack pointer may stand in the guard below it. */
static const struct mp_copy_region *add_stack(struct mp_copy *copy, int memory,
                                              uint64_t sp, size_t max) {
    const struct mp_mapping *m = mp_maps_find(&copy->maps, sp);
    const struct mp_mapping *end = copy->maps.mapping + copy->maps.count;
    while (m != NULL && m != end && m->access[0] != 'r')
        m++;
    if (m == NULL || m == end || (m->start > sp && m->start - sp > OVERSHOOT_MAX))
        return NULL;
    uint64_t from = sp > RED_ZONE ? sp - RED_ZONE : 0;
    from = from > m->start ? from : m->start;
    uint64_t len = m->end - from;
    return add_region(copy, memory, from, len < max ? (size_t)len : max);
}

/* The stack that a handler on a stack of its own interrupted: `stack` then holds a
 * context that names the stack which it is itself a part of. */
static void add_interrupted(struct mp_copy *copy, int memory,
                            const struct mp_copy_region *stack, uint64_t sp) {
    ucontext_t context;
    size_t len = stack->len < HANDLER_MAX ? stack->len : HANDLER_MAX;
    const struct mp_mapping *m = mp_maps_find(&copy->maps, sp);
    for (size_t at = 0; m != NULL && at + sizeof(context) <= len; at += sizeof(at)) {
        memcpy(&context, stack->bytes + at, sizeof(context));
        uint64_t base = (uint64_t)(uintptr_t)context.uc_stack.ss_sp;
        uint64_t size = context.uc_stack.ss_size;
        uint64_t was = SP_OF_CONTEXT(&context);
        bool is_here =
            m->start <= base && base <= sp && sp - base < size && size <= m->end - base;
        if (is_here && (was < base || was - base >= size) &&
            add_stack(copy, memory, was, FIRST_MAX) != NULL)
            return;
    }
}

struct mp_copy *mp_copy_open(pid_t tid, int memory) {
    struct mp_copy *copy = mp_memory_zeroed(1, sizeof(*copy));
    mp_maps_read(tid, &copy->maps);
    for (size_t i = 0; i < copy->maps.count; i++) {
        const struct mp_mapping *m = &copy->maps.mapping[i];
        if (strcmp(m->name, "[vdso]") == 0 && m->end - m->start <= VDSO_MAX)
            (void)add_region(copy, memory, m->start, (size_t)(m->end - m->start));
    }
    return copy;
}

void mp_copy_add(struct mp_copy *copy, int memory, const struct mp_copy_thread *thread) {
    bool is_first = copy->thread_count == 0;
    if (copy->thread_count == MP_CRASH_THREADS_MAX)
        return;
    copy->thread[copy->thread_count++] = *thread;
    if (!thread->is_known)
        return;
    uint64_t sp = SP_OF(&thread->regs);
    const struct mp_copy_region *stack =
        add_stack(copy, memory, sp, is_first ? FIRST_MAX : OTHER_MAX);
    if (stack != NULL)
        add_interrupted(copy, memory, stack, sp);
}

bool mp_copy_points_into(const struct mp_copy *copy, uint64_t start, uint64_t size) {
    uint64_t word;
    for (size_t i = 0; i < copy->region_count; i++) {
        const struct mp_copy_region *region = &copy->region[i];
        for (size_t at = 0; at + sizeof(word) <= region->len; at += sizeof(word)) {
            memcpy(&word, region->bytes + at, sizeof(word));
            if (word >= start && word - start < size)
                return true;
        }
    }
    return false;
}

void mp_copy_close(struct mp_copy *copy) {
    if (copy == NULL)
        return;
    for (size_t i = 0; i < copy->region_count; i++)
        free(copy->region[i].bytes);
    mp_maps_release(&copy->maps);
    free(copy);
}
