/* Functions whose unwind tables hang or kill whoever runs them; a fault in a library that
 * the test has prepared; a fault on a stack of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* truncate */

#include "harness/tests/victim_hostile.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__

#if defined(__x86_64__)
#define FAULT "movq 0x40, %rax\n"
#elif defined(__aarch64__)
#define FAULT "mov x0, #0x40\nldr x0, [x0]\n"
#endif
/* A function that reads address 0x40, and whose frame is found by DWARF expression
 * `bytes` (DW_CFA_def_cfa_expression, its length, the expression). */
#define FUNCTION(name, bytes)                                                            \
    __asm__(".text\n.globl " name "\n.hidden " name "\n.type " name ",%function\n" name  \
            ":\n.cfi_startproc\n.cfi_escape 0x0f," bytes "\n" FAULT                      \
            ".cfi_endproc\n.size " name ", . - " name "\n")

/* DW_OP_skip -3: itself, for ever. */
FUNCTION("victim_endless", "0x03,0x2f,0xfd,0xff");
/* The smallest number / -1. */
FUNCTION("victim_divides", "0x0c,0x0f,0,0,0,0,0,0,0,0x80,0x09,0xff,0x1b");
void victim_endless(void);
void victim_divides(void);

/* The library that VICTIM_LIBRARY names; cut to VICTIM_CUT bytes once it is loaded. */
static void fault_in_library(void) {
    const char *path = getenv("VICTIM_LIBRARY"), *cut = getenv("VICTIM_CUT");
    void *library = path != NULL ? dlopen(path, RTLD_NOW) : NULL;
    void *symbol = library != NULL ? dlsym(library, "hostile_read") : NULL;
    void (*read_address)(uint64_t) = NULL;
    memcpy(&read_address, &symbol, sizeof(symbol));
    if (path == NULL || read_address == NULL)
        _exit(70);
    if (cut != NULL && truncate(path, strtoll(cut, NULL, 10)) != 0)
        _exit(70);
    read_address(0x40);
}

static volatile uint64_t sink;

/* NOLINTNEXTLINE(misc-no-recursion) */
__attribute__((noinline)) static uint64_t victim_deepen(uint64_t depth) {
    volatile uint64_t here[64];
    here[depth % 64] = sink == UINT64_MAX ? 0 : victim_deepen(depth + 1) + depth;
    return here[depth % 64];
}

static void give_up(int signal_number) {
    (void)signal_number;
    abort();
}

static void overflow_with_handler(void) {
    stack_t stack = {.ss_size = (size_t)64 * 1024};
    struct sigaction action = {.sa_handler = give_up, .sa_flags = SA_ONSTACK};
    stack.ss_sp = malloc(stack.ss_size);
    if (stack.ss_sp == NULL || sigaltstack(&stack, NULL) != 0 ||
        sigaction(SIGSEGV, &action, NULL) != 0)
        _exit(70);
    sink = victim_deepen(0);
}

bool victim_do_hostile(const char *deed) {
    if (strcmp(deed, "endless_unwind") == 0)
        victim_endless();
    else if (strcmp(deed, "faulting_unwind") == 0)
        victim_divides();
    else if (strcmp(deed, "library") == 0)
        fault_in_library();
    else if (strcmp(deed, "overflow_with_handler") == 0)
        overflow_with_handler();
    return false;
}

#else

bool victim_do_hostile(const char *deed) {
    (void)deed;
    return false;
}

#endif
