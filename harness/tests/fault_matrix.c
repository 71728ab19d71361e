/* The table. Its column of x86-64 was measured; that of arm64 is by the kernel's sources.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* TRAP_BRKPT, ILL_ILLOPN */

#include "harness/tests/fault_matrix.h"

#include <signal.h>

#include "harness/base/array.h"

#define OFFSET       0x5c8
#define NONCANONICAL UINT64_C(0x5a5a5a5a5a5a5a58)
/* An address tag is not reported. */
#define UNTAGGED (NONCANONICAL & UINT64_C(0x00ffffffffffffff))

#define CRASH(name, sent, place)                                                         \
    .signal = (name), .code = (sent), .where = (place), .outcome = MP_OUTCOME_CRASH
#define SEGV(sent, place) CRASH(SIGSEGV, sent, place)
#define READ              .access = MP_ACCESS_READ
#define WRITE             .access = MP_ACCESS_WRITE
#define EXECUTE           .access = MP_ACCESS_EXECUTE
#define CLASS(id)         .fault_class = MP_FAULT_##id
#define ENDS(id, kinds, ...)                                                             \
    .outcome = MP_OUTCOME_##id, .exit = {.kind = MP_EXIT_##kinds, __VA_ARGS__}
#define HANGS(id)                                                                        \
    .outcome = MP_OUTCOME_HANG, .exit = {.kind = MP_EXIT_DEADLINE}, .hang_class = (id)
#define ABORTS      .signal = SIGABRT, .code = SI_TKILL, .outcome = MP_OUTCOME_ABORT
#define FAULT(name) .fault = #name, .top = "mp_null_fault_" #name

/* clang-format off */
const struct fault_row fault_matrix[] = {
    {FAULT(segv_null), SEGV(SEGV_MAPERR, AT), READ, CLASS(NULL)},
    {FAULT(segv_null_write), SEGV(SEGV_MAPERR, AT), WRITE, CLASS(NULL)},
    {FAULT(segv_offset), SEGV(SEGV_MAPERR, AT), .address = OFFSET, READ, CLASS(NULL)},
    {FAULT(segv_wild), SEGV(SEGV_MAPERR, AT), .address = 0x123456789000, READ, CLASS(WILD)},
#if defined(__x86_64__)
    {FAULT(segv_noncanonical),
     SEGV(SI_KERNEL, AT), .address = NONCANONICAL, .is_derived = true, READ, CLASS(NON_CANONICAL)},
    {FAULT(segv_noncanonical_write),
     SEGV(SI_KERNEL, AT), .address = NONCANONICAL, .is_derived = true, WRITE, CLASS(NON_CANONICAL)},
    {FAULT(jump_noncanonical),
     SEGV(SI_KERNEL, AT), .address = NONCANONICAL, .is_derived = true, EXECUTE, CLASS(NON_CANONICAL)},
    {FAULT(segv_kernel), SEGV(SEGV_MAPERR, AT), .address = 0xffffffff81000000, READ, CLASS(WILD)},
    {FAULT(misaligned), SEGV(SI_KERNEL, AT_ODD), .is_derived = true, READ, CLASS(MISALIGNED)},
#else
    {FAULT(segv_noncanonical), SEGV(SEGV_MAPERR, AT), .address = UNTAGGED, READ, CLASS(WILD)},
    {FAULT(segv_noncanonical_write), SEGV(SEGV_MAPERR, AT), .address = UNTAGGED, WRITE, CLASS(WILD)},
    {FAULT(jump_noncanonical), SEGV(SEGV_MAPERR, AT_PC), EXECUTE, CLASS(WILD)},
    {FAULT(segv_kernel), SEGV(SEGV_MAPERR, AT), .address = 0xffffffff81000000, READ, CLASS(WILD)},
    {FAULT(misaligned), CRASH(SIGBUS, BUS_ADRALN, AT_ODD), READ,
     CLASS(MISALIGNED)},
#endif
    {FAULT(segv_readonly), SEGV(SEGV_ACCERR, AT_PAGE), WRITE, CLASS(PROTECTION)},
    {FAULT(segv_no_access), SEGV(SEGV_ACCERR, AT_PAGE), READ, CLASS(PROTECTION)},
    {FAULT(jump_null), SEGV(SEGV_MAPERR, AT), EXECUTE, CLASS(JUMP_NULL)},
    {FAULT(jump_offset), SEGV(SEGV_MAPERR, AT), .address = OFFSET, EXECUTE, CLASS(JUMP_NULL)},
    {FAULT(jump_data), SEGV(SEGV_ACCERR, AT_PC), EXECUTE, CLASS(PROTECTION)},
    {.fault = "stack_overflow", .top = "recurse", .setting = "call=open", .is_on_main = true,
     SEGV(SEGV_MAPERR, AT_STACK), WRITE, CLASS(STACK_OVERFLOW)},
    {.fault = "stack_overflow", .top = "recurse",
     SEGV(SEGV_ACCERR, AT_STACK), WRITE, CLASS(STACK_OVERFLOW)},
    {FAULT(bus), CRASH(SIGBUS, BUS_ADRERR, AT_PAGE), READ, CLASS(BUS)},
    {FAULT(misaligned_checked), CRASH(SIGBUS, BUS_ADRALN, AT_ODD),
     .is_derived = true, READ, CLASS(MISALIGNED)},
    {FAULT(fpe), CRASH(SIGFPE, FPE_INTDIV, AT_PC), CLASS(ARITHMETIC)},
    {FAULT(fpe_overflow), CRASH(SIGFPE, FPE_INTDIV, AT_PC), CLASS(ARITHMETIC)},
    {FAULT(fpe_float), CRASH(SIGFPE, FPE_FLTDIV, AT_PC), CLASS(ARITHMETIC)},
    {FAULT(ill), CRASH(SIGILL, BY_PROCESSOR(ILL_ILLOPN, ILL_ILLOPC), AT_PC),
     CLASS(INSTRUCTION)},
    {FAULT(privileged), CRASH(BY_PROCESSOR(SIGSEGV, SIGILL), BY_PROCESSOR(SI_KERNEL, ILL_ILLOPC), BY_PROCESSOR(NOWHERE, AT_PC)),
     CLASS(INSTRUCTION)},
    {FAULT(trap), CRASH(SIGTRAP, BY_PROCESSOR(SI_KERNEL, TRAP_BRKPT), BY_PROCESSOR(NOWHERE, AT_PC)), CLASS(INSTRUCTION)},
    {FAULT(debug_trap), CRASH(SIGTRAP, TRAP_BRKPT, AT_PC), CLASS(INSTRUCTION)},
    {FAULT(abort), ABORTS},
    {FAULT(double_free), ABORTS},
    {FAULT(heap_corrupt), ABORTS, .also = "malloc", .is_of_threads = true},
    {FAULT(segv_raised), SEGV(SI_TKILL, NOWHERE)},
    {.fault = "segv_blocked", .top = "mp_null_fault_segv_null",
     SEGV(SEGV_MAPERR, AT), READ, CLASS(NULL)},
    {.fault = "segv_handler", .top = "mp_null_fault_segv_null_write",
     .also = "mp_null_fault_segv_offset", SEGV(SEGV_MAPERR, AT), WRITE, CLASS(NULL),
     .is_of_threads = true},
    {.fault = "segv_dlopen", .top = "mp_null_fault_segv_null", .also = "dlopen",
     SEGV(SEGV_MAPERR, AT), READ, CLASS(NULL), .is_of_threads = true},
    {.fault = "segv_null", .top = "mp_null_fault_segv_null", .setting = "call=close",
     .is_on_main = true, SEGV(SEGV_MAPERR, AT), READ, CLASS(NULL)},
    {.fault = "exit_segv", .top = "mp_null_fault_segv_null", .is_on_main = true,
     SEGV(SEGV_MAPERR, AT), READ, CLASS(NULL)},
    {FAULT(no_memory), SEGV(SEGV_MAPERR, AT), WRITE, CLASS(NULL)},
    {.fault = "kill_self", ENDS(BROKEN, SIGNAL, .signal = SIGKILL)},
    {.fault = "cpu_limit", ENDS(BROKEN, SIGNAL, .signal = SIGKILL)},
    {.fault = "exit_early", ENDS(DROPPED, CODE, .code = 0), .is_of_threads = true},
    {.fault = "exit_code", ENDS(DROPPED, CODE, .code = 7), .is_of_threads = true},
    {.fault = "thread_exit", ENDS(DROPPED, CODE, .code = 0), .is_of_threads = true},
    {.fault = "fork_crash", ENDS(CRASH, CODE, .code = 0, .child_crashed = true)},
    {.fault = "fork_leak", ENDS(PASS, CODE, .code = 0, .leaked = 1)},
    {.fault = "noise", ENDS(PASS, CODE, .code = 0)},
    {.fault = "none", ENDS(PASS, CODE, .code = 0)},
    {.fault = "wrong", .scenario = "mm", ENDS(MISMATCH, CODE, .code = 0)},
    {.fault = "drop", ENDS(DROPPED, CODE, .code = 0)},
    {.fault = "gpu_error", ENDS(GPU_ERROR, CODE, .code = 0)},
    {.fault = "gpu_victim", ENDS(NO_VERDICT, CODE, .code = 0)},
    {.fault = "hang", .top = "mp_clock_sleep_ns", .also = "mp_null_fault_hang", HANGS(MP_HANG_ASLEEP)},
    {FAULT(spin), HANGS(MP_HANG_SPINNING)},
    {.fault = "deadlock", .top = "take_both",
     .also = "mp_null_fault_deadlock", HANGS(BY_PROCESSOR(MP_HANG_DEADLOCK, MP_HANG_ASLEEP)),
     .is_of_threads = true},
};
/* clang-format on */
const size_t fault_matrix_rows = MP_COUNT(fault_matrix);
