/* Questions about tasks and threads, answered from what the tracer saw when it stopped
 * them, and from the memory of the round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* process_vm_readv */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/supervisor/capture/proc_linux.h"
#include "harness/tests/mach_double/double.h"

static struct double_kernel *enter(void) {
    struct double_kernel *kernel = double_kernel();
    pthread_mutex_lock(&kernel->lock);
    return kernel;
}

static kern_return_t leave(struct double_kernel *kernel, kern_return_t result) {
    pthread_mutex_unlock(&kernel->lock);
    return result;
}

static struct double_task *task_behind(struct double_kernel *kernel, mach_port_t name) {
    const struct double_name *it = double_look_up(kernel, name);
    return it != NULL && it->kind == KIND_TASK ? double_find_task(kernel, it->pid) : NULL;
}

static struct double_thread *thread_behind(struct double_kernel *kernel, mach_port_t name,
                                           struct double_task **ret_task) {
    const struct double_name *it = double_look_up(kernel, name);
    struct double_task *task =
        it != NULL && it->kind == KIND_THREAD ? double_find_task(kernel, it->pid) : NULL;
    for (size_t i = 0; task != NULL && i < task->thread_count; i++)
        if (task->thread[i].tid == it->tid) {
            *ret_task = task;
            return &task->thread[i];
        }
    return NULL;
}

kern_return_t pid_for_task(mach_port_t task, int *ret_pid) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_PID_FOR_TASK))
        return leave(kernel, KERN_FAILURE);
    const struct double_name *it = double_look_up(kernel, task);
    if (it == NULL || it->kind != KIND_TASK)
        return leave(kernel, KERN_FAILURE);
    *ret_pid = it->pid;
    return leave(kernel, KERN_SUCCESS);
}

kern_return_t task_suspend(mach_port_t task) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_TASK_SUSPEND))
        return leave(kernel, KERN_FAILURE);
    struct double_task *it = task_behind(kernel, task);
    kernel->counts.suspends++;
    if (it == NULL)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    pid_t pid = it->pid;
    it->suspended++;
    it->wants_halt = true;
    pthread_cond_broadcast(&kernel->changed);
    while (it->pid == pid && it->wants_halt)
        pthread_cond_wait(&kernel->changed, &kernel->lock);
    return leave(kernel, it->pid == pid ? KERN_SUCCESS : KERN_INVALID_ARGUMENT);
}

kern_return_t task_resume(mach_port_t task) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_TASK_RESUME))
        return leave(kernel, KERN_FAILURE);
    struct double_task *it = task_behind(kernel, task);
    kernel->counts.resumes++;
    if (it == NULL || it->suspended == 0)
        return leave(kernel, KERN_FAILURE);
    it->suspended--;
    pthread_cond_broadcast(&kernel->changed);
    return leave(kernel, KERN_SUCCESS);
}

kern_return_t task_info(mach_port_t task, int flavor, task_info_t info,
                        mach_msg_type_number_t *count) {
    struct double_kernel *kernel = enter();
    task_dyld_info_data_t dyld = {DOUBLE_DYLD_INFOS, 0x200, TASK_DYLD_ALL_IMAGE_INFO_64};
    const struct double_task *it = task_behind(kernel, task);
    if (double_refuses(kernel, DOUBLE_TASK_INFO))
        return leave(kernel, KERN_FAILURE);
    if (it != NULL && flavor == TASK_DYLD_INFO && *count >= TASK_DYLD_INFO_COUNT) {
        memcpy(info, &dyld, sizeof(dyld));
        return leave(kernel, KERN_SUCCESS);
    }
    if (it != NULL && flavor == MACH_TASK_BASIC_INFO &&
        *count >= MACH_TASK_BASIC_INFO_COUNT) {
        mach_task_basic_info_data_t basic = {.suspend_count = (integer_t)it->suspended +
                                                              it->is_group_stopped};
        memcpy(info, &basic, sizeof(basic));
        return leave(kernel, KERN_SUCCESS);
    }
    return leave(kernel, KERN_INVALID_ARGUMENT);
}

kern_return_t task_threads(mach_port_t task, thread_act_array_t *ret_list,
                           mach_msg_type_number_t *ret_count) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_TASK_THREADS))
        return leave(kernel, KERN_FAILURE);
    struct double_task *it = task_behind(kernel, task);
    if (it == NULL)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    size_t count =
        it->thread_count > 0 ? it->thread_count + kernel->knobs.more_threads : 0;
    *ret_list = mp_memory_zeroed(count + 1, sizeof(**ret_list));
    kernel->counts.lists++;
    for (size_t i = 0; i < count; i++)
        (*ret_list)[i] = double_name_of(kernel, KIND_THREAD, it->pid,
                                        it->thread[i % it->thread_count].tid);
    *ret_count = (mach_msg_type_number_t)count;
    return leave(kernel, KERN_SUCCESS);
}

kern_return_t vm_deallocate(mach_port_t task, vm_address_t address, vm_size_t size) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_VM_DEALLOCATE)) {
        free((void *)(uintptr_t)address); /* of this process, which looks for leaks */
        return leave(kernel, KERN_FAILURE);
    }
    if (task != mach_task_self() || size == 0)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    free((void *)(uintptr_t)address);
    kernel->counts.lists--;
    return leave(kernel, KERN_SUCCESS);
}

/* A thread of a task that is held waits, as in XNU. */
static int run_state(const struct double_task *task, const struct double_thread *thread) {
    bool is_held = task->suspended > 0 || task->is_group_stopped;
    bool is_seen = task->phase != PHASE_RUNS;
    switch (is_held   ? 'S'
            : is_seen ? thread->run_state
                      : mp_proc_run_state(task->pid, thread->tid)) {
    case 'R':
        return TH_STATE_RUNNING;
    case 'D':
        return TH_STATE_UNINTERRUPTIBLE;
    default:
        return TH_STATE_WAITING;
    }
}

kern_return_t thread_info(mach_port_t thread, int flavor, thread_info_t info,
                          mach_msg_type_number_t *count) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_THREAD_INFO))
        return leave(kernel, KERN_FAILURE);
    struct double_task *task = NULL;
    const struct double_thread *it = thread_behind(kernel, thread, &task);
    if (it == NULL)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    if (flavor == THREAD_IDENTIFIER_INFO && *count >= THREAD_IDENTIFIER_INFO_COUNT) {
        thread_identifier_info_data_t id = {.thread_id = (uint64_t)it->tid};
        memcpy(info, &id, sizeof(id));
        return leave(kernel, KERN_SUCCESS);
    }
    if (flavor == THREAD_EXTENDED_INFO && *count >= THREAD_EXTENDED_INFO_COUNT) {
        struct thread_extended_info extended = {.pth_user_time = it->cpu_ns,
                                                .pth_run_state = run_state(task, it)};
        memcpy(extended.pth_name, it->name, sizeof(it->name));
        memcpy(info, &extended, sizeof(extended));
        return leave(kernel, KERN_SUCCESS);
    }
    return leave(kernel, KERN_INVALID_ARGUMENT);
}

/* What ESR would say of the fault that the witness saw. */
static arm_exception_state64_t exception_state(const struct mp_crash *witness) {
    arm_exception_state64_t state = {0};
    if (witness == NULL || !witness->has_address)
        return state;
    state.__far = witness->address;
    if (witness->access == MP_ACCESS_READ)
        state.__esr = 0x92000006;
    else if (witness->access == MP_ACCESS_WRITE)
        state.__esr = 0x92000046;
    else if (witness->access == MP_ACCESS_EXECUTE)
        state.__esr = 0x82000006;
    return state;
}

kern_return_t thread_get_state(mach_port_t thread, int flavor, thread_state_t state,
                               mach_msg_type_number_t *count) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_THREAD_GET_STATE))
        return leave(kernel, KERN_FAILURE);
    struct double_task *task = NULL;
    const struct double_thread *it = thread_behind(kernel, thread, &task);
    if (it == NULL)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    kernel->counts.early_reads += !it->is_stopped;
    kernel->counts.late_reads += task->phase == PHASE_DIES;
    if (flavor == ARM_THREAD_STATE64 && *count == ARM_THREAD_STATE64_COUNT) {
        uint64_t slow_ns = kernel->knobs.slow_state_ns;
        int stuck_fd = kernel->knobs.stuck_fd;
        memcpy(state, &it->state, sizeof(it->state));
        (void)leave(kernel, KERN_SUCCESS);
        if (stuck_fd > 0 && write(stuck_fd, "", 1) == 1)
            for (;;)
                pause();
        if (slow_ns > 0)
            mp_clock_sleep_ns(slow_ns);
        return KERN_SUCCESS;
    }
    if (flavor == ARM_EXCEPTION_STATE64 && *count == ARM_EXCEPTION_STATE64_COUNT) {
        arm_exception_state64_t fault = exception_state(kernel->witness);
        memcpy(state, &fault, sizeof(fault));
        return leave(kernel, KERN_SUCCESS);
    }
    return leave(kernel, KERN_INVALID_ARGUMENT);
}

kern_return_t vm_read_overwrite(mach_port_t task, vm_address_t address, vm_size_t size,
                                vm_address_t to, vm_size_t *ret_size) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_VM_READ))
        return leave(kernel, KERN_INVALID_ADDRESS);
    struct double_task *it = task_behind(kernel, task);
    kern_return_t result = KERN_INVALID_ADDRESS;
    if (it == NULL)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    kernel->counts.late_reads += it->phase == PHASE_DIES;
    if (double_images_read(it, address, (void *)(uintptr_t)to, size)) {
        result = KERN_SUCCESS;
    } else {
        struct iovec here = {(void *)(uintptr_t)to, size};
        struct iovec there = {(void *)(uintptr_t)address, size};
        if (process_vm_readv(it->pid, &here, 1, &there, 1, 0) == (ssize_t)size)
            result = KERN_SUCCESS;
    }
    *ret_size = size;
    kernel->counts.bytes_read += result == KERN_SUCCESS ? size : 0;
    return leave(kernel, result);
}

/* The mapping of process `pid` that holds `address`, or the next one. */
static bool find_mapping(pid_t pid, uint64_t address, struct mp_task_region *ret_region) {
    char path[32], line[512];
    bool is_found = false;
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    while (maps != NULL && !is_found && fgets(line, sizeof(line), maps) != NULL) {
        char *rest = NULL;
        uint64_t start = strtoull(line, &rest, 16);
        uint64_t end = *rest == '-' ? strtoull(rest + 1, &rest, 16) : 0;
        if (end > address && *rest == ' ') {
            *ret_region = (struct mp_task_region){start, end - start, rest[1] == 'r'};
            is_found = true;
        }
    }
    if (maps != NULL)
        fclose(maps);
    return is_found;
}

kern_return_t vm_region_64(mach_port_t task, vm_address_t *address, vm_size_t *size,
                           int flavor, vm_region_info_t info,
                           mach_msg_type_number_t *count, mach_port_t *ret_object) {
    struct double_kernel *kernel = enter();
    if (double_refuses(kernel, DOUBLE_VM_REGION))
        return leave(kernel, KERN_INVALID_ADDRESS);
    struct double_task *it = task_behind(kernel, task);
    struct mp_task_region region, made_up;
    if (it == NULL || flavor != VM_REGION_BASIC_INFO_64 ||
        *count < VM_REGION_BASIC_INFO_COUNT_64)
        return leave(kernel, KERN_INVALID_ARGUMENT);
    bool is_found = find_mapping(it->pid, *address, &region);
    if (double_images_region(it, *address, &made_up) &&
        (!is_found || made_up.start < region.start)) {
        region = made_up;
        is_found = true;
    }
    if (!is_found)
        return leave(kernel, KERN_INVALID_ADDRESS);
    vm_region_basic_info_data_64_t basic = {.protection =
                                                region.is_readable ? VM_PROT_READ : 0};
    *address = region.start;
    *size = region.size;
    memcpy(info, &basic, sizeof(basic));
    /* XNU gives none any more; who may get one has to give it back. */
    *ret_object = double_name_of(kernel, KIND_OBJECT, it->pid, 0);
    return leave(kernel, KERN_SUCCESS);
}
