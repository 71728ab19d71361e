/* What one machine instruction does to memory: enough of a decoder to say which address a
 * faulting instruction used and whether it read or wrote, if the kernel does not say.
 * Pure; decodes x86-64 and arm64 on every host.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_INSTRUCTION_H
#define MP_CAPTURE_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/crash.h"

#define MP_INSTRUCTION_BYTES_MAX 16

/* The registers of a stopped x86-64 thread, general ones numbered as instructions do:
 * rax, rcx, rdx, rbx, rsp, rbp, rsi, rdi, r8 to r15. */
struct mp_x86_registers {
    uint64_t general[16];
    uint64_t fs_base, gs_base;
};

struct mp_operand {
    bool has_address;
    uint64_t address;
    enum mp_crash_access access;
};

struct mp_instruction {
    bool is_known;
    struct mp_operand operand[2]; /* memory operands, the stack included */
    size_t operand_count;
    bool is_branch;    /* jumps or returns to an address taken from data */
    bool loads_target; /* the branch target is the word at operand[0]; else it is
                          `target` */
    uint64_t target;
};

/* Decodes the instruction in `len` bytes. Unknown instructions leave `is_known` false. */
void mp_instruction_decode_x86_64(const uint8_t *bytes, size_t len,
                                  const struct mp_x86_registers *regs,
                                  struct mp_instruction *ret_instruction);

/* Sets only read or write: arm64 reports true addresses. */
void mp_instruction_decode_arm64(uint32_t word, struct mp_instruction *ret_instruction);

#endif
