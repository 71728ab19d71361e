/* One run at a time on the GPU of a host. A system lock on a file: it ends with the
 * process that holds it, however that dies, so it is never stale.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_HOST_LOCK_H
#define MP_PROCESS_HOST_LOCK_H

#include <signal.h>
#include <stddef.h>

#include "harness/base/status.h"

#define MP_HOST_LOCK_HOLDER_MAX 512

struct mp_host_lock;

/* Takes the lock, for all users of this host: $MPSTRESS_LOCK, else mpstress-gpu.lock
 * in /tmp. `words` describes the taker to others. If another process has it, MP_LIMIT,
 * with that one's words (escaped) in `ret_holder`, MP_HOST_LOCK_HOLDER_MAX bytes.
 * MP_SYSTEM if the file cannot be used. Release with mp_host_lock_release. */
enum mp_status mp_host_lock_take(const char *words, struct mp_host_lock **ret_lock,
                                 char *ret_holder, struct mp_error *err);
/* NULL is allowed. The file stays: removing it would let two processes lock different
 * files. */
void mp_host_lock_release(struct mp_host_lock *lock);

#endif
