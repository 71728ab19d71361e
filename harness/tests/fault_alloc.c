/* An allocator of which one allocation fails: the one numbered $FAULT_ALLOC, counted over
 * all that the program $FAULT_PROGRAM (mpstress) and its libraries make; with
 * $FAULT_STAYS also all after it. With $FAULT_WORD only a program fails whose first
 * argument is that word. At its end the program writes to the file $FAULT_TALLY how many
 * allocations it made and how many bytes SQLite still has, and meanwhile to the file
 * $FAULT_STACKS the numbers of those that no other made with the same calls above it.
 * Other programs that inherit this library are left alone.
 *
 * With $FAULT_SERVER the program stops where it first opens a database, and for each
 * order that it reads a child goes on from there: see fault_alloc.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "harness/tests/fault_alloc.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

/* The C library's own, which a library that defines malloc may call. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);
int sqlite3_open_v2(const char *name, void **ret_db, int flags, const char *vfs);

enum { DEPTH = 128, SEEN_MAX = 1 << 16 };

static atomic_ulong counted;
static unsigned long failing; /* 0: none */
static bool is_on, stays, is_server;
static int stacks = -1;
static atomic_flag is_looking = ATOMIC_FLAG_INIT;
static uint64_t seen[SEEN_MAX]; /* hashes of stacks, by their low bits; 0: free */

static bool is_meant(int argc, char **argv) {
    const char *program = getenv("FAULT_PROGRAM"), *word = getenv("FAULT_WORD");
    return strcmp(program_invocation_short_name,
                  program != NULL ? program : "mpstress") == 0 &&
           (word == NULL || (argc > 1 && strcmp(argv[1], word) == 0));
}

__attribute__((constructor)) static void begin(int argc, char **argv) {
    const char *number = getenv("FAULT_ALLOC"), *path = getenv("FAULT_STACKS");
    void *first[2];
    if (path != NULL)
        backtrace(first, 2); /* which allocates in its first call */
    failing = number != NULL ? strtoul(number, NULL, 10) : 0;
    stays = getenv("FAULT_STAYS") != NULL;
    counted = 0;
    is_on = is_meant(argc, argv);
    is_server = getenv("FAULT_SERVER") != NULL;
    if (is_on && path != NULL)
        stacks = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
}

/* What SQLite has not given back; 0 where the program has no SQLite. */
static long long left_in_sqlite(void) {
    long long (*used)(void);
    *(void **)&used = dlsym(RTLD_DEFAULT, "sqlite3_memory_used");
    return used != NULL ? used() : 0;
}

__attribute__((destructor)) static void end(void) {
    const char *path = is_on ? getenv("FAULT_TALLY") : NULL;
    char line[64];
    unsigned long number = counted;
    is_on = false;
    int length = snprintf(line, sizeof(line), "%lu %lld\n", number, left_in_sqlite());
    int fd = path != NULL ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (fd >= 0) {
        ssize_t written = write(fd, line, (size_t)length);
        (void)written;
        close(fd);
    }
}

/* Whether nobody called from there before; a full table has seen all. */
static bool is_new(uint64_t hash) {
    for (unsigned long step = 0; step < SEEN_MAX; step++) {
        uint64_t *place = &seen[(hash + step) % SEEN_MAX];
        if (*place == hash)
            return false;
        if (*place == 0) {
            *place = hash;
            return true;
        }
    }
    return false;
}

/* One thread at a time; what an unwinding itself allocates is not looked at. */
static void note_stack(unsigned long number) {
    void *frames[DEPTH];
    char line[32];
    if (atomic_flag_test_and_set(&is_looking))
        return;
    int depth = backtrace(frames, DEPTH);
    uint64_t hash = 1469598103934665603u; /* FNV-1a */
    for (int i = 0; i < depth; i++)
        hash = (hash ^ (uint64_t)(uintptr_t)frames[i]) * 1099511628211u;
    if (is_new(hash | 1)) {
        ssize_t written =
            write(stacks, line, (size_t)snprintf(line, sizeof(line), "%lu\n", number));
        (void)written;
    }
    atomic_flag_clear(&is_looking);
}

static bool fails(void) {
    if (!is_on)
        return false;
    unsigned long number = atomic_fetch_add(&counted, 1) + 1;
    if (stacks >= 0)
        note_stack(number);
    bool is_failing = failing != 0 && (number == failing || (stays && number > failing));
    if (is_failing)
        errno = ENOMEM;
    return is_failing;
}

SHOWN void *malloc(size_t size) {
    return fails() ? NULL : __libc_malloc(size);
}

SHOWN void *calloc(size_t count, size_t size) {
    return fails() ? NULL : __libc_calloc(count, size);
}

SHOWN void *realloc(void *memory, size_t size) {
    return fails() ? NULL : __libc_realloc(memory, size);
}

/* Returns in each child, which has what fails and neither end of the server. */
static void serve(void) {
    unsigned long begun = counted;
    struct mp_fault_order order;
    int status = 0;
    bool is_open = write(MP_FAULT_REPLIES, &begun, sizeof(begun)) == sizeof(begun);
    while (is_open && read(MP_FAULT_ORDERS, &order, sizeof(order)) == sizeof(order)) {
        pid_t pid = fork();
        if (pid == 0) {
            close(MP_FAULT_ORDERS);
            close(MP_FAULT_REPLIES);
            failing = order.number;
            stays = order.stays != 0;
            return;
        }
        is_open = pid > 0 && waitpid(pid, &status, 0) == pid &&
                  write(MP_FAULT_REPLIES, &status, sizeof(status)) == sizeof(status);
    }
    _exit(0);
}

/* SQLite's own is behind it. */
SHOWN int sqlite3_open_v2(const char *name, void **ret_db, int flags, const char *vfs) {
    int (*below)(const char *, void **, int, const char *);
    *(void **)&below = dlsym(RTLD_NEXT, "sqlite3_open_v2");
    if (is_on && is_server) {
        is_server = false;
        serve();
    }
    return below(name, ret_db, flags, vfs);
}
