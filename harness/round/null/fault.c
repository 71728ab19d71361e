/* The null device's faults. They are real: a fault of an address is an access to that address,
 * never a raise(). Each is a function with its own frame, so that a captured stack names it. Must
 * not be called but by the null device.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/null/fault.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness/base/clock.h"

/* A sanitizer would report the fault in its own way before it happens. */
#define FAULT                                                                                      \
    static __attribute__((noinline, no_sanitize("undefined"), no_sanitize("address"),              \
                          no_sanitize("thread"))) void

/* In no process map: far from where programs, heaps, libraries and stacks are put. */
#define WILD_ADDRESS UINT64_C(0x123456789000)
/* Bits 63 to 47 differ (x86-64), bits 55 to 48 are not those of a table (arm64, tag ignored). */
#define NONCANONICAL_ADDRESS UINT64_C(0x5a5a5a5a5a5a5a58)
#define LEAK_SECONDS         180
#define NOISE_BYTES          (1024 * 1024)
#define PAGE_BYTES           65536 /* at least a page, on every system */

static volatile uint32_t *at_address(uint64_t address) {
    /* Through a volatile, so that the compiler cannot know the address and act on it. */
    volatile uint64_t hidden = address;

    return (volatile uint32_t *)(uintptr_t)hidden;
}

/* A page of zeros that allows `protection`. */
static void *map_page(int protection) {
    void *page = mmap(NULL, PAGE_BYTES, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED) {
        perror("null: cannot map a page for the planted fault");
        _exit(6);
    }
    return page;
}

FAULT mp_null_fault_segv_null(uint32_t offset) {
    (void)offset;
    (void)*at_address(0);
}

FAULT mp_null_fault_segv_null_write(uint32_t offset) {
    (void)offset;
    *at_address(0) = 1;
}

FAULT mp_null_fault_segv_offset(uint32_t offset) {
    (void)*at_address(offset);
}

FAULT mp_null_fault_segv_wild(uint32_t offset) {
    (void)offset;
    (void)*at_address(WILD_ADDRESS);
}

FAULT mp_null_fault_segv_noncanonical(uint32_t offset) {
    (void)offset;
    (void)*at_address(NONCANONICAL_ADDRESS);
}

FAULT mp_null_fault_segv_readonly(uint32_t offset) {
    volatile uint32_t *page = map_page(PROT_READ);

    (void)offset;
    *page = 1;
}

FAULT mp_null_fault_jump_null(uint32_t offset) {
    void (*volatile target)(void) = NULL;

    (void)offset;
    target(); /* NOLINT: planted */
}

FAULT mp_null_fault_jump_data(uint32_t offset) {
    void *page = map_page(PROT_READ | PROT_WRITE);
    void (*volatile target)(void);

    (void)offset;
    memcpy((void *)&target, &page, sizeof(target));
    target();
}

/* The depth is a limit that no stack reaches; it keeps the compiler from seeing an endless loop. */
/* NOLINTNEXTLINE: planted */
static __attribute__((noinline)) int recurse(volatile const char *above, uint32_t depth) {
    volatile char room[4096];

    room[0] = above ? above[0] : 1;
    if (depth == UINT32_MAX)
        return room[0];
    return recurse(room, depth + 1) + room[0];
}

FAULT mp_null_fault_stack_overflow(uint32_t offset) {
    (void)offset;
    recurse(NULL, 0);
}

FAULT mp_null_fault_bus(uint32_t offset) {
    FILE *file = tmpfile();
    volatile const uint32_t *page;

    (void)offset;
    if (!file) {
        perror("null: cannot make a file for the planted fault");
        _exit(6);
    }
    page = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, fileno(file), 0);
    (void)*page;
}

#if defined(__x86_64__)
#define MISALIGNED(address) __asm__ volatile("movaps (%0), %%xmm0" : : "r"(address) : "xmm0")
#define UNDEFINED()         __asm__ volatile("ud2")
#define BREAKPOINT()        __asm__ volatile("int3")
#elif defined(__aarch64__)
#define MISALIGNED(address) __asm__ volatile("ldxr w9, [%0]" : : "r"(address) : "w9", "memory")
#define UNDEFINED()         __asm__ volatile("udf #0")
#define BREAKPOINT()        __asm__ volatile("brk #0")
#else
#error "this processor is not known to the null device"
#endif

FAULT mp_null_fault_misaligned(uint32_t offset) {
    static char room[64];

    (void)offset;
    MISALIGNED(room + 1 + ((uintptr_t)room & 1));
}

FAULT mp_null_fault_fpe(uint32_t offset) {
    volatile int one = 1, zero = 0;

    (void)offset;
    one = one / zero; /* NOLINT: planted */
}

FAULT mp_null_fault_ill(uint32_t offset) {
    (void)offset;
    UNDEFINED();
}

FAULT mp_null_fault_trap(uint32_t offset) {
    (void)offset;
    BREAKPOINT();
}

FAULT mp_null_fault_abort(uint32_t offset) {
    (void)offset;
    fputs("null: failed assertion `planted'\n", stderr);
    abort();
}

FAULT mp_null_fault_double_free(uint32_t offset) {
    void *volatile block = malloc(64);
    void *volatile again = block;

    (void)offset;
    free(block);
    free(again); /* NOLINT: planted */
}

FAULT mp_null_fault_kill_self(uint32_t offset) {
    (void)offset;
    kill(getpid(), SIGKILL);
}

FAULT mp_null_fault_hang(uint32_t offset) {
    (void)offset;
    for (;;)
        mp_clock_sleep_ns(MP_CLOCK_NS_PER_S);
}

FAULT mp_null_fault_spin(uint32_t offset) {
    volatile uint32_t turns = offset;

    for (;;)
        turns++;
}

FAULT mp_null_fault_exit_early(uint32_t offset) {
    (void)offset;
    exit(0);
}

FAULT mp_null_fault_exit_code(uint32_t offset) {
    (void)offset;
    _exit(7);
}

static void segv_at_exit(void) {
    mp_null_fault_segv_null(0);
}

FAULT mp_null_fault_exit_segv(uint32_t offset) {
    (void)offset;
    atexit(segv_at_exit);
}

FAULT mp_null_fault_thread_exit(uint32_t offset) {
    (void)offset;
    pthread_exit(NULL);
}

/* A process of our own, or -1 with a word on stderr. */
static pid_t fork_child(void) {
    pid_t pid = fork();

    if (pid < 0)
        perror("null: cannot fork for the planted fault");
    return pid;
}

FAULT mp_null_fault_fork_leak(uint32_t offset) {
    (void)offset;
    if (fork_child() == 0) {
        signal(SIGTERM, SIG_IGN);
        setsid();
        mp_clock_sleep_ns(LEAK_SECONDS * MP_CLOCK_NS_PER_S);
        _exit(0);
    }
}

FAULT mp_null_fault_fork_crash(uint32_t offset) {
    pid_t pid = fork_child();

    if (pid == 0) {
        mp_null_fault_segv_null(offset);
        _exit(0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

FAULT mp_null_fault_noise(uint32_t offset) {
    (void)offset;
    for (int i = 0; i < NOISE_BYTES; i++)
        fputc(i % 79 == 78 ? '\n' : i % 32, stderr);
}

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
#ifdef __aarch64__
    return kind != MP_NULL_FAULT_fpe;
#else
    (void)kind;
    return true;
#endif
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
