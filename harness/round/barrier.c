/* A single-use barrier, built from a mutex and a condition variable.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/barrier.h"

void mp_barrier_init(struct mp_barrier *barrier, unsigned count) {
    pthread_mutex_init(&barrier->mutex, NULL);
    pthread_cond_init(&barrier->cond, NULL);
    barrier->missing = count;
    barrier->is_broken = false;
}

bool mp_barrier_wait(struct mp_barrier *barrier) {
    bool is_whole;

    pthread_mutex_lock(&barrier->mutex);
    if (barrier->missing > 0 && --barrier->missing == 0)
        pthread_cond_broadcast(&barrier->cond);
    while (barrier->missing > 0 && !barrier->is_broken)
        pthread_cond_wait(&barrier->cond, &barrier->mutex);
    is_whole = !barrier->is_broken;
    pthread_mutex_unlock(&barrier->mutex);
    return is_whole;
}

void mp_barrier_break(struct mp_barrier *barrier) {
    pthread_mutex_lock(&barrier->mutex);
    barrier->is_broken = true;
    pthread_cond_broadcast(&barrier->cond);
    pthread_mutex_unlock(&barrier->mutex);
}

void mp_barrier_destroy(struct mp_barrier *barrier) {
    pthread_cond_destroy(&barrier->cond);
    pthread_mutex_destroy(&barrier->mutex);
}
