/* AGXG16XFamilyCommandBuffer: opens encoders, is committed once, is waited for. The texts
 * and the method names of the assertions are those of Apple's crash reports.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sched.h>
#include <stdio.h>
#include <time.h>

#include "repro/model/assertion.h"
#include "repro/model/blit.h"
#include "repro/model/context_pool.h"
#include "repro/model/count.h"
#include "repro/model/defect.h"
#include "repro/model/driver.h"
#include "repro/model/foundation.h"
#include "repro/model/handler.h"

#define DISPATCH_SERIAL 0 /* MTLDispatchTypeSerial */
#define NS_PER_S        1e9
#define RENDEZVOUS_NS   UINT64_C(500000)

struct mp_command_buffer *mp_command_buffer_create(struct mp_queue *queue,
                                                   bool retains_references) {
    struct mp_command_buffer *buffer = mp_object_create(MP_CLASS_COMMAND_BUFFER);
    buffer->queue = mp_object_hold(queue);
    buffer->work = mp_work_create(retains_references);
    return buffer;
}

/* With commit=unlocked what stands between these two is a race, as in the driver. */
static void enter(struct mp_command_buffer *self) {
    if (!self->queue->device->settings.commit_is_unlocked)
        pthread_mutex_lock(&self->work->lock);
}
static void leave(struct mp_command_buffer *self) {
    if (!self->queue->device->settings.commit_is_unlocked)
        pthread_mutex_unlock(&self->work->lock);
}

MP_METHOD(void, mark_current, "-[IOGPUMetalCommandBuffer setCurrentCommandEncoder:]",
          struct mp_command_buffer *self) {
    mp_defect_assert(&self->queue->device->settings, MP_DEFECT_ASSERT_AFTER_COMMIT,
                     MP_ASSERTION_AFTER_COMMIT);
    if (self->work->status >= MP_BUFFER_COMMITTED)
        mp_assertion_raise(MP_ASSERTION_AFTER_COMMIT);
    self->work->has_open_encoder = true;
}

/* Takes the encoder that may be reopened, and marks the buffer as having an open one.
 * The driver reads the context of that encoder without a check. */
MP_METHOD(struct mp_encoder *, buffer_take_previous,
          "-[AGXG16XFamilyCommandBuffer "
          "tryCoalescingPreviousComputeCommandEncoderWithConfig:nextEncoderClass:]",
          struct mp_command_buffer *self) {
    const struct mp_settings *settings = &self->queue->device->settings;
    struct mp_work *work = self->work;
    enter(self);
    bool is_open = work->has_open_encoder;
    if (work->mark_is_late)
        is_open = mp_defect_strikes(settings, MP_DEFECT_COALESCE_ASSERT);
    if (is_open)
        mp_assertion_raise(MP_ASSERTION_ENCODER_OPEN);
    mark_current(self);
    work->mark_is_late = false;
    struct mp_encoder *previous = self->previous;
    if (previous && mp_defect_strikes(settings, MP_DEFECT_NULL_0X78))
        (void)MP_CONTEXT_READ(mp_context_none(), coalesced);
    if (previous && settings->commit_is_unlocked)
        (void)MP_CONTEXT_READ(previous->impl, coalesced);
    self->previous = NULL;
    leave(self);
    return previous;
}

MP_METHOD(id, buffer_encoder_with_type,
          "-[AGXG16XFamilyCommandBuffer computeCommandEncoderWithDispatchType:]",
          struct mp_command_buffer *self, MP_CMD, unsigned long dispatch_type) {
    if (mp_context_is_exhausted(&self->queue->device->settings))
        return NULL;
    mp_defect_touch_freed(&self->queue->device->settings);
    struct mp_encoder *previous = buffer_take_previous(self), *encoder = previous;
    if (!previous || !mp_encoder_reopen(previous, self, dispatch_type)) {
        mp_send_void((id)previous, mp_selector.deferred_end_encoding);
        mp_object_drop(previous);
        encoder = mp_encoder_create(self, dispatch_type);
    }
    struct mp_ticket *ticket = mp_object_create(MP_CLASS_ENCODER_TICKET);
    ticket->encoder = encoder;
    mp_object_autorelease(ticket);
    return (id)encoder;
}

MP_METHOD(id, buffer_encoder, "-[AGXG16XFamilyCommandBuffer computeCommandEncoder]",
          struct mp_command_buffer *self, MP_CMD) {
    SEL selector = mp_selector.compute_encoder_with_type;
    mp_imp *method = mp_method_find((id)self, selector);
    return ((id(*)(id, SEL, unsigned long))method)((id)self, selector, DISPATCH_SERIAL);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* As decompiled: reads, ends, releases and clears, and another thread may do the same. */
static void finish_previous_unlocked(struct mp_command_buffer *self) {
    struct mp_encoder *previous = self->previous;
    if (self->queue->device->settings.rendezvous) {
        uint64_t deadline_ns = now_ns() + RENDEZVOUS_NS;
        atomic_fetch_add(&self->takers, 1);
        while (atomic_load(&self->takers) < 2 && now_ns() < deadline_ns)
            sched_yield();
    }
    mp_send_void((id)previous, mp_selector.deferred_end_encoding);
    mp_send_void((id)previous, mp_selector.release);
    self->previous = NULL;
}

static void finish_previous(struct mp_command_buffer *self) {
    const struct mp_settings *settings = &self->queue->device->settings;
    pthread_mutex_lock(&self->work->lock);
    struct mp_encoder *previous = self->previous;
    self->previous = NULL;
    pthread_mutex_unlock(&self->work->lock);
    mp_send_void((id)previous, mp_selector.deferred_end_encoding);
    if (previous && mp_defect_strikes(settings, MP_DEFECT_DOUBLE_RELEASE)) {
        mp_send_void((id)previous, mp_selector.release);
        mp_send_void((id)previous, mp_selector.release);
    } else if (previous && settings->defect[MP_DEFECT_ENCODER_LIFETIME] &&
               mp_object_is_shared(previous)) {
        mp_count_raise(MP_COUNT_DEFECTS_FIRED);
        mp_object_bury(previous);
    } else {
        mp_object_drop(previous);
    }
}

/* Ends the pass of the previous encoder: its context goes back to the pool. */
MP_METHOD(void, buffer_commit_encoder, "-[AGXG16XFamilyCommandBuffer commitEncoder]",
          struct mp_command_buffer *self, MP_CMD) {
    if (self->queue->device->settings.commit_is_unlocked)
        finish_previous_unlocked(self);
    else
        finish_previous(self);
    mp_blit_finish_previous(self);
}

MP_METHOD(void, buffer_enqueue, "-[_MTLCommandBuffer enqueue]",
          struct mp_command_buffer *self, MP_CMD) {
    struct mp_work *work = self->work;
    pthread_mutex_lock(&work->lock);
    mp_defect_assert(&self->queue->device->settings, MP_DEFECT_ASSERT_ENQUEUE_TWICE,
                     MP_ASSERTION_ENQUEUE_TWICE);
    if (work->is_enqueued)
        mp_assertion_raise(MP_ASSERTION_ENQUEUE_TWICE);
    work->is_enqueued = true;
    work->status = MP_BUFFER_ENQUEUED;
    mp_executor_enqueue(self);
    pthread_mutex_unlock(&work->lock);
}

/* Gives the buffer its place in the queue, unless it has one. Lock held. */
static void mark_committed(struct mp_command_buffer *self) {
    struct mp_work *work = self->work;
    work->status = MP_BUFFER_COMMITTED;
    if (!work->is_enqueued)
        mp_executor_enqueue(self);
    work->is_enqueued = true;
}

MP_METHOD(void, buffer_validate, "-[IOGPUMetalCommandBuffer validate]",
          struct mp_command_buffer *self, MP_CMD) {
    const struct mp_settings *settings = &self->queue->device->settings;
    struct mp_work *work = self->work;
    enter(self);
    mp_defect_assert(settings, MP_DEFECT_ASSERT_COMMIT_TWICE, MP_ASSERTION_COMMIT_TWICE);
    mp_defect_assert(settings, MP_DEFECT_ASSERT_COMMIT_OPEN, MP_ASSERTION_COMMIT_OPEN);
    if (work->status >= MP_BUFFER_COMMITTED)
        mp_assertion_raise(MP_ASSERTION_COMMIT_TWICE);
    if (work->has_open_encoder && !work->mark_is_late)
        mp_assertion_raise(MP_ASSERTION_COMMIT_OPEN);
    if (!settings->commit_is_unlocked)
        mark_committed(self);
    leave(self);
}

static void leave_scar(const struct mp_settings *settings) {
    FILE *scar = settings->scar[0] ? fopen(settings->scar, "we") : NULL;
    if (scar)
        fclose(scar);
}

/* What defects make of a commit before it does anything. */
static inline void strike_commit(const struct mp_settings *settings,
                                 struct mp_queue *queue) {
    mp_defect_slow_down(settings);
    if (settings->defect[MP_DEFECT_ABANDONED_ENCODER]) {
        mp_count_raise(MP_COUNT_DEFECTS_FIRED);
        mp_slots_lose(&queue->slots);
    }
}

MP_METHOD(void, buffer_commit, "-[AGXG16XFamilyCommandBuffer commit]",
          struct mp_command_buffer *self, MP_CMD) {
    const struct mp_settings *settings = &self->queue->device->settings;
    struct mp_work *work = self->work;
    strike_commit(settings, self->queue);
    mp_send_void((id)self, mp_selector.validate);
    mp_count_raise(MP_COUNT_BUFFERS_COMMITTED);
    atomic_store(&self->queue->device->has_committed, true);
    bool hangs = !self->queue->device->is_wrecked &&
                 mp_defect_strikes(settings, MP_DEFECT_GPU_HANG);
    mp_send_void((id)self, mp_selector.commit_encoder);
    pthread_mutex_lock(&work->lock);
    if (work->status < MP_BUFFER_COMMITTED)
        mark_committed(self); /* commit=unlocked marks last */
    if (!work->is_committed) {
        self->hangs = hangs;
        work->owner = self;
    }
    if (hangs)
        leave_scar(settings);
    if (mp_defect_strikes(settings, MP_DEFECT_PAGE_FAULT))
        mp_work_fail(work, MP_BUFFER_ERROR_PAGE_FAULT,
                     "Caused GPU Address Fault Error "
                     "(0000000b:kIOGPUCommandBufferCallbackErrorPageFault)");
    work->is_committed = true;
    struct mp_command_buffer *started = mp_work_start(work, settings);
    pthread_mutex_unlock(&work->lock);
    if (started)
        mp_executor_ready(started);
}

static void wait_for(struct mp_work *work, enum mp_buffer_status status) {
    pthread_mutex_lock(&work->lock);
    while (work->handled < status)
        pthread_cond_wait(&work->changed, &work->lock);
    pthread_mutex_unlock(&work->lock);
}

MP_METHOD(void, buffer_wait_completed, "-[_MTLCommandBuffer waitUntilCompleted]",
          struct mp_command_buffer *self, MP_CMD) {
    mp_defect_lose_notice(&self->queue->device->settings);
    wait_for(self->work, MP_BUFFER_COMPLETED);
}

MP_METHOD(void, buffer_wait_scheduled, "-[_MTLCommandBuffer waitUntilScheduled]",
          struct mp_command_buffer *self, MP_CMD) {
    wait_for(self->work, MP_BUFFER_SCHEDULED);
}

MP_METHOD(unsigned long, buffer_status, "-[_MTLCommandBuffer status]",
          struct mp_command_buffer *self, MP_CMD) {
    pthread_mutex_lock(&self->work->lock);
    unsigned long status = self->work->status;
    pthread_mutex_unlock(&self->work->lock);
    return status;
}

/* Made on the caller's thread, in its pool: executors make no objects. */
MP_METHOD(id, buffer_error, "-[_MTLCommandBuffer error]", struct mp_command_buffer *self,
          MP_CMD) {
    struct mp_work *work = self->work;
    char text[MP_WORK_TEXT_MAX];
    pthread_mutex_lock(&work->lock);
    int code = work->status == MP_BUFFER_ERROR ? work->error_code : MP_BUFFER_ERROR_NONE;
    snprintf(text, sizeof(text), "%s", work->error_text);
    pthread_mutex_unlock(&work->lock);
    return code == MP_BUFFER_ERROR_NONE
               ? NULL
               : mp_error_make("MTLCommandBufferErrorDomain", code, text);
}

static double seconds(struct mp_work *work, const uint64_t *time_ns) {
    pthread_mutex_lock(&work->lock);
    double result = (double)*time_ns / NS_PER_S;
    pthread_mutex_unlock(&work->lock);
    return result;
}

MP_METHOD(double, buffer_start_time, "-[_MTLCommandBuffer GPUStartTime]",
          struct mp_command_buffer *self, MP_CMD) {
    return seconds(self->work, &self->work->start_ns);
}

MP_METHOD(double, buffer_end_time, "-[_MTLCommandBuffer GPUEndTime]",
          struct mp_command_buffer *self, MP_CMD) {
    return seconds(self->work, &self->work->end_ns);
}

MP_METHOD(id, buffer_device, "-[_MTLCommandBuffer device]",
          struct mp_command_buffer *self, MP_CMD) {
    return (id)self->queue->device;
}

MP_METHOD(id, buffer_queue, "-[_MTLCommandBuffer commandQueue]",
          struct mp_command_buffer *self, MP_CMD) {
    return (id)self->queue;
}

/* The model keeps the resources of both kinds alive: its executors must survive any
 * client. */
MP_METHOD(BOOL, buffer_retains, "-[_MTLCommandBuffer retainedReferences]",
          struct mp_command_buffer *self, MP_CMD) {
    return self->work->retains_references;
}

MP_METHOD(void, buffer_dealloc, "-[AGXG16XFamilyCommandBuffer dealloc]",
          struct mp_command_buffer *self, MP_CMD) {
    struct mp_queue *queue = self->queue;
    if (!self->work->is_started) {            /* else all this came when it had run */
        mp_object_hold(mp_object_hold(self)); /* handlers may retain and release it */
        mp_handlers_abandon(self);
        mp_slots_give_back(&queue->slots);
    }
    mp_object_drop(self->previous);
    mp_object_drop(self->previous_blit);
    mp_work_drop(self->work);
    mp_class_super_dealloc(MP_CLASS_COMMAND_BUFFER, self);
    mp_object_drop(queue);
}

MP_METHOD(void, ticket_dealloc, "-[_MPModelEncoderTicket dealloc]",
          struct mp_ticket *self, MP_CMD) {
    struct mp_encoder *encoder = self->encoder;
    mp_object_destroy(self);
    mp_object_drop(encoder);
}

const struct mp_method mp_command_buffer_base_methods[] = {
    MP_ROW("enqueue", "v@:", buffer_enqueue),
    MP_ROW("waitUntilCompleted", "v@:", buffer_wait_completed),
    MP_ROW("waitUntilScheduled", "v@:", buffer_wait_scheduled),
    MP_ROW("status", "Q@:", buffer_status),
    MP_ROW("error", "@@:", buffer_error),
    MP_ROW("GPUStartTime", "d@:", buffer_start_time),
    MP_ROW("GPUEndTime", "d@:", buffer_end_time),
    MP_ROW("device", "@@:", buffer_device),
    MP_ROW("commandQueue", "@@:", buffer_queue),
    MP_ROW("retainedReferences", MP_BOOL_ENCODING "@:", buffer_retains),
    MP_ROWS_END,
};
const struct mp_method mp_command_buffer_check_methods[] = {
    MP_ROW("validate", "v@:", buffer_validate),
    MP_ROWS_END,
};
const struct mp_method mp_command_buffer_methods[] = {
    MP_ROW("computeCommandEncoder", "@@:", buffer_encoder),
    MP_ROW("computeCommandEncoderWithDispatchType:", "@@:Q", buffer_encoder_with_type),
    MP_ROW("commitEncoder", "v@:", buffer_commit_encoder),
    MP_ROW("commit", "v@:", buffer_commit),
    MP_ROW("dealloc", "v@:", buffer_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_ticket_methods[] = {
    MP_ROW("dealloc", "v@:", ticket_dealloc),
    MP_ROWS_END,
};
