/* A short-lived process that does one thing which may hang, fault or take all memory, on
 * data that it has from the start. It inherits no descriptor, writes nothing but a piece
 * of shared memory, has limits of time and memory, and dies with this process.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_READER_H
#define MP_CAPTURE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness/base/status.h"

/* Ample: what is asked of it takes milliseconds. */
#define MP_READER_CPU_S        2
#define MP_READER_WALL_NS      (5 * UINT64_C(1000000000))
#define MP_READER_MEMORY_BYTES (UINT64_C(2) << 30) /* more than this process has */

struct mp_reader {
    pid_t pid; /* -1: it has ended and was reaped, or was left behind */
    uint64_t deadline_ns;
};

/* Starts a copy of this process that calls `work(data)` and ends. Shared memory to write
 * into is mapped by the caller before. A child of this process: somebody who waits for
 * any child may reap it, and then sets pid to -1. */
enum mp_status mp_reader_start(void (*work)(void *data), void *data,
                               struct mp_reader *ret_reader, struct mp_error *err);
/* Waits until `until_ns` (mp_clock_now_ns) for its end and reaps it; false if it has not
 * ended, or nothing is known of how. */
bool mp_reader_wait(struct mp_reader *reader, uint64_t until_ns, int *ret_status);
/* Kills it and reaps it; one that hangs in the kernel is left behind. */
void mp_reader_kill(struct mp_reader *reader);
/* Why one that ended by itself, or was killed by others, did not do its work: "died of
 * SIGSEGV"; NULL if it did. `buf` holds the words if they are made. */
const char *mp_reader_explain(int status, char *buf, size_t size);

#endif
