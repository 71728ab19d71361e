/* Loads and stores of arm64, from the encoding index "Loads and Stores" of the Arm
 * Architecture Reference Manual (C4.1). Atomics count as writes, as the processor reports
 * them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/instruction.h"

#define LOAD_BIT (UINT32_C(1) << 22)

static enum mp_crash_access access_of(uint32_t word) {
    enum mp_crash_access by_load_bit =
        (word & LOAD_BIT) != 0 ? MP_ACCESS_READ : MP_ACCESS_WRITE;
    if ((word & 0x3b000000) == 0x18000000) /* literal */
        return MP_ACCESS_READ;
    if ((word & 0x3f000000) == 0x08000000) /* exclusive, ordered, compare and swap */
        return (word & 0x00a00000) == 0x00a00000 ? MP_ACCESS_WRITE : by_load_bit;
    if ((word & 0x3a000000) == 0x28000000) /* pairs */
        return by_load_bit;
    if ((word & 0xbe000000) == 0x0c000000) /* vector structures */
        return by_load_bit;
    if ((word & 0x3a000000) != 0x38000000)
        return MP_ACCESS_UNKNOWN;
    if ((word & 0x3b200c00) == 0x38200000) /* atomic memory operations */
        return MP_ACCESS_WRITE;
    if ((word & (UINT32_C(1) << 26)) != 0) /* vector registers */
        return by_load_bit;
    return (word & 0x00c00000) == 0 ? MP_ACCESS_WRITE : MP_ACCESS_READ;
}

void mp_instruction_decode_arm64(uint32_t word, struct mp_instruction *ret_instruction) {
    struct mp_instruction ins = {0};
    if (((word >> 25) & 5) == 4) {
        ins.operand[0].access = access_of(word);
        ins.operand_count = 1;
        ins.is_known = ins.operand[0].access != MP_ACCESS_UNKNOWN;
    }
    *ret_instruction = ins;
}
