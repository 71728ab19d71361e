/* The lock of an arm. With one permit it is a plain mutex, as in the fixes that arms
 * stand for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/arm_lock.h"

#include <stdbool.h>

void mp_arm_lock_init(struct mp_arm_lock *lock, unsigned permits) {
    pthread_mutex_init(&lock->mutex, NULL);
    pthread_cond_init(&lock->is_free, NULL);
    lock->permits = permits;
    lock->taken = 0;
}

void mp_arm_lock_destroy(struct mp_arm_lock *lock) {
    pthread_cond_destroy(&lock->is_free);
    pthread_mutex_destroy(&lock->mutex);
}

void mp_arm_enter(struct mp_worker *worker, bool has_waited) {
    struct mp_round_page *page = worker->page;

    mp_recorder_count(worker, MP_FIGURE_ARM_PASSES, 1);
    if (has_waited)
        mp_recorder_count(worker, MP_FIGURE_ARM_WAITS, 1);
    mp_recorder_raise(worker, MP_FIGURE_ARM_PEAK,
                      atomic_fetch_add_explicit(&page->arm_now, 1, memory_order_relaxed) +
                          UINT32_C(1));
}

void mp_arm_leave(struct mp_worker *worker) {
    atomic_fetch_sub_explicit(&worker->page->arm_now, 1, memory_order_relaxed);
}

void mp_arm_lock_take(struct mp_arm_lock *lock, struct mp_worker *worker) {
    bool has_waited = false;

    if (!lock)
        return;
    if (lock->permits == 1) {
        has_waited = pthread_mutex_trylock(&lock->mutex) != 0;
        if (has_waited)
            pthread_mutex_lock(&lock->mutex);
    } else {
        pthread_mutex_lock(&lock->mutex);
        has_waited = lock->taken == lock->permits;
        while (lock->taken == lock->permits)
            pthread_cond_wait(&lock->is_free, &lock->mutex);
        lock->taken++;
        pthread_mutex_unlock(&lock->mutex);
    }
    mp_arm_enter(worker, has_waited);
}

void mp_arm_lock_give(struct mp_arm_lock *lock, struct mp_worker *worker) {
    if (!lock)
        return;
    mp_arm_leave(worker);
    if (lock->permits > 1) {
        pthread_mutex_lock(&lock->mutex);
        lock->taken--;
        pthread_cond_signal(&lock->is_free);
    }
    pthread_mutex_unlock(&lock->mutex);
}
