/* A lock that its owner may take again, and for which nobody waits without an end.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_LOCK_H
#define MP_FIX_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct mp_fix_lock {
    pthread_mutex_t guard; /* of what follows; held for a few instructions */
    pthread_cond_t freed;
    pthread_t owner;
    unsigned depth, waiting;
};

/* How long a call waits for another one, in ns. Calls that encode take microseconds. */
#define MP_FIX_WAIT_NS UINT64_C(2000000000)

void mp_fix_lock_init(struct mp_fix_lock *lock);
void mp_fix_lock_destroy(struct mp_fix_lock *lock);

/* Returns false if another thread had it for MP_FIX_WAIT_NS. `ret_waited_ns` is 0 where
 * the lock was free. */
bool mp_fix_lock_take(struct mp_fix_lock *lock, uint64_t *ret_waited_ns);

/* By the thread that took it. */
void mp_fix_lock_leave(struct mp_fix_lock *lock);
/* Whether another thread waits for it; for mechanism PROMPT. */
bool mp_fix_lock_is_wanted(struct mp_fix_lock *lock);

#endif
