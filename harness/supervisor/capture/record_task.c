/* Puts together what walk_arm64.c, images.c and apple_exception.c find out.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/record_task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/clock.h"
#include "harness/base/excerpt.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/images.h"
#include "harness/supervisor/capture/walk_arm64.h"

/* System calls in which a thread waits for a lock (Apple's libpthread, libplatform). */
static const char *const lock_calls[] = {
    "__psynch_mutexwait", "__psynch_rw_rdlock", "__psynch_rw_wrlock",
    "__ulock_wait",       "__ulock_wait2",
};

struct recorder {
    const struct mp_task *task;
    struct mp_images *images;
    struct mp_crash *crash;
};

static void add_register(struct mp_crash_thread *thread, const char *name,
                         uint64_t value) {
    if (thread->register_count == MP_CRASH_REGISTERS_MAX)
        return;
    struct mp_crash_register *reg = &thread->reg[thread->register_count++];
    snprintf(reg->name, sizeof(reg->name), "%s", name);
    reg->value = value;
}

/* The names and the order of Apple's reports. */
static void add_registers(struct mp_crash_thread *thread,
                          const struct mp_arm64_state *state) {
    char name[8];
    for (unsigned i = 0; i < MP_ARM64_X_COUNT; i++) {
        snprintf(name, sizeof(name), "x%u", i);
        add_register(thread, name, state->x[i]);
    }
    add_register(thread, "fp", state->fp);
    add_register(thread, "lr", state->lr);
    add_register(thread, "sp", state->sp);
    add_register(thread, "pc", state->pc);
    add_register(thread, "cpsr", state->cpsr);
}

/* Where the caller of the innermost function is. Code that is nowhere was jumped to: its
 * caller is still in lr. */
static enum mp_arm64_caller find_caller(const struct recorder *recorder, uint64_t pc) {
    uint64_t start = 0;
    if (!mp_images_hold(recorder->images, pc))
        return MP_ARM64_IN_LR;
    if (!mp_images_function(recorder->images, pc, &start) || start > pc)
        return MP_ARM64_IN_FRAME;
    size_t count = (size_t)((pc - start) / sizeof(uint32_t));
    if (count > MP_ARM64_CODE_MAX)
        return MP_ARM64_IN_FRAME;
    uint32_t *code = mp_memory_zeroed(count + 1, sizeof(*code));
    enum mp_arm64_caller caller = MP_ARM64_IN_FRAME;
    if (mp_task_read(recorder->task, start, code, count * sizeof(*code)))
        caller = mp_arm64_find_caller(code, count);
    free(code);
    return caller;
}

static void add_frames(const struct recorder *recorder, struct mp_crash_thread *thread,
                       const struct mp_arm64_state *state) {
    struct mp_arm64_walk walk;
    mp_arm64_walk(recorder->task, state, find_caller(recorder, mp_task_strip(state->pc)),
                  &walk);
    for (size_t i = 0; i < walk.count; i++) {
        struct mp_crash_frame *frame = mp_crash_add_frame(thread);
        if (frame == NULL)
            break;
        frame->pc = walk.pc[i];
        mp_images_name(recorder->images, recorder->crash, frame, i > 0);
    }
    thread->frames_total = walk.total;
}

static bool waits_for_lock(const struct mp_crash_thread *thread) {
    for (size_t i = 0; i < MP_COUNT(lock_calls) && thread->frame_count > 0; i++)
        if (strcmp(thread->frame[0].symbol, lock_calls[i]) == 0)
            return true;
    return false;
}

static void record_thread(const struct recorder *recorder, uint32_t handle,
                          const struct mp_task_thread *facts, bool is_faulting) {
    const struct mp_task *task = recorder->task;
    struct mp_arm64_state state;
    struct mp_arm64_fault fault;
    bool has_state = task->ops->state(task->at, handle, &state);
    /* The thread that died is in the record even if nothing of it can be read: no other
     * may stand in its place. */
    struct mp_crash_thread *thread =
        has_state || is_faulting ? mp_crash_add_thread(recorder->crash) : NULL;
    recorder->crash->threads_missed += thread == NULL || !has_state;
    if (thread == NULL)
        return;
    thread->tid = facts->id;
    thread->run_state = facts->run_state;
    thread->cpu_ns = facts->cpu_ns;
    thread->is_faulting = is_faulting;
    size_t len = strnlen(facts->name, sizeof(facts->name));
    len = len < sizeof(thread->name) ? len : sizeof(thread->name) - 1;
    memcpy(thread->name, facts->name, len);
    if (has_state)
        add_registers(thread, &state);
    if (is_faulting && task->ops->fault(task->at, handle, &fault)) {
        add_register(thread, "far", fault.far);
        add_register(thread, "esr", fault.esr);
    }
    if (has_state)
        add_frames(recorder, thread, &state);
    thread->is_at_lock = waits_for_lock(thread);
}

static struct mp_task_thread facts_of(const struct mp_task *task, uint32_t handle) {
    struct mp_task_thread facts = {0};
    if (!task->ops->facts(task->at, handle, &facts))
        facts = (struct mp_task_thread){0};
    return facts;
}

/* The right to one thread may have another name in the message than in the list: its id
 * is the same. */
static bool is_known(const struct mp_task_stop *stop, uint64_t known_id, uint32_t handle,
                     uint64_t id) {
    return stop->exception != NULL &&
           (handle == stop->thread || (id != 0 && id == known_id));
}

static void record_others(const struct recorder *recorder, const uint32_t *handle,
                          size_t count, uint64_t known_id,
                          const struct mp_task_stop *stop) {
    for (size_t i = 0; i < count; i++) {
        struct mp_task_thread facts = facts_of(recorder->task, handle[i]);
        if (is_known(stop, known_id, handle[i], facts.id))
            continue;
        if (stop->states != NULL)
            facts.run_state = mp_task_states_find(stop->states, facts.id);
        if (mp_clock_now_ns() < stop->until_ns)
            record_thread(recorder, handle[i], &facts, false);
        else
            recorder->crash->threads_missed++;
    }
}

/* What the process said of its end, where a report of the system would find it. */
static void hear(const struct recorder *recorder, uint64_t until_ns) {
    struct mp_report_message message = {0};
    mp_images_hear(recorder->images, until_ns, &message);
    _Static_assert(sizeof(recorder->crash->said) <= sizeof(message.text),
                   "an excerpt ends before the text does");
    if (mp_report_message_says_why(&message))
        mp_excerpt_start(recorder->crash->said, sizeof(recorder->crash->said),
                         message.text, message.total);
}

struct mp_crash *mp_task_record(const struct mp_task *task,
                                const struct mp_task_stop *stop) {
    uint32_t handle[MP_TASK_THREADS_MAX];
    struct recorder recorder = {.task = task,
                                .images = mp_images_open(task, stop->store),
                                .crash = mp_crash_create()};
    struct mp_task_thread first = {0};
    if (stop->exception != NULL) {
        first = facts_of(task, stop->thread);
        record_thread(&recorder, stop->thread, &first, true);
        hear(&recorder, stop->until_ns);
    }
    size_t count = task->ops->threads(task->at, handle, MP_TASK_THREADS_MAX);
    size_t listed = count < MP_TASK_THREADS_MAX ? count : MP_TASK_THREADS_MAX;
    record_others(&recorder, handle, listed, first.id, stop);
    /* Every task has one: a list of none was refused. */
    recorder.crash->threads_missed += count > 0 ? (unsigned)(count - listed) : 1;
    for (size_t i = 0; i < listed; i++)
        task->ops->release(task->at, handle[i]);
    mp_images_close(recorder.images);
    if (stop->exception != NULL)
        mp_apple_exception_apply(stop->exception, recorder.crash);
    else
        recorder.crash->kind = MP_CRASH_OF_HANG;
    return recorder.crash;
}
