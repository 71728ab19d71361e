/* One function for each row of fault.def that strikes the process. Only for the files
 * that define them and for the table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_NULL_FAULT_STRIKE_H
#define MP_NULL_FAULT_STRIKE_H

#include <stdint.h>

/* Before a definition: its own stack frame, so that a captured stack names it, and no
 * sanitizer that would report the fault before it happens. */
#define MP_NULL_STRIKE                                                                   \
    __attribute__((noinline, no_sanitize("undefined"), no_sanitize("address"),           \
                   no_sanitize("thread")))

#define MP_NULL_FAULT(name, words) void mp_null_fault_##name(uint32_t offset);
#define MP_NULL_EFFECT(name, words)
#include "harness/round/null/fault.def"
#undef MP_NULL_FAULT
#undef MP_NULL_EFFECT

#endif
