/* Order of adding, queue and the moment when waiters wake are those of the decompilation
 * that handler.h names. Which queue runs scheduled handlers is not known: here it is the
 * completion queue.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/handler.h"

#include <stddef.h>

#include "repro/model/assertion.h"
#include "repro/model/count.h"
#include "repro/model/defect.h"
#include "repro/model/driver.h"

/* Lets waiters of the status go: its handlers have run. */
static void wake(struct mp_work *work, enum mp_buffer_status reached) {
    pthread_mutex_lock(&work->lock);
    if (work->handled < reached)
        work->handled = reached;
    pthread_cond_broadcast(&work->changed);
    pthread_mutex_unlock(&work->lock);
}

static struct mp_command_buffer *buffer_of(struct mp_serial_job *job, size_t member) {
    return (struct mp_command_buffer *)(void *)((char *)job - member);
}

static void run_scheduled(struct mp_serial_job *job) {
    struct mp_command_buffer *buffer =
        buffer_of(job, offsetof(struct mp_command_buffer, scheduled_job));
    if (mp_defect_strikes(&buffer->queue->device->settings,
                          MP_DEFECT_SCHEDULED_AFTER_COMPLETED)) {
        mp_object_drop(buffer); /* complete() runs them */
        return;
    }
    mp_handlers_run(&buffer->work->scheduled, (id)buffer);
    wake(buffer->work, MP_BUFFER_SCHEDULED);
    mp_object_drop(buffer);
}

void mp_handlers_scheduled(struct mp_command_buffer *buffer) {
    struct mp_work *work = buffer->work;
    pthread_mutex_lock(&work->lock);
    bool is_first = work->status < MP_BUFFER_SCHEDULED;
    if (is_first)
        work->status = MP_BUFFER_SCHEDULED;
    pthread_mutex_unlock(&work->lock);
    if (!is_first)
        return;
    if (!work->scheduled.first) {
        wake(work, MP_BUFFER_SCHEDULED);
        return;
    }
    mp_object_hold(buffer);
    buffer->scheduled_job.run = run_scheduled;
    mp_serial_push(buffer->queue->completion, &buffer->scheduled_job);
}

static void complete(struct mp_command_buffer *buffer) {
    struct mp_work *work = buffer->work;
    pthread_mutex_lock(&work->lock);
    bool failed = work->error_code != MP_BUFFER_ERROR_NONE;
    work->status = failed ? MP_BUFFER_ERROR : MP_BUFFER_COMPLETED;
    pthread_mutex_unlock(&work->lock);
    mp_count_raise(failed ? MP_COUNT_BUFFERS_FAILED : MP_COUNT_BUFFERS_COMPLETED);
    mp_handlers_run(&work->completed, (id)buffer);
    mp_handlers_run(&work->scheduled,
                    (id)buffer); /* none, but for scheduled_after_completed */
    mp_work_clear(work);
    mp_slots_give_back(&buffer->queue->slots);
    wake(work, MP_BUFFER_COMPLETED);
}

static void run_completed(struct mp_serial_job *job) {
    struct mp_command_buffer *buffer =
        buffer_of(job, offsetof(struct mp_command_buffer, completed_job));
    complete(buffer);
    mp_object_drop(buffer);
}

/* Without handlers, and with none of an older buffer at work, nobody can tell where this
 * runs. */
void mp_handlers_completed(struct mp_command_buffer *buffer) {
    struct mp_serial *completion = buffer->queue->completion;
    if (!buffer->work->completed.first && mp_serial_is_idle(completion)) {
        complete(buffer);
        return;
    }
    mp_object_hold(buffer);
    buffer->completed_job.run = run_completed;
    mp_serial_push(completion, &buffer->completed_job);
}

void mp_handlers_abandon(struct mp_command_buffer *buffer) {
    mp_handlers_run(&buffer->work->scheduled, (id)buffer);
    mp_handlers_run(&buffer->work->completed, (id)buffer);
}

/* Inline, so that an abort has the name of the method. */
static inline void add(struct mp_command_buffer *buffer, struct mp_handlers *handlers,
                       struct mp_block *block, enum mp_defect defect,
                       enum mp_assertion if_late) {
    struct mp_work *work = buffer->work;
    pthread_mutex_lock(&work->lock);
    mp_defect_assert(&buffer->queue->device->settings, defect, if_late);
    if (work->status >= MP_BUFFER_COMMITTED)
        mp_assertion_raise(if_late);
    mp_handlers_append(handlers, block);
    pthread_mutex_unlock(&work->lock);
}

MP_METHOD(void, buffer_add_scheduled, "-[_MTLCommandBuffer addScheduledHandler:]",
          struct mp_command_buffer *self, MP_CMD, struct mp_block *block) {
    add(self, &self->work->scheduled, block, MP_DEFECT_ASSERT_SCHEDULED,
        MP_ASSERTION_SCHEDULED_LATE);
}

MP_METHOD(void, buffer_add_completed, "-[_MTLCommandBuffer addCompletedHandler:]",
          struct mp_command_buffer *self, MP_CMD, struct mp_block *block) {
    add(self, &self->work->completed, block, MP_DEFECT_ASSERT_COMPLETED,
        MP_ASSERTION_COMPLETED_LATE);
}

const struct mp_method mp_handler_methods[] = {
    MP_ROW("addScheduledHandler:", "v@:@?", buffer_add_scheduled),
    MP_ROW("addCompletedHandler:", "v@:@?", buffer_add_completed),
    MP_ROWS_END,
};
