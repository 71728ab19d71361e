/* Classifies a fault: its class, true address and access, from what the kernel reported,
 * the registers, the instruction and the mappings around the address. Pure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_FAULT_H
#define MP_CAPTURE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/supervisor/capture/instruction.h"
#include "harness/wire/crash.h"

/* A NULL pointer plus a field offset: a real driver crash was at 0x3b90. */
#define MP_FAULT_NULL_LIMIT UINT64_C(0x10000)

struct mp_fault_stop {
    int signal, code;
    uint64_t kernel_address; /* si_addr; meaningful for the codes that have one */
    uint64_t pc, sp;
    struct mp_instruction instruction; /* at pc */
    bool has_loaded_target;            /* the word at operand[0] could be read */
    uint64_t loaded_target;
};

/* The mappings around one address. */
struct mp_fault_memory {
    bool is_mapped;
    bool is_accessible;   /* mapped and not PROT_NONE */
    bool is_below_stack;  /* the next writable mapping above is the stack of a thread */
    uint64_t above_start; /* where that begins */
};

struct mp_fault {
    enum mp_fault_class fault_class;
    enum mp_crash_access access;
    bool has_address;
    bool address_is_derived;
    bool is_off_code; /* the thread jumped there, and there is no code */
    uint64_t address;
};

/* The address, reported or derived; the class as far as known without the mappings. */
void mp_fault_locate(const struct mp_fault_stop *stop, struct mp_fault *ret_fault);

/* Completes what mp_fault_locate found with the mappings around its address. */
void mp_fault_classify(const struct mp_fault_stop *stop,
                       const struct mp_fault_memory *memory, struct mp_fault *fault);

#endif
