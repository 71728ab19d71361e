/* A mutex, a condition and the owner: pthread_mutex_timedlock is missing on macOS.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/lock.h"

#include <time.h>

#include "repro/fix/mechanism.h"

#define NS_PER_S UINT64_C(1000000000)

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void mp_fix_lock_init(struct mp_fix_lock *lock) {
    pthread_mutex_init(&lock->guard, NULL);
    lock->depth = lock->waiting = 0;
#ifdef __APPLE__
    pthread_cond_init(&lock->freed, NULL);
#else
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&lock->freed, &attributes);
    pthread_condattr_destroy(&attributes);
#endif
}

void mp_fix_lock_destroy(struct mp_fix_lock *lock) {
    pthread_cond_destroy(&lock->freed);
    pthread_mutex_destroy(&lock->guard);
}

/* For at most `left_ns`. Guard held. */
static void wait_for(struct mp_fix_lock *lock, uint64_t left_ns) {
#ifdef __APPLE__
    const struct timespec time = {(time_t)(left_ns / NS_PER_S),
                                  (long)(left_ns % NS_PER_S)};
    pthread_cond_timedwait_relative_np(&lock->freed, &lock->guard, &time);
#else
    uint64_t end_ns = now_ns() + left_ns;
    const struct timespec time = {(time_t)(end_ns / NS_PER_S), (long)(end_ns % NS_PER_S)};
    pthread_cond_timedwait(&lock->freed, &lock->guard, &time);
#endif
}

/* Until it is free or time is over. Guard held. */
static uint64_t wait_until_free(struct mp_fix_lock *lock) {
    uint64_t begin_ns = now_ns(), waited_ns = 0;
    lock->waiting++;
    while (lock->depth > 0 &&
           (waited_ns < MP_FIX_WAIT_NS || !mp_fix_has(MP_FIX_HAS_BOUND))) {
        wait_for(lock,
                 waited_ns < MP_FIX_WAIT_NS ? MP_FIX_WAIT_NS - waited_ns : NS_PER_S);
        waited_ns = now_ns() - begin_ns;
    }
    lock->waiting--;
    return waited_ns > 0 ? waited_ns : 1;
}

bool mp_fix_lock_take(struct mp_fix_lock *lock, uint64_t *ret_waited_ns) {
    *ret_waited_ns = 0;
    pthread_mutex_lock(&lock->guard);
    bool is_mine = lock->depth > 0 && pthread_equal(lock->owner, pthread_self());
    if (lock->depth > 0 && !is_mine)
        *ret_waited_ns = wait_until_free(lock);
    bool taken = is_mine || lock->depth == 0;
    if (taken) {
        lock->owner = pthread_self();
        lock->depth++;
    }
    pthread_mutex_unlock(&lock->guard);
    return taken;
}

bool mp_fix_lock_is_wanted(struct mp_fix_lock *lock) {
    pthread_mutex_lock(&lock->guard);
    bool is_wanted = lock->waiting > 0;
    pthread_mutex_unlock(&lock->guard);
    return is_wanted;
}

void mp_fix_lock_leave(struct mp_fix_lock *lock) {
    pthread_mutex_lock(&lock->guard);
    lock->depth--;
    if (lock->depth == 0 && lock->waiting > 0)
        pthread_cond_signal(&lock->freed);
    pthread_mutex_unlock(&lock->guard);
}
