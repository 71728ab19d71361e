/* What capture uses of Mach, declared for Linux: names and values as in Apple's headers
 * (the layouts are held against those when it is built for macOS).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MACH_DOUBLE_MACH_H
#define MP_MACH_DOUBLE_MACH_H

#include <stdint.h>

typedef int kern_return_t;
typedef uint32_t mach_port_t, mach_port_name_t, natural_t;
typedef int32_t integer_t;
typedef uint32_t mach_msg_type_number_t, mach_msg_size_t;
typedef uint64_t vm_address_t, vm_size_t, vm_offset_t;
typedef mach_port_t *mach_port_array_t, *thread_act_array_t;
typedef natural_t *thread_state_t;
typedef integer_t *thread_info_t, *task_info_t, *vm_region_info_t;
typedef int exception_behavior_t, thread_state_flavor_t;
typedef uint32_t exception_mask_t;

#define KERN_SUCCESS          0
#define KERN_INVALID_ADDRESS  1
#define KERN_INVALID_ARGUMENT 4
#define KERN_FAILURE          5
#define KERN_NO_SPACE         3
#define KERN_INVALID_NAME     15
#define KERN_INVALID_RIGHT    17

#define MACH_PORT_NULL          ((mach_port_t)0)
#define MACH_PORT_DEAD          (~(mach_port_t)0)
#define MACH_PORT_VALID(name)   ((name) != MACH_PORT_NULL && (name) != MACH_PORT_DEAD)
#define MACH_PORT_RIGHT_SEND    0
#define MACH_PORT_RIGHT_RECEIVE 1

#define MACH_MSG_TYPE_MOVE_SEND       17
#define MACH_MSG_TYPE_MOVE_SEND_ONCE  18
#define MACH_MSG_TYPE_COPY_SEND       19
#define MACH_MSG_TYPE_MAKE_SEND       20
#define MACH_MSG_PORT_DESCRIPTOR      0
#define MACH_MSGH_BITS_COMPLEX        0x80000000U
#define MACH_MSGH_BITS(remote, local) ((remote) | ((local) << 8))

#define MACH_SEND_MSG          0x1
#define MACH_RCV_MSG           0x2
#define MACH_SEND_TIMEOUT      0x10
#define MACH_RCV_TIMEOUT       0x100
#define MACH_SEND_INVALID_DEST 0x10000003
#define MACH_RCV_TIMED_OUT     0x10004003
#define MACH_RCV_INVALID_NAME  0x10004002
#define MACH_RCV_TOO_LARGE     0x10004004
#define MACH_RCV_INTERRUPTED   0x10004005
#define MACH_RCV_BODY_ERROR    0x1000400c
#define MACH_SEND_INTERRUPTED  0x10000007
#define MACH_SEND_TIMED_OUT    0x10000004
#define MACH_MSG_MASK          0x3e00
#define MACH_RCV_PORT_DIED     0x10004009

#define EXC_MASK_CRASH       (1U << 10)
#define EXCEPTION_DEFAULT    1
#define MACH_EXCEPTION_CODES 0x80000000U

typedef struct {
    uint32_t msgh_bits, msgh_size;
    mach_port_t msgh_remote_port, msgh_local_port;
    uint32_t msgh_voucher_port;
    int32_t msgh_id;
} mach_msg_header_t;

#define VM_PROT_READ            1
#define VM_REGION_BASIC_INFO_64 9
#define VM_REGION_BASIC_INFO_COUNT_64                                                    \
    ((mach_msg_type_number_t)(sizeof(vm_region_basic_info_data_64_t) / sizeof(int)))
typedef struct {
    int protection, rest[8];
} vm_region_basic_info_data_64_t;

#define TASK_DYLD_INFO              17
#define TASK_DYLD_ALL_IMAGE_INFO_64 1
#define TASK_DYLD_INFO_COUNT                                                             \
    ((mach_msg_type_number_t)(sizeof(task_dyld_info_data_t) / sizeof(natural_t)))
#pragma pack(push, 4)
typedef struct {
    uint64_t all_image_info_addr, all_image_info_size;
    integer_t all_image_info_format;
} task_dyld_info_data_t;
#pragma pack(pop)

#define MACH_TASK_BASIC_INFO 20
#define MACH_TASK_BASIC_INFO_COUNT                                                       \
    ((mach_msg_type_number_t)(sizeof(mach_task_basic_info_data_t) / sizeof(natural_t)))
typedef struct {
    uint64_t virtual_size, resident_size, resident_size_max;
    integer_t user_time[2], system_time[2], policy, suspend_count;
} mach_task_basic_info_data_t;

#define THREAD_IDENTIFIER_INFO 4
#define THREAD_IDENTIFIER_INFO_COUNT                                                     \
    ((mach_msg_type_number_t)(sizeof(thread_identifier_info_data_t) / sizeof(natural_t)))
typedef struct {
    uint64_t thread_id, thread_handle, dispatch_qaddr;
} thread_identifier_info_data_t;

#define THREAD_EXTENDED_INFO 5
#define THREAD_EXTENDED_INFO_COUNT                                                       \
    ((mach_msg_type_number_t)(sizeof(struct thread_extended_info) / sizeof(natural_t)))
struct thread_extended_info {
    uint64_t pth_user_time, pth_system_time;
    int32_t pth_cpu_usage, pth_policy, pth_run_state, pth_flags;
    int32_t pth_sleep_time, pth_curpri, pth_priority, pth_maxpriority;
    char pth_name[64];
};
#define TH_STATE_RUNNING         1
#define TH_STATE_STOPPED         2
#define TH_STATE_WAITING         3
#define TH_STATE_UNINTERRUPTIBLE 4
#define TH_STATE_HALTED          5

#define ARM_THREAD_STATE64          6
#define ARM_THREAD_STATE64_COUNT    68
#define ARM_EXCEPTION_STATE64       7
#define ARM_EXCEPTION_STATE64_COUNT 4
typedef struct {
    uint64_t __far;
    uint32_t __esr, __exception;
} arm_exception_state64_t;

mach_port_t mach_task_self(void);
kern_return_t mach_port_allocate(mach_port_t task, int right, mach_port_t *ret_name);
kern_return_t mach_port_insert_right(mach_port_t task, mach_port_t name, mach_port_t port,
                                     int disposition);
kern_return_t mach_port_mod_refs(mach_port_t task, mach_port_t name, int right,
                                 int delta);
kern_return_t mach_port_deallocate(mach_port_t task, mach_port_t name);
kern_return_t mach_ports_register(mach_port_t task, mach_port_t *ports,
                                  mach_msg_type_number_t count);
kern_return_t mach_ports_lookup(mach_port_t task, mach_port_array_t *ret_ports,
                                mach_msg_type_number_t *ret_count);
kern_return_t mach_msg(mach_msg_header_t *message, int options, mach_msg_size_t send_size,
                       mach_msg_size_t receive_size, mach_port_t port,
                       uint32_t timeout_ms, mach_port_t notify);
void mach_msg_destroy(mach_msg_header_t *message);

kern_return_t pid_for_task(mach_port_t task, int *ret_pid);
kern_return_t task_suspend(mach_port_t task);
kern_return_t task_resume(mach_port_t task);
kern_return_t task_info(mach_port_t task, int flavor, task_info_t info,
                        mach_msg_type_number_t *count);
kern_return_t task_threads(mach_port_t task, thread_act_array_t *ret_list,
                           mach_msg_type_number_t *ret_count);
kern_return_t thread_info(mach_port_t thread, int flavor, thread_info_t info,
                          mach_msg_type_number_t *count);
kern_return_t thread_get_state(mach_port_t thread, int flavor, thread_state_t state,
                               mach_msg_type_number_t *count);
kern_return_t vm_read_overwrite(mach_port_t task, vm_address_t address, vm_size_t size,
                                vm_address_t to, vm_size_t *ret_size);
kern_return_t vm_region_64(mach_port_t task, vm_address_t *address, vm_size_t *size,
                           int flavor, vm_region_info_t info,
                           mach_msg_type_number_t *count, mach_port_t *ret_object);
kern_return_t vm_deallocate(mach_port_t task, vm_address_t address, vm_size_t size);

#endif
