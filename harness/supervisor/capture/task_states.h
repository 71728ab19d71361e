/* What the threads of a task were doing before somebody held it to look at it: a thread
 * that is held waits, whatever it did.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_TASK_STATES_H
#define MP_CAPTURE_TASK_STATES_H

#include "harness/supervisor/capture/task.h"

struct mp_task_states {
    struct mp_task_state {
        uint64_t id;
        char run_state;
    } thread[MP_TASK_THREADS_MAX];
    size_t count;
};

/* Every thread of a task that was already held is stopped ('T'). */
void mp_task_states_read(const struct mp_task *task, struct mp_task_states *ret_states);
/* The letter of crash.h; 0: not known. */
char mp_task_states_find(const struct mp_task_states *states, uint64_t id);

#endif
