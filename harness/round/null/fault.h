/* The faults that the null device can plant, one row each of one const table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_NULL_FAULT_H
#define MP_NULL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* Index into the table, and into the words of the setting `fault`. */
enum mp_null_fault_kind {
    MP_NULL_FAULT_none,
#define MP_NULL_FAULT(name, words)  MP_NULL_FAULT_##name,
#define MP_NULL_EFFECT(name, words) MP_NULL_FAULT_##name,
#include "harness/round/null/fault.def"
#undef MP_NULL_FAULT
#undef MP_NULL_EFFECT
    MP_NULL_FAULT_COUNT
};

/* The setting's choices: "none|segv_null|...". */
extern const char mp_null_fault_choices[];
/* What each does, as text: "segv_null reads address 0; ...". */
extern const char mp_null_fault_words[];

struct mp_null_fault {
    const char *name;
    /* Strikes; NULL for none and for effects that the device applies to the op. Most
     * never return. */
    void (*strike)(uint32_t offset);
};

/* The row of `kind`. */
const struct mp_null_fault *mp_null_fault_row(enum mp_null_fault_kind kind);

/* False if the processor has no such fault: arm64 divides by zero without one. */
bool mp_null_fault_is_possible(enum mp_null_fault_kind kind);

#endif
