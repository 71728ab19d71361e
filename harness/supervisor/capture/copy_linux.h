/* What is needed to unwind the threads of a stopped process when it is gone: registers,
 * stacks and mappings, copied. What stands in files (code, unwind tables, symbols) is not
 * copied.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_COPY_LINUX_H
#define MP_CAPTURE_COPY_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

#include "harness/supervisor/capture/maps_linux.h"
#include "harness/wire/crash.h"

/* Memory as it was. */
struct mp_copy_region {
    uint64_t start;
    size_t len;
    unsigned char *bytes; /* owned */
};

/* A thread as it stopped. */
struct mp_copy_thread {
    bool is_known; /* else nothing can be unwound */
    /* It jumped to `pc`, where there is no code: `regs` are those of its caller. */
    bool is_off_code;
    uint64_t pc;
    struct user_regs_struct regs;
};

#define MP_COPY_REGIONS_MAX (2 * MP_CRASH_THREADS_MAX + 1)

struct mp_copy {
    struct mp_maps maps;
    struct mp_copy_thread thread[MP_CRASH_THREADS_MAX]; /* as in the crash record */
    size_t thread_count;
    struct mp_copy_region region[MP_COPY_REGIONS_MAX];
    size_t region_count;
    size_t bytes; /* of all regions */
};

/* Copies the mappings of the process of the stopped thread `tid`, and the code that the
 * kernel gives it (vdso). `memory` is what mp_remote_open returned for it. Never NULL;
 * freed by mp_copy_close. */
struct mp_copy *mp_copy_open(pid_t tid, int memory);
/* Adds a thread of crash record `crash`, in their order, with as much of its stack as
 * there is room for. */
void mp_copy_add(struct mp_copy *copy, int memory, const struct mp_copy_thread *thread);
/* Whether a word of what was copied is an address of the `size` bytes from `start` on. */
bool mp_copy_points_into(const struct mp_copy *copy, uint64_t start, uint64_t size);
void mp_copy_close(struct mp_copy *copy);

#endif
