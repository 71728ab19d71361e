/* An allocator of which one allocation fails: the one numbered $FAULT_ALLOC, counted over
 * all that the program mpstress and its libraries make; with $FAULT_STAYS also all after
 * it. At its end the program writes the number of its allocations to the file
 * $FAULT_TALLY. Other programs that inherit this library are left alone.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHOWN __attribute__((visibility("default")))

/* The C library's own, which a library that defines malloc may call. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *memory, size_t size);

static atomic_ulong counted;
static unsigned long failing; /* 0: none */
static bool is_on, stays;

__attribute__((constructor)) static void begin(void) {
    const char *number = getenv("FAULT_ALLOC");
    is_on = strcmp(program_invocation_short_name, "mpstress") == 0;
    failing = number != NULL ? strtoul(number, NULL, 10) : 0;
    stays = getenv("FAULT_STAYS") != NULL;
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("FAULT_TALLY");
    char line[32];
    int length = snprintf(line, sizeof(line), "%lu\n", (unsigned long)counted);
    int fd = path != NULL && is_on ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    if (fd >= 0) {
        ssize_t written = write(fd, line, (size_t)length);
        (void)written;
        close(fd);
    }
}

static bool fails(void) {
    if (!is_on)
        return false;
    unsigned long number = atomic_fetch_add(&counted, 1) + 1;
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
