/* A list: asked once for each thread.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/capture/task_states.h"

void mp_task_states_read(const struct mp_task *task, struct mp_task_states *ret_states) {
    uint32_t handle[MP_TASK_THREADS_MAX];
    struct mp_task_states *states = ret_states;
    states->count = 0;
    bool is_held = task->ops->is_held(task->at);
    size_t count = task->ops->threads(task->at, handle, MP_TASK_THREADS_MAX);
    for (size_t i = 0; i < count && i < MP_TASK_THREADS_MAX; i++) {
        struct mp_task_thread facts;
        if (task->ops->facts(task->at, handle[i], &facts))
            states->thread[states->count++] =
                (struct mp_task_state){facts.id, is_held ? 'T' : facts.run_state};
        task->ops->release(task->at, handle[i]);
    }
}

char mp_task_states_find(const struct mp_task_states *states, uint64_t id) {
    for (size_t i = 0; i < states->count; i++)
        if (states->thread[i].id == id)
            return states->thread[i].run_state;
    return 0;
}
