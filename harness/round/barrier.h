/* A barrier that can be broken: all threads of a round start together, or none does.
 * (POSIX barriers do not exist on macOS and cannot be broken.)
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_BARRIER_H
#define MP_ROUND_BARRIER_H

#include <pthread.h>
#include <stdbool.h>

struct mp_barrier {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    unsigned missing; /* threads that have not arrived */
    bool is_broken;
};

/* Single use, by `count` threads. */
void mp_barrier_init(struct mp_barrier *barrier, unsigned count);
/* Waits until all have arrived (true), or the barrier is broken (false). */
bool mp_barrier_wait(struct mp_barrier *barrier);
/* Releases all current and future waiters. */
void mp_barrier_break(struct mp_barrier *barrier);
/* No thread may be waiting any more. */
void mp_barrier_destroy(struct mp_barrier *barrier);

#endif
