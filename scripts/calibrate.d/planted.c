/* A library to be preloaded: raise() has a bug of known minimum. It reads the spec of the
 * round and fails in RATE of 1000 calls if no parameter is below THREADS, ITERS, N,
 * STREAMS, PERTURB (a word, or "") and SHARE ("all", or ""); else it has another bug in
 * OTHER of 1000, at another place. No seed has a part in it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char spec[4096];

/* "mpstress-round --page-fd FD": the page has the spec when the program begins. */
__attribute__((constructor)) static void read_spec(int argc, char **argv) {
    struct stat file;
    void *page;
    int fd = argc == 3 && strcmp(argv[1], "--page-fd") == 0 ? atoi(argv[2]) : -1;

    if (fd < 0 || fstat(fd, &file) != 0)
        return;
    page = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return;
    const char *found = memmem(page, (size_t)file.st_size, "mpstress-spec ", 14);
    snprintf(spec, sizeof(spec), "%s", found != NULL ? found : "");
    munmap(page, (size_t)file.st_size);
}

/* The value of a parameter, which ends at the end of its line; "": it has none. */
static const char *value_of(const char *name) {
    char line[64];
    const char *found;

    snprintf(line, sizeof(line), "param %s ", name);
    found = strstr(spec, line);
    return found != NULL ? found + strlen(line) : "";
}

static bool has_word(const char *name, const char *word) {
    const char *value = value_of(name), *found = strstr(value, word);

    return *word == '\0' || (found != NULL && found < value + strcspn(value, "\n"));
}

static bool is_large_enough(void) {
    return atol(value_of("threads")) >= THREADS && atol(value_of("iters")) >= ITERS &&
           atol(value_of("n")) >= N && atol(value_of("streams")) >= STREAMS &&
           has_word("perturb", PERTURB) && has_word("share", SHARE);
}

static unsigned draw(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t z = (uint64_t)now.tv_nsec + ((uint64_t)getpid() << 32);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (unsigned)((z ^ (z >> 31)) % 1000);
}

__attribute__((noinline)) static int planted_bug(void) {
    *(volatile int *)0x5c8 = 1;
    return 1;
}

__attribute__((noinline)) static int another_bug(void) {
    *(volatile int *)0x98 = 1;
    return 2;
}

int raise(int sig) {
    unsigned drawn = draw();

    (void)sig;
    if (is_large_enough() && drawn < RATE)
        return planted_bug();
    return drawn >= 1000 - OTHER ? another_bug() : 0;
}
