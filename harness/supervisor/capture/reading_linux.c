/* The answer lies in memory that the reader shares: it needs no descriptor, and whatever
 * it wrote before it was lost is there.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* MAP_ANONYMOUS */

#include "harness/supervisor/capture/reading_linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/reader.h"
#include "harness/supervisor/capture/symbols_linux.h"
#include "harness/supervisor/capture/unwind_linux.h"

/* No name has more. */
#define SYMBOL_BYTES_MAX (1U << 24)

struct mp_reading {
    struct mp_reader reader;
    struct mp_answer_page *answer;
    struct mp_crash *crash;
};

static int find_module(const struct mp_crash *crash, uint64_t address) {
    for (size_t i = 0; i < crash->module_count; i++) {
        const struct mp_crash_module *module = &crash->module[i];
        if (address >= module->base && address - module->base < module->size)
            return (int)i;
    }
    return -1;
}

void mp_reading_place(const struct mp_crash *crash, bool is_exact,
                      struct mp_crash_frame *frame) {
    frame->module = find_module(crash, is_exact ? frame->pc : frame->pc - 1);
    if (frame->module >= 0)
        frame->offset = frame->pc - crash->module[frame->module].base;
}

static void unwind(struct mp_unwinder *unwinder, const struct mp_copy_thread *thread,
                   struct mp_answer_thread *answer) {
    struct mp_unwind_frame frame[MP_CRASH_FRAMES_MAX];
    size_t count = 0;
    if (!thread->is_known)
        return;
    /* There is no unwind information where there is no code; libunwind would guess and
     * lose the caller. */
    if (thread->is_off_code)
        frame[count++] = (struct mp_unwind_frame){.pc = thread->pc, .is_exact = true};
    count += mp_unwinder_walk(unwinder, &thread->regs, !thread->is_off_code,
                              frame + count, MP_CRASH_FRAMES_MAX - count);
    size_t kept = count < MP_CRASH_FRAMES_MAX ? count : MP_CRASH_FRAMES_MAX;
    for (size_t i = 0; i < kept; i++) {
        answer->frame[i].pc = frame[i].pc;
        answer->frame[i].is_exact = frame[i].is_exact;
    }
    answer->frames_total = (uint32_t)count;
    answer->frame_count = (uint32_t)kept;
}

static void name(struct mp_symbols *symbols, struct mp_unwinder *unwinder,
                 const struct mp_crash *crash, struct mp_answer_frame *answer) {
    struct mp_crash_frame frame = {.pc = answer->pc, .module = -1};
    mp_reading_place(crash, answer->is_exact, &frame);
    mp_symbols_name(symbols, &frame, answer->is_exact);
    if (frame.symbol[0] == '\0') {
        answer->function =
            mp_unwinder_function(unwinder, answer->pc - (answer->is_exact ? 0 : 1));
        return;
    }
    answer->offset = frame.offset;
    answer->line = frame.line;
    answer->symbol_bytes = frame.symbol_bytes;
    memcpy(answer->file, frame.file, sizeof(answer->file));
    memcpy(answer->symbol, frame.symbol, sizeof(answer->symbol));
}

void mp_reading_do(const struct mp_copy *copy, const struct mp_crash *crash,
                   struct mp_answer_page *answer) {
    struct mp_copy_memory *memory = mp_copy_memory_open(copy);
    struct mp_symbols *symbols = mp_symbols_open(copy, crash);
    struct mp_unwinder *unwinder = mp_unwinder_open(memory, symbols);
    for (size_t i = 0; i < copy->thread_count; i++)
        unwind(unwinder, &copy->thread[i], &answer->thread[i]);
    answer->stage = MP_ANSWER_UNWOUND;
    for (size_t i = 0; i < copy->thread_count; i++)
        for (size_t f = 0; f < answer->thread[i].frame_count; f++)
            name(symbols, unwinder, crash, &answer->thread[i].frame[f]);
    answer->stage = MP_ANSWER_NAMED;
    mp_unwinder_close(unwinder);
    mp_symbols_close(symbols);
    mp_copy_memory_close(memory);
}

static bool is_text(const char *text, size_t size) {
    return memchr(text, '\0', size) != NULL;
}

static bool is_possible(const struct mp_answer_thread *answer,
                        const struct mp_crash_thread *thread) {
    bool is_right = answer->frame_count <= MP_CRASH_FRAMES_MAX &&
                    answer->frames_total <= MP_CRASH_FRAMES_COUNTED + 1 &&
                    answer->frames_total >= answer->frame_count;
    for (size_t i = 0; is_right && i < answer->frame_count; i++) {
        const struct mp_answer_frame *frame = &answer->frame[i];
        is_right = (i >= thread->frame_count || frame->pc == thread->frame[i].pc) &&
                   frame->symbol_bytes <= SYMBOL_BYTES_MAX &&
                   is_text(frame->symbol, sizeof(frame->symbol)) &&
                   is_text(frame->file, sizeof(frame->file));
    }
    return is_right;
}

/* A function begins in the module in which the frame is, and before it. */
static void take_function(const struct mp_answer_frame *answer,
                          const struct mp_crash *crash, struct mp_crash_frame *frame) {
    if (frame->module < 0)
        return;
    uint64_t base = crash->module[frame->module].base;
    if (answer->function > base && answer->function <= answer->pc)
        frame->function = answer->function - base;
}

static void take_frame(const struct mp_answer_frame *answer, const struct mp_crash *crash,
                       struct mp_crash_thread *thread) {
    struct mp_crash_frame *frame = mp_crash_add_frame(thread);
    if (frame == NULL)
        return;
    frame->pc = answer->pc;
    mp_reading_place(crash, answer->is_exact != 0, frame);
    if (answer->symbol[0] == '\0') {
        take_function(answer, crash, frame);
        return;
    }
    frame->offset = answer->offset;
    frame->line = answer->line;
    frame->symbol_bytes = answer->symbol_bytes;
    snprintf(frame->symbol, sizeof(frame->symbol), "%s", answer->symbol);
    snprintf(frame->file, sizeof(frame->file), "%s", answer->file);
}

bool mp_reading_apply(const struct mp_answer_page *answer, struct mp_crash *crash) {
    for (size_t i = 0; i < crash->thread_count && i < MP_CRASH_THREADS_MAX; i++) {
        const struct mp_answer_thread *from = &answer->thread[i];
        struct mp_crash_thread *thread = &crash->thread[i];
        if (from->frame_count == 0 && from->frames_total == 0)
            continue;
        if (!is_possible(from, thread))
            return false;
        if (from->frame_count < thread->frame_count)
            continue;
        thread->frame_count = 0;
        for (size_t f = 0; f < from->frame_count; f++)
            take_frame(&from->frame[f], crash, thread);
        thread->frames_total = from->frames_total;
    }
    return true;
}

void mp_reading_here(const struct mp_copy *copy, struct mp_crash *crash) {
    struct mp_answer_page *answer = mp_memory_zeroed(1, sizeof(*answer));
    mp_reading_do(copy, crash, answer);
    (void)mp_reading_apply(answer, crash);
    free(answer);
}

/* What runs in the reader. */
struct task {
    mp_reading_work *work;
    const struct mp_copy *copy;
    const struct mp_crash *crash;
    struct mp_answer_page *answer;
};

static void run_task(void *data) {
    const struct task *task = data;
    task->work(task->copy, task->crash, task->answer);
}

static void explain(struct mp_crash *crash, uint32_t stage, const char *why) {
    snprintf(crash->unread, sizeof(crash->unread), "the process that unwinds %.140s: %s",
             why,
             stage == MP_ANSWER_BEGUN
                 ? "stacks may have their first frame only, and names are missing"
                 : "some names of functions and lines are missing");
}

struct mp_reading *mp_reading_start(mp_reading_work *work, const struct mp_copy *copy,
                                    struct mp_crash *crash) {
    struct mp_error err = {{0}};
    struct mp_reader reader;
    struct mp_answer_page *answer =
        mmap(NULL, sizeof(*answer), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (answer == MAP_FAILED) {
        explain(crash, MP_ANSWER_BEGUN, "got no memory");
        return NULL;
    }
    struct task task = {.work = work, .copy = copy, .crash = crash, .answer = answer};
    if (mp_reader_start(run_task, &task, &reader, &err) != MP_OK) {
        char why[160];
        snprintf(why, sizeof(why), "did not start (%.120s)", err.text);
        explain(crash, MP_ANSWER_BEGUN, why);
        munmap(answer, sizeof(*answer));
        return NULL;
    }
    struct mp_reading *reading = mp_memory_zeroed(1, sizeof(*reading));
    *reading = (struct mp_reading){.reader = reader, .answer = answer, .crash = crash};
    return reading;
}

pid_t mp_reading_pid(const struct mp_reading *reading) {
    return reading->reader.pid;
}

const struct mp_crash *mp_reading_crash(const struct mp_reading *reading) {
    return reading->crash;
}

bool mp_reading_is_late(const struct mp_reading *reading) {
    return mp_clock_now_ns() >= reading->reader.deadline_ns;
}

/* The reader is gone, and nobody writes into its answer any more. `why` NULL: it is
 * whole. */
static void finish(struct mp_reading *reading, const char *why) {
    uint32_t stage = reading->answer->stage;
    bool is_possible_stage = stage <= MP_ANSWER_NAMED;
    if (!mp_reading_apply(reading->answer, reading->crash) || !is_possible_stage)
        explain(reading->crash, MP_ANSWER_BEGUN, "gave an answer that cannot be");
    else if (why != NULL && stage != MP_ANSWER_NAMED)
        explain(reading->crash, stage, why);
    else if (stage != MP_ANSWER_NAMED)
        explain(reading->crash, stage, "ended before it was done");
    munmap(reading->answer, sizeof(*reading->answer));
    free(reading);
}

void mp_reading_take(struct mp_reading *reading, int status) {
    char words[96];
    reading->reader.pid = -1;
    finish(reading, mp_reader_explain(status, words, sizeof(words)));
}

void mp_reading_await(struct mp_reading *reading) {
    char words[96];
    int status = 0;
    const char *why = NULL;
    if (mp_reader_wait(&reading->reader, reading->reader.deadline_ns, &status)) {
        why = mp_reader_explain(status, words, sizeof(words));
    } else if (reading->reader.pid > 0) {
        snprintf(words, sizeof(words), "did not end within %d s",
                 (int)(MP_READER_WALL_NS / MP_CLOCK_NS_PER_S));
        why = words;
        mp_reader_kill(&reading->reader);
    }
    finish(reading, why);
}

void mp_reading_end(struct mp_reading *reading, const char *why) {
    mp_reader_kill(&reading->reader);
    finish(reading, why);
}
