/* The questions of task.h, asked of Mach.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/task_macos.h"

#include <string.h>

static mach_port_t port_of(void *at) {
    return *(const mach_port_t *)at;
}

static bool read_memory(void *at, uint64_t address, void *buf, size_t size) {
    vm_size_t got = 0;
    if (size == 0)
        return true;
    kern_return_t result = vm_read_overwrite(port_of(at), (vm_address_t)address, size,
                                             (vm_address_t)(uintptr_t)buf, &got);
    return result == KERN_SUCCESS && got == size;
}

static bool find_region(void *at, uint64_t address, struct mp_task_region *ret_region) {
    vm_address_t start = (vm_address_t)address;
    vm_size_t size = 0;
    vm_region_basic_info_data_64_t info;
    mach_msg_type_number_t count = VM_REGION_BASIC_INFO_COUNT_64;
    mach_port_t object = MACH_PORT_NULL;
    if (vm_region_64(port_of(at), &start, &size, VM_REGION_BASIC_INFO_64,
                     (vm_region_info_t)&info, &count, &object) != KERN_SUCCESS)
        return false;
    if (object != MACH_PORT_NULL)
        (void)mach_port_deallocate(mach_task_self(), object);
    *ret_region =
        (struct mp_task_region){.start = start,
                                .size = size,
                                .is_readable = (info.protection & VM_PROT_READ) != 0};
    return true;
}

static bool find_image_info(void *at, uint64_t *ret_address) {
    task_dyld_info_data_t info;
    mach_msg_type_number_t count = TASK_DYLD_INFO_COUNT;
    if (task_info(port_of(at), TASK_DYLD_INFO, (task_info_t)&info, &count) !=
            KERN_SUCCESS ||
        info.all_image_info_format != TASK_DYLD_ALL_IMAGE_INFO_64)
        return false;
    *ret_address = info.all_image_info_addr;
    return true;
}

/* SIGSTOP holds a task as task_suspend does (XNU, kern_sig.c). */
static bool is_held(void *at) {
    mach_task_basic_info_data_t info;
    mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
    return task_info(port_of(at), MACH_TASK_BASIC_INFO, (task_info_t)&info, &count) ==
               KERN_SUCCESS &&
           info.suspend_count > 0;
}

static void release(void *at, uint32_t thread) {
    (void)at;
    (void)mach_port_deallocate(mach_task_self(), thread);
}

static size_t list_threads(void *at, uint32_t *ret_threads, size_t max) {
    thread_act_array_t list = NULL;
    mach_msg_type_number_t count = 0;
    if (task_threads(port_of(at), &list, &count) != KERN_SUCCESS)
        return 0;
    for (mach_msg_type_number_t i = 0; i < count; i++)
        if (i < max)
            ret_threads[i] = list[i];
        else
            release(at, list[i]);
    (void)vm_deallocate(mach_task_self(), (vm_address_t)(uintptr_t)list,
                        count * sizeof(*list));
    return count;
}

/* As the letters of crash.h. A thread of a task that is held waits (XNU,
 * thread_act.c: thread_apc_ast); TH_STATE_STOPPED is what a thread is for the moment in
 * which its registers are read (sched_prim.c: thread_stop). */
static char run_state_letter(integer_t state) {
    switch (state) {
    case TH_STATE_RUNNING:
        return 'R';
    case TH_STATE_WAITING:
    case TH_STATE_STOPPED:
        return 'S';
    case TH_STATE_UNINTERRUPTIBLE:
        return 'D';
    default:
        return 0;
    }
}

static bool find_facts(void *at, uint32_t thread, struct mp_task_thread *ret_facts) {
    thread_identifier_info_data_t id;
    struct thread_extended_info extended;
    struct mp_task_thread facts = {0};
    mach_msg_type_number_t count = THREAD_IDENTIFIER_INFO_COUNT;
    (void)at;
    if (thread_info(thread, THREAD_IDENTIFIER_INFO, (thread_info_t)&id, &count) !=
        KERN_SUCCESS)
        return false;
    facts.id = id.thread_id;
    count = THREAD_EXTENDED_INFO_COUNT;
    if (thread_info(thread, THREAD_EXTENDED_INFO, (thread_info_t)&extended, &count) ==
        KERN_SUCCESS) {
        memcpy(facts.name, extended.pth_name, sizeof(facts.name));
        facts.run_state = run_state_letter(extended.pth_run_state);
        facts.cpu_ns = extended.pth_user_time + extended.pth_system_time;
    }
    *ret_facts = facts;
    return true;
}

static bool read_state(void *at, uint32_t thread, struct mp_arm64_state *ret_state) {
    mach_msg_type_number_t count = ARM_THREAD_STATE64_COUNT;
    (void)at;
    return thread_get_state(thread, ARM_THREAD_STATE64, (thread_state_t)ret_state,
                            &count) == KERN_SUCCESS &&
           count == ARM_THREAD_STATE64_COUNT;
}

static bool read_fault(void *at, uint32_t thread, struct mp_arm64_fault *ret_fault) {
    arm_exception_state64_t state;
    mach_msg_type_number_t count = ARM_EXCEPTION_STATE64_COUNT;
    (void)at;
    if (thread_get_state(thread, ARM_EXCEPTION_STATE64, (thread_state_t)&state, &count) !=
        KERN_SUCCESS)
        return false;
    *ret_fault = (struct mp_arm64_fault){.far = state.__far, .esr = state.__esr};
    return true;
}

struct mp_task mp_task_of_port(const mach_port_t *task) {
    static const struct mp_task_ops ops = {
        .read = read_memory,
        .region = find_region,
        .image_info = find_image_info,
        .is_held = is_held,
        .threads = list_threads,
        .release = release,
        .facts = find_facts,
        .state = read_state,
        .fault = read_fault,
    };
    return (struct mp_task){.ops = &ops, .at = (void *)(uintptr_t)task};
}
