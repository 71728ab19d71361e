/* What a debugger reads of one stopped thread on Linux, and of the memory around it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_THREAD_LINUX_H
#define MP_CAPTURE_THREAD_LINUX_H

#include <sys/types.h>

#include "harness/supervisor/capture/fault.h"
#include "harness/supervisor/capture/symbols_linux.h"
#include "harness/supervisor/capture/unwind_linux.h"
#include "harness/wire/crash.h"

/* State for reading threads of one stopped process. */
struct mp_thread_tools {
    struct mp_symbols *symbols;
    struct mp_remote *remote;
    struct mp_unwinder *unwinder;
};

/* Adds the stopped thread `tid` of process `pid` to `crash`: name, registers, frames.
 * `is_off_code`: it jumped to its pc, where there is no code. NULL when the crash is
 * full. */
struct mp_crash_thread *mp_thread_record(pid_t pid, pid_t tid, bool is_off_code,
                                         const struct mp_thread_tools *tools,
                                         struct mp_crash *crash);

/* Fills pc, sp, the instruction at pc and the branch target of `stop` for the stopped
 * thread. */
void mp_thread_read_stop(pid_t tid, struct mp_fault_stop *stop);

/* Looks `address` up in the mappings of `pid`. */
void mp_thread_read_memory(pid_t pid, uint64_t address,
                           struct mp_fault_memory *ret_memory);

#endif
