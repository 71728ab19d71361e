/* A task of macOS made up for tests: pieces of memory, threads, and Mach-O images that a
 * test lays out as a linker would. It can be told to lie.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_TASK_FIXTURE_H
#define MP_TESTS_TASK_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/supervisor/capture/task.h"

#define FAKE_PIECES_MAX  64
#define FAKE_THREADS_MAX 8

struct fake_piece {
    uint64_t start;
    size_t size;
    uint8_t *bytes;     /* owned */
    bool is_unreadable; /* mapped, and reading it fails */
};

struct fake_thread {
    struct mp_task_thread facts;
    struct mp_arm64_state state;
    struct mp_arm64_fault fault;
    bool is_gone; /* every question about it fails */
};

struct fake_task {
    struct fake_piece piece[FAKE_PIECES_MAX];
    size_t piece_count;
    struct fake_thread thread[FAKE_THREADS_MAX];
    size_t thread_count;
    bool is_held;
    size_t claimed_threads; /* more than there are, 0: the truth */
    uint64_t image_info;    /* 0: the question fails */
    size_t bytes_read;
    int held; /* handles of threads that were not released */
};

/* Handle of thread[i]. */
#define FAKE_HANDLE(i) ((uint32_t)(0x1000 + (i)))

struct mp_task fake_task_open(struct fake_task *task);
/* Maps `size` zero bytes; returns them. */
uint8_t *fake_task_map(struct fake_task *task, uint64_t start, size_t size);
void fake_task_store(struct fake_task *task, uint64_t address, const void *bytes,
                     size_t size);
void fake_task_close(struct fake_task *task);

struct fake_symbol {
    const char *name;
    uint64_t offset; /* from the image's base */
    uint8_t type;    /* 0: an ordinary one */
};

struct fake_image {
    uint64_t base, vmaddr; /* where it is, and where it was linked to be */
    const char *path;      /* NULL: dyld tells none */
    const char *own_name;  /* LC_ID_DYLIB, NULL none */
    const struct fake_symbol *symbol;
    size_t symbol_count;
    const uint64_t *start; /* offsets of functions, rising; NULL: no table */
    size_t start_count;
    uint8_t uuid_byte;        /* sixteen times */
    const char *said, *said2; /* in its __crash_info; NULL: it has none */
};

#define FAKE_TEXT_SIZE 0x8000
/* Where __crash_info is in the image, if it has one: the struct, then the texts. */
#define FAKE_INFO 0x10000

/* Lays the image out: 0x8000 bytes of __TEXT, then __LINKEDIT, then __DATA. */
void fake_task_add_image(struct fake_task *task, const struct fake_image *image);
/* Writes dyld's list of `count` images. */
void fake_task_list_images(struct fake_task *task, const struct fake_image *image,
                           size_t count);
/* Writes a frame record. */
void fake_task_add_record(struct fake_task *task, uint64_t at, uint64_t next,
                          uint64_t lr);

#endif
