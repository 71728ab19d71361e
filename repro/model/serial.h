/* Serial queues: jobs of one run one at a time in their order, those of different ones
 * side by side. What libdispatch is to Metal; the names of its queues are Metal's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_SERIAL_H
#define MP_MODEL_SERIAL_H

#include <stdbool.h>

struct mp_serial;

/* One job; belongs to its owner again when `run` is called, on a thread of this file's
 * within an autorelease pool. */
struct mp_serial_job {
    void (*run)(struct mp_serial_job *job);
    struct mp_serial_job *next; /* of the queue */
};

struct mp_serial *mp_serial_create(void);
/* Gives the queue up; jobs that it has still run. NULL is fine. */
void mp_serial_release(struct mp_serial *serial);
void mp_serial_push(struct mp_serial *serial, struct mp_serial_job *job);
/* True if no job waits or runs. */
bool mp_serial_is_idle(struct mp_serial *serial);

#endif
