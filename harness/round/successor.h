/* A thread that takes over the slot of a worker for a while, so that threads of a round
 * can come and go.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_SUCCESSOR_H
#define MP_ROUND_SUCCESSOR_H

#include "harness/round/device.h"

typedef enum mp_status mp_successor_work(void *data, struct mp_worker *worker,
                                         struct mp_error *err);

/* Runs `work` with `worker` on a new thread of the same name and returns what it
 * returned, once the thread has ended. Meanwhile the slot in the page is that thread's.
 * If the thread ends without returning, the calling one ends too, and the round tells of
 * it as of any worker that vanished. MP_SYSTEM: no thread could be started. */
enum mp_status mp_successor_run(struct mp_device *device, struct mp_worker *worker,
                                mp_successor_work *work, void *data,
                                struct mp_error *err);

#endif
