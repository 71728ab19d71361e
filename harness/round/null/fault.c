/* The table of the null device's faults, made of fault.def.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/null/fault.h"

#include <stdlib.h> /* __GLIBC__ */

#include "harness/round/null/fault_strike.h"

const struct mp_null_fault *mp_null_fault_row(enum mp_null_fault_kind kind) {
#define MP_NULL_FAULT(word, does)  {#word, mp_null_fault_##word},
#define MP_NULL_EFFECT(word, does) {#word, NULL},
    /* clang-format off: version 14 dies of these rows */
    static const struct mp_null_fault rows[] = {
        {"none", NULL},
#include "harness/round/null/fault.def"
    };
    /* clang-format on */
#undef MP_NULL_FAULT
#undef MP_NULL_EFFECT

    return &rows[kind];
}

bool mp_null_fault_is_possible(enum mp_null_fault_kind kind) {
    bool is_of_x86 = kind == MP_NULL_FAULT_fpe || kind == MP_NULL_FAULT_fpe_overflow ||
                     kind == MP_NULL_FAULT_fpe_float ||
                     kind == MP_NULL_FAULT_misaligned_checked ||
                     kind == MP_NULL_FAULT_debug_trap;
    bool is_of_glibc =
        kind == MP_NULL_FAULT_heap_corrupt || kind == MP_NULL_FAULT_segv_dlopen;
#ifdef __x86_64__
    is_of_x86 = false;
#endif
#ifdef __GLIBC__
    is_of_glibc = false;
#endif
    return !is_of_x86 && !is_of_glibc;
}

const char mp_null_fault_choices[] = "none"
#define MP_NULL_FAULT(word, does)  "|" #word
#define MP_NULL_EFFECT(word, does) "|" #word
#include "harness/round/null/fault.def"
    ;
#undef MP_NULL_FAULT
#undef MP_NULL_EFFECT

const char mp_null_fault_words[] = "none does nothing"
#define MP_NULL_FAULT(word, does)  "; " #word " " does
#define MP_NULL_EFFECT(word, does) "; " #word " " does
#include "harness/round/null/fault.def"
    ;
