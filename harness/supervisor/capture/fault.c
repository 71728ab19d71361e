/* Classifies a fault. What kernels report was measured on Linux 6.18, x86-64 ("Test
 * matrix" of the capture notes).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/fault.h"

#include <signal.h>

/* Linux: raised by the kernel without a page fault (general protection, stack segment,
 * int3). */
#define CODE_KERNEL 0x80
/* How far from the stack pointer, and from the lowest page of the stack, an overflow may
 * touch. */
#define STACK_REACH UINT64_C(0x100000)
/* Widest decoded access of one instruction, and the alignment that SSE requires. */
#define OPERAND_BYTES 64
#define SSE_ALIGN     16

static bool is_canonical(uint64_t address) {
    uint64_t top = address >> 47;
    return top == 0 || top == UINT64_C(0x1ffff);
}

static bool touches(const struct mp_operand *operand, uint64_t address) {
    return operand->has_address && address - operand->address < OPERAND_BYTES;
}

/* The access of the operand that touches `address`; of the only one if none is known
 * to. */
static enum mp_crash_access access_at(const struct mp_instruction *ins,
                                      uint64_t address) {
    for (size_t i = 0; i < ins->operand_count; i++)
        if (touches(&ins->operand[i], address))
            return ins->operand[i].access;
    for (size_t i = 0; i < ins->operand_count; i++)
        if (!ins->operand[i].has_address)
            return ins->operand[i].access;
    return MP_ACCESS_UNKNOWN;
}

static void set_derived(struct mp_fault *fault, enum mp_fault_class fault_class,
                        uint64_t address, enum mp_crash_access access) {
    fault->fault_class = fault_class;
    fault->has_address = true;
    fault->address_is_derived = true;
    fault->address = address;
    fault->access = access;
}

/* The kernel gave no address: take the non-canonical operand, else the branch target,
 * else an operand misaligned for SSE. */
static void derive(const struct mp_fault_stop *stop, struct mp_fault *fault) {
    const struct mp_instruction *ins = &stop->instruction;
    fault->fault_class = MP_FAULT_NON_CANONICAL;
    if (!is_canonical(stop->pc)) {
        set_derived(fault, MP_FAULT_NON_CANONICAL, stop->pc, MP_ACCESS_EXECUTE);
        return;
    }
    for (size_t i = 0; i < ins->operand_count; i++) {
        const struct mp_operand *operand = &ins->operand[i];
        if (operand->has_address && !is_canonical(operand->address)) {
            set_derived(fault, MP_FAULT_NON_CANONICAL, operand->address, operand->access);
            return;
        }
    }
    bool has_target = ins->is_branch && (!ins->loads_target || stop->has_loaded_target);
    uint64_t target = ins->loads_target ? stop->loaded_target : ins->target;
    if (has_target && !is_canonical(target)) {
        set_derived(fault, MP_FAULT_NON_CANONICAL, target, MP_ACCESS_EXECUTE);
        return;
    }
    for (size_t i = 0; i < ins->operand_count; i++) {
        const struct mp_operand *operand = &ins->operand[i];
        if (operand->has_address && operand->address % SSE_ALIGN != 0) {
            set_derived(fault, MP_FAULT_MISALIGNED, operand->address, operand->access);
            return;
        }
    }
    /* No memory involved: hlt, a software interrupt, a privileged instruction. */
    if (ins->is_known && ins->operand_count == 0 && !ins->is_branch)
        fault->fault_class = MP_FAULT_INSTRUCTION;
}

static void locate_misaligned(const struct mp_fault_stop *stop, struct mp_fault *fault) {
    const struct mp_operand *operand = &stop->instruction.operand[0];
    fault->fault_class = MP_FAULT_MISALIGNED;
    if (stop->kernel_address != 0) { /* x86-64 reports 0, whatever it was */
        fault->has_address = true;
        fault->address = stop->kernel_address;
        fault->access = access_at(&stop->instruction, fault->address);
    } else if (stop->instruction.operand_count > 0 && operand->has_address) {
        set_derived(fault, MP_FAULT_MISALIGNED, operand->address, operand->access);
    }
}

void mp_fault_locate(const struct mp_fault_stop *stop, struct mp_fault *ret_fault) {
    struct mp_fault fault = {.fault_class = MP_FAULT_NONE};
    bool is_memory = stop->signal == SIGSEGV || stop->signal == SIGBUS;
    bool is_at_pc =
        stop->signal == SIGFPE || stop->signal == SIGILL || stop->signal == SIGTRAP;
    bool is_from_kernel = stop->code > 0;
    if (is_memory && stop->code == CODE_KERNEL) {
        derive(stop, &fault);
    } else if (stop->signal == SIGBUS && stop->code == BUS_ADRALN) {
        locate_misaligned(stop, &fault);
    } else if (is_memory && is_from_kernel) {
        fault.fault_class = stop->signal == SIGBUS ? MP_FAULT_BUS : MP_FAULT_WILD;
        fault.has_address = true;
        fault.address = stop->kernel_address;
        fault.access = stop->kernel_address == stop->pc
                           ? MP_ACCESS_EXECUTE
                           : access_at(&stop->instruction, stop->kernel_address);
    } else if (is_at_pc && is_from_kernel) {
        fault.fault_class =
            stop->signal == SIGFPE ? MP_FAULT_ARITHMETIC : MP_FAULT_INSTRUCTION;
        fault.has_address = stop->code != CODE_KERNEL;
        fault.address = fault.has_address ? stop->kernel_address : 0;
    }
    fault.is_off_code = fault.has_address && fault.access == MP_ACCESS_EXECUTE &&
                        fault.address == stop->pc;
    *ret_fault = fault;
}

static uint64_t distance(uint64_t a, uint64_t b) {
    return a > b ? a - b : b - a;
}

static bool is_stack_overflow(const struct mp_fault_stop *stop,
                              const struct mp_fault_memory *memory, uint64_t address) {
    return !memory->is_accessible && memory->is_below_stack &&
           memory->above_start - address <= STACK_REACH &&
           distance(stop->sp, address) <= STACK_REACH;
}

void mp_fault_classify(const struct mp_fault_stop *stop,
                       const struct mp_fault_memory *memory, struct mp_fault *fault) {
    if (fault->fault_class != MP_FAULT_WILD)
        return;
    bool is_execute = fault->access == MP_ACCESS_EXECUTE;
    if (fault->address < MP_FAULT_NULL_LIMIT)
        fault->fault_class = is_execute ? MP_FAULT_JUMP_NULL : MP_FAULT_NULL;
    else if (is_stack_overflow(stop, memory, fault->address))
        fault->fault_class = MP_FAULT_STACK_OVERFLOW;
    else if (memory->is_mapped)
        fault->fault_class = MP_FAULT_PROTECTION;
}
