/* Address faults: each is a real access to the address, never a raise().
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/null/fault_strike.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* Not in any process map: far from programs, heaps, libraries and stacks. */
#define WILD_ADDRESS UINT64_C(0x123456789000)
/* Bits 63 to 47 differ (x86-64), bits 55 to 48 are not those of a table (arm64, tag
 * ignored). */
#define NONCANONICAL_ADDRESS UINT64_C(0x5a5a5a5a5a5a5a58)
/* In the upper half, which no process can map. */
#define KERNEL_ADDRESS UINT64_C(0xffffffff81000000)
#define PAGE_BYTES     65536 /* at least a page, on every system */
#define BLOCK_BYTES    (1024 * 1024)
#define BLOCKS_MAX     65536

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

MP_NULL_STRIKE void mp_null_fault_segv_null(uint32_t offset) {
    (void)offset;
    (void)*at_address(0);
}

MP_NULL_STRIKE void mp_null_fault_segv_null_write(uint32_t offset) {
    (void)offset;
    *at_address(0) = 1;
}

MP_NULL_STRIKE void mp_null_fault_segv_offset(uint32_t offset) {
    (void)*at_address(offset);
}

MP_NULL_STRIKE void mp_null_fault_segv_wild(uint32_t offset) {
    (void)offset;
    (void)*at_address(WILD_ADDRESS);
}

MP_NULL_STRIKE void mp_null_fault_segv_noncanonical(uint32_t offset) {
    (void)offset;
    (void)*at_address(NONCANONICAL_ADDRESS);
}

MP_NULL_STRIKE void mp_null_fault_segv_noncanonical_write(uint32_t offset) {
    (void)offset;
    *at_address(NONCANONICAL_ADDRESS) = 1;
}

MP_NULL_STRIKE void mp_null_fault_segv_kernel(uint32_t offset) {
    (void)offset;
    (void)*at_address(KERNEL_ADDRESS);
}

MP_NULL_STRIKE void mp_null_fault_segv_readonly(uint32_t offset) {
    volatile uint32_t *page = map_page(PROT_READ);

    (void)offset;
    *page = 1;
}

MP_NULL_STRIKE void mp_null_fault_segv_no_access(uint32_t offset) {
    volatile const uint32_t *page = map_page(PROT_NONE);

    (void)offset;
    (void)*page;
}

/* Calls `address`; the word behind the call keeps it from being a jump without a
 * caller. */
#define CALL(address)                                                                    \
    do {                                                                                 \
        const uint64_t at = (address);                                                   \
        void (*volatile target)(void);                                                   \
        memcpy((void *)&target, &at, sizeof(target));                                    \
        target(); /* NOLINT: planted */                                                  \
        __asm__ volatile("" ::: "memory");                                               \
    } while (0)

MP_NULL_STRIKE void mp_null_fault_jump_null(uint32_t offset) {
    (void)offset;
    CALL(0);
}

MP_NULL_STRIKE void mp_null_fault_jump_offset(uint32_t offset) {
    CALL(offset);
}

MP_NULL_STRIKE void mp_null_fault_jump_noncanonical(uint32_t offset) {
    (void)offset;
    CALL(NONCANONICAL_ADDRESS);
}

MP_NULL_STRIKE void mp_null_fault_jump_data(uint32_t offset) {
    (void)offset;
    CALL((uintptr_t)map_page(PROT_READ | PROT_WRITE));
}

/* The depth is a limit that no stack reaches; it keeps the compiler from seeing an
 * endless loop. */
/* NOLINTNEXTLINE: planted */
static __attribute__((noinline)) int recurse(volatile const char *above, uint32_t depth) {
    volatile char room[4096];

    room[0] = above ? above[0] : 1;
    if (depth == UINT32_MAX)
        return room[0];
    return recurse(room, depth + 1) + room[0];
}

MP_NULL_STRIKE void mp_null_fault_stack_overflow(uint32_t offset) {
    (void)offset;
    recurse(NULL, 0);
}

MP_NULL_STRIKE void mp_null_fault_bus(uint32_t offset) {
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

/* Like a driver that does not check what malloc returned. */
MP_NULL_STRIKE void mp_null_fault_no_memory(uint32_t offset) {
    struct rlimit limit = {0, 0};
    volatile char *block = NULL;

    (void)offset;
    if (setrlimit(RLIMIT_AS, &limit) != 0) {
        perror("null: cannot limit the memory of the round");
        _exit(6);
    }
    /* What an arena of the C library has reserved is not under the limit. */
    for (unsigned i = 0; i < BLOCKS_MAX; i++) {
        block = malloc(BLOCK_BYTES);
        if (!block)
            break;
    }
    *block = 1; /* NOLINT: planted */
}
