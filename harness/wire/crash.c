/* Grows stop records and names their contents. Knows nothing of debuggers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/crash.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"

/* Room for one more item in an array that doubles at each power of two; returns the
 * array. */
static void *grow(void *items, size_t count, size_t size) {
    bool is_full = (count & (count - 1)) == 0; /* 0, 1, 2, 4, ... */
    if (!is_full)
        return items;
    return mp_memory_resize(items, count > 0 ? 2 * count : 1, size);
}

struct mp_crash *mp_crash_create(void) {
    return mp_memory_zeroed(1, sizeof(struct mp_crash));
}

struct mp_crash_thread *mp_crash_add_thread(struct mp_crash *crash) {
    if (crash->thread_count >= MP_CRASH_THREADS_MAX)
        return NULL;
    crash->thread = grow(crash->thread, crash->thread_count, sizeof(*crash->thread));
    struct mp_crash_thread *thread = &crash->thread[crash->thread_count++];
    *thread = (struct mp_crash_thread){0};
    return thread;
}

struct mp_crash_module *mp_crash_add_module(struct mp_crash *crash) {
    if (crash->module_count >= MP_CRASH_MODULES_MAX)
        return NULL;
    crash->module = grow(crash->module, crash->module_count, sizeof(*crash->module));
    struct mp_crash_module *module = &crash->module[crash->module_count++];
    *module = (struct mp_crash_module){0};
    return module;
}

struct mp_crash_frame *mp_crash_add_frame(struct mp_crash_thread *thread) {
    if (thread->frame_count >= MP_CRASH_FRAMES_MAX)
        return NULL;
    thread->frame = grow(thread->frame, thread->frame_count, sizeof(*thread->frame));
    struct mp_crash_frame *frame = &thread->frame[thread->frame_count++];
    *frame = (struct mp_crash_frame){.module = -1};
    return frame;
}

void mp_crash_destroy(struct mp_crash *crash) {
    if (crash == NULL)
        return;
    for (size_t i = 0; i < crash->thread_count; i++)
        free(crash->thread[i].frame);
    free(crash->thread);
    free(crash->module);
    free(crash);
}

const char *mp_trace_name(enum mp_trace trace) {
    static const char *const names[] = {"none", "off", "refused", "on"};
    return (unsigned)trace <= MP_TRACE_ON ? names[trace] : "unknown";
}

const char *mp_crash_access_name(enum mp_crash_access access) {
    switch (access) {
    case MP_ACCESS_READ:
        return "read";
    case MP_ACCESS_WRITE:
        return "write";
    case MP_ACCESS_EXECUTE:
        return "execute";
    case MP_ACCESS_UNKNOWN:
        break;
    }
    return "unknown";
}

const char *mp_fault_class_name(enum mp_fault_class fault_class) {
    static const char *const names[MP_FAULT_CLASS_COUNT] = {
        [MP_FAULT_NONE] = "none",
        [MP_FAULT_NULL] = "null",
        [MP_FAULT_JUMP_NULL] = "jump_null",
        [MP_FAULT_WILD] = "wild",
        [MP_FAULT_PROTECTION] = "protection",
        [MP_FAULT_NON_CANONICAL] = "non_canonical",
        [MP_FAULT_MISALIGNED] = "misaligned",
        [MP_FAULT_STACK_OVERFLOW] = "stack_overflow",
        [MP_FAULT_BUS] = "bus",
        [MP_FAULT_ARITHMETIC] = "arithmetic",
        [MP_FAULT_INSTRUCTION] = "instruction",
    };
    return (unsigned)fault_class < MP_FAULT_CLASS_COUNT ? names[fault_class] : "unknown";
}

bool mp_crash_is_crash_signal(int signal) {
    return signal == SIGSEGV || signal == SIGBUS || signal == SIGFPE ||
           signal == SIGILL || signal == SIGTRAP || signal == SIGSYS || signal == SIGABRT;
}

const char *mp_crash_signal_name(int signal, char *buf, size_t size) {
    static const struct {
        int number;
        const char *name;
    } names[] = {
        {SIGABRT, "SIGABRT"},     {SIGALRM, "SIGALRM"}, {SIGBUS, "SIGBUS"},
        {SIGCHLD, "SIGCHLD"},     {SIGCONT, "SIGCONT"}, {SIGFPE, "SIGFPE"},
        {SIGHUP, "SIGHUP"},       {SIGILL, "SIGILL"},   {SIGINT, "SIGINT"},
        {SIGKILL, "SIGKILL"},     {SIGPIPE, "SIGPIPE"}, {SIGPROF, "SIGPROF"},
        {SIGQUIT, "SIGQUIT"},     {SIGSEGV, "SIGSEGV"}, {SIGSTOP, "SIGSTOP"},
        {SIGSYS, "SIGSYS"},       {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"},
        {SIGTSTP, "SIGTSTP"},     {SIGTTIN, "SIGTTIN"}, {SIGTTOU, "SIGTTOU"},
        {SIGURG, "SIGURG"},       {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"},
        {SIGVTALRM, "SIGVTALRM"}, {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"},
    };
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (names[i].number == signal)
            return names[i].name;
    snprintf(buf, size, "signal %d", signal);
    return buf;
}
