/* Unwinds the copied stack of a thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_UNWIND_LINUX_H
#define MP_CAPTURE_UNWIND_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "harness/supervisor/capture/copy_memory_linux.h"
#include "harness/supervisor/capture/symbols_linux.h"

struct mp_unwinder;

/* One frame. The pc of a fault, and of whatever a signal interrupted, is exact; all
 * others are return addresses. */
struct mp_unwind_frame {
    uint64_t pc;
    bool is_exact;
};

/* Unwinds threads of one process; borrows both. */
struct mp_unwinder *mp_unwinder_open(struct mp_copy_memory *memory,
                                     struct mp_symbols *symbols);
/* Writes up to `max` frames from the registers `regs` on, innermost first; returns how
 * many there are, counted up to MP_CRASH_FRAMES_COUNTED. */
size_t mp_unwinder_walk(struct mp_unwinder *unwinder, const struct user_regs_struct *regs,
                        bool is_exact, struct mp_unwind_frame *ret_frames, size_t max);
/* Where the function begins that `address` is in, by the unwind tables; 0 unknown. */
uint64_t mp_unwinder_function(struct mp_unwinder *unwinder, uint64_t address);
void mp_unwinder_close(struct mp_unwinder *unwinder);

#endif
