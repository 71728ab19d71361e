/* The lock of an arm: lets a number of threads in at the same time, and counts in the
 * page whom it let in, who had to wait for that, and how many were in at once.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_ARM_LOCK_H
#define MP_ROUND_ARM_LOCK_H

#include <pthread.h>
#include <stdatomic.h>

#include "harness/round/recorder.h"

struct mp_arm_lock {
    pthread_mutex_t mutex; /* held while inside, if only one may be */
    pthread_cond_t is_free;
    unsigned permits, taken; /* else this many may be, and are */
};

void mp_arm_lock_init(struct mp_arm_lock *lock, unsigned permits);
void mp_arm_lock_destroy(struct mp_arm_lock *lock);

/* Waits until there is room, as long as that takes: what is inside has deadlines of its
 * own. NULL does nothing. */
void mp_arm_lock_take(struct mp_arm_lock *lock, struct mp_worker *worker);
void mp_arm_lock_give(struct mp_arm_lock *lock, struct mp_worker *worker);

/* A thread has come past an arm that does something with it, and had to wait for others
 * before; and leaves what the arm watches over. For arms that are no lock. */
void mp_arm_enter(struct mp_worker *worker, bool has_waited);
void mp_arm_leave(struct mp_worker *worker);

#endif
