/* Combines the findings of fault.c, thread_linux.c and modules_linux.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/record_linux.h"

#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/supervisor/capture/fault.h"
#include "harness/supervisor/capture/modules_linux.h"
#include "harness/supervisor/capture/remote_linux.h"
#include "harness/supervisor/capture/thread_linux.h"

/* With which glibc's loader leaves if it cannot load a program. */
#define LOADER_CODE 127

static void locate(const struct mp_maps *maps, pid_t tid, const siginfo_t *info,
                   struct mp_fault *ret_fault) {
    struct mp_fault_stop stop = {
        .signal = info->si_signo,
        .code = info->si_code,
        .kernel_address = (uint64_t)(uintptr_t)info->si_addr,
    };
    struct mp_fault_memory memory;
    mp_thread_read_stop(tid, &stop);
    mp_fault_locate(&stop, ret_fault);
    if (ret_fault->has_address) {
        mp_thread_read_memory(maps, ret_fault->address, &memory);
        mp_fault_classify(&stop, &memory, ret_fault);
    }
}

static void take_fault(const siginfo_t *info, const struct mp_fault *fault,
                       struct mp_crash *crash) {
    crash->signal = info->si_signo;
    crash->code = info->si_code;
    crash->has_address = fault->has_address;
    crash->address = fault->address;
    crash->address_is_derived = fault->address_is_derived;
    crash->access = fault->access;
    crash->fault_class = fault->fault_class;
}

static void record_thread(pid_t pid, const struct mp_record_thread *thread, bool is_first,
                          int memory, struct mp_copy *copy, struct mp_crash *crash) {
    struct mp_fault fault = {0};
    if (thread->is_faulting)
        locate(&copy->maps, thread->tid, &thread->info, &fault);
    if (thread->is_faulting && is_first)
        take_fault(&thread->info, &fault, crash);
    struct mp_crash_thread *recorded =
        mp_thread_record(pid, thread->tid, fault.is_off_code, memory, copy, crash);
    if (recorded == NULL) {
        crash->threads_missed++;
        return;
    }
    recorded->run_state = thread->run_state;
    if (thread->is_faulting) {
        recorded->is_faulting = true;
        recorded->signal = thread->info.si_signo;
        recorded->code = thread->info.si_code;
    }
}

struct mp_crash *mp_record_make(pid_t pid, const struct mp_record_thread *thread,
                                size_t count, uint64_t until_ns,
                                struct mp_copy **ret_copy) {
    struct mp_crash *crash = mp_crash_create();
    pid_t tid = count > 0 ? thread[0].tid : pid; /* the main thread may have ended */
    int memory = mp_remote_open(tid);
    struct mp_copy *copy = mp_copy_open(tid, memory);
    mp_modules_find(pid, &copy->maps, memory, crash);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || mp_clock_now_ns() < until_ns)
            record_thread(pid, &thread[i], i == 0, memory, copy, crash);
        else
            crash->threads_missed++;
    if (memory >= 0)
        close(memory);
    *ret_copy = copy;
    return crash;
}

/* Whether the loader may not have let the program begin that leaves with `code`: it gives
 * up itself, or is in the library, to which a return address on the stack points then. */
static bool may_be_in_load(const struct mp_copy *copy, const struct mp_crash *crash,
                           const char *library, int code) {
    for (size_t i = 0; i < crash->module_count; i++) {
        const struct mp_crash_module *module = &crash->module[i];
        if (strcmp(module->path, library) == 0 &&
            mp_copy_points_into(copy, module->base, module->size))
            return true;
    }
    return code == LOADER_CODE;
}

struct mp_crash *mp_record_exit(pid_t pid, const char *library,
                                struct mp_copy **ret_copy) {
    const struct mp_record_thread thread = {.tid = pid};
    unsigned long status = SIGKILL;
    (void)ptrace(PTRACE_GETEVENTMSG, pid, 0, &status);
    size_t count = library[0] != '\0' && WIFEXITED((int)status) ? 1 : 0;
    struct mp_crash *crash = mp_record_make(pid, &thread, count, 0, ret_copy);
    if (crash->thread_count > 0 &&
        may_be_in_load(*ret_copy, crash, library, WEXITSTATUS((int)status)))
        return crash;
    for (size_t i = 0; i < crash->thread_count; i++) /* its callers are not read */
        crash->thread[i].frames_total = crash->thread[i].frame_count + 1;
    mp_copy_close(*ret_copy);
    *ret_copy = NULL;
    return crash;
}
