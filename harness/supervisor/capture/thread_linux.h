/* What a debugger reads of one stopped thread on Linux, and of the memory around it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_THREAD_LINUX_H
#define MP_CAPTURE_THREAD_LINUX_H

#include <stdbool.h>
#include <sys/types.h>

#include "harness/supervisor/capture/copy_linux.h"
#include "harness/supervisor/capture/fault.h"
#include "harness/wire/crash.h"

/* Adds the stopped thread `tid` of process `pid` to `crash`: name, registers, the frames
 * that are known without unwinding; and what is needed to unwind it to `copy`. `memory`
 * is that of the process (remote_linux.h). `is_off_code`: it jumped to its pc, where
 * there is no code. NULL when the crash is full. */
struct mp_crash_thread *mp_thread_record(pid_t pid, pid_t tid, bool is_off_code,
                                         int memory, struct mp_copy *copy,
                                         struct mp_crash *crash);

/* Fills pc, sp, the instruction at pc and the branch target of `stop` for the stopped
 * thread. */
void mp_thread_read_stop(pid_t tid, struct mp_fault_stop *stop);

/* Looks `address` up in the mappings of a process. */
void mp_thread_read_memory(const struct mp_maps *maps, uint64_t address,
                           struct mp_fault_memory *ret_memory);

#endif
