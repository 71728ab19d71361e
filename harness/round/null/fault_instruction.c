/* Faults of single instructions. Those that a processor does not have do nothing: see
 * mp_null_fault_is_possible.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/null/fault_strike.h"

#include <limits.h>

#if defined(__x86_64__)
/* 0x40000 is the flag AC of EFLAGS: user code is checked for alignment while it is
 * set. */
#define MISALIGNED(address)                                                              \
    __asm__ volatile("movaps (%0), %%xmm0" : : "r"(address) : "xmm0")
#define MISALIGNED_CHECKED(address)                                                      \
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\t"                                        \
                     "pushfq\n\t"                                                        \
                     "orl $0x40000, (%%rsp)\n\t"                                         \
                     "popfq\n\t"                                                         \
                     "movl (%0), %%eax\n\t"                                              \
                     "pushfq\n\t"                                                        \
                     "andl $~0x40000, (%%rsp)\n\t"                                       \
                     "popfq\n\t"                                                         \
                     "lea 128(%%rsp), %%rsp"                                             \
                     :                                                                   \
                     : "r"(address)                                                      \
                     : "rax", "cc", "memory")
/* All exceptions of SSE but inexact results on; then one divided by zero. */
#define DIVIDE_FLOAT()                                                                   \
    do {                                                                                 \
        const uint32_t masks = 0x1000;                                                   \
        const float one = 1, zero = 0;                                                   \
        __asm__ volatile("ldmxcsr %0\n\tmovss %1, %%xmm0\n\tdivss %2, %%xmm0"            \
                         :                                                               \
                         : "m"(masks), "m"(one), "m"(zero)                               \
                         : "xmm0");                                                      \
    } while (0)
#define UNDEFINED()  __asm__ volatile("ud2")
#define BREAKPOINT() __asm__ volatile("int3")
#define DEBUG_TRAP() __asm__ volatile(".byte 0xf1") /* int1 */
#define PRIVILEGED() __asm__ volatile("hlt")
#elif defined(__aarch64__)
#define MISALIGNED(address)                                                              \
    __asm__ volatile("ldxr w9, [%0]" : : "r"(address) : "w9", "memory")
#define MISALIGNED_CHECKED(address) (void)(address)
#define DIVIDE_FLOAT()              (void)0
#define UNDEFINED()                 __asm__ volatile("udf #0")
#define BREAKPOINT()                __asm__ volatile("brk #0")
#define DEBUG_TRAP()                (void)0
#define PRIVILEGED()                __asm__ volatile("msr daifset, #2")
#else
#error "this processor is not known to the null device"
#endif

static const char *odd_address(void) {
    static const char room[64];

    return room + 1 + ((uintptr_t)room & 1);
}

MP_NULL_STRIKE void mp_null_fault_misaligned(uint32_t offset) {
    (void)offset;
    MISALIGNED(odd_address());
}

MP_NULL_STRIKE void mp_null_fault_misaligned_checked(uint32_t offset) {
    (void)offset;
    MISALIGNED_CHECKED(odd_address());
}

MP_NULL_STRIKE void mp_null_fault_fpe(uint32_t offset) {
    volatile int one = 1, zero = 0;

    (void)offset;
    one = one / zero; /* NOLINT: planted */
}

MP_NULL_STRIKE void mp_null_fault_fpe_overflow(uint32_t offset) {
    volatile int lowest = INT_MIN, minus_one = -1;

    (void)offset;
    lowest = lowest / minus_one; /* NOLINT: planted */
}

MP_NULL_STRIKE void mp_null_fault_fpe_float(uint32_t offset) {
    (void)offset;
    DIVIDE_FLOAT();
}

MP_NULL_STRIKE void mp_null_fault_ill(uint32_t offset) {
    (void)offset;
    UNDEFINED();
}

MP_NULL_STRIKE void mp_null_fault_privileged(uint32_t offset) {
    (void)offset;
    PRIVILEGED();
}

MP_NULL_STRIKE void mp_null_fault_trap(uint32_t offset) {
    (void)offset;
    BREAKPOINT();
}

MP_NULL_STRIKE void mp_null_fault_debug_trap(uint32_t offset) {
    (void)offset;
    DEBUG_TRAP();
}
