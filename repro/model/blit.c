/* Blit encoders have no destroyImpl of their own and no pool: deferredEndEncoding and
 * dealloc give the context up. With destroy_race methods load it once, without a lock, as
 * those of the compute encoder do; that is a guess.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/blit.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "repro/model/assertion.h"
#include "repro/model/count.h"
#include "repro/model/driver.h"
#include "repro/model/fence.h"

static_assert(offsetof(struct mp_blit, unused) == offsetof(struct mp_encoder, impl),
              "a compute method finds NULL for the context");
static_assert(offsetof(struct mp_blit, device) == offsetof(struct mp_encoder, device),
              "and what it needs before that");
static_assert(offsetof(struct mp_blit, work) == offsetof(struct mp_encoder, work),
              "and what it needs before that");

struct range {
    unsigned long location, length;
};

static bool is_racy(const struct mp_blit *blit) {
    return blit->device->settings.defect[MP_DEFECT_DESTROY_RACE];
}

struct mp_blit *mp_blit_create(struct mp_command_buffer *buffer) {
    struct mp_blit *blit = mp_object_create(MP_CLASS_BLIT);
    struct mp_blit_context *context = calloc(1, sizeof(*context));
    if (!context) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    blit->device = mp_object_hold(buffer->queue->device);
    blit->work = mp_work_hold(buffer->work);
    blit->common.buffer = mp_object_hold(buffer);
    context->resource_list = buffer->work;
    blit->impl = context;
    return blit;
}

/* The context for one use; in a sound driver with the work's lock held. NULL: refused,
 * and the buffer has failed. */
static struct mp_blit_context *enter(struct mp_blit *blit) {
    if (is_racy(blit))
        return blit->impl;
    pthread_mutex_lock(&blit->work->lock);
    struct mp_blit_context *context = blit->impl;
    if (!context) {
        mp_count_raise(MP_COUNT_DROPPED);
        mp_work_fail(blit->work, MP_BUFFER_ERROR_INTERNAL,
                     "a call on a blit encoder came after its context was given up and "
                     "was dropped");
        pthread_mutex_unlock(&blit->work->lock);
    }
    return context;
}

static void leave(struct mp_blit *blit) {
    if (!is_racy(blit))
        pthread_mutex_unlock(&blit->work->lock);
}

static void record(struct mp_blit *blit, const struct mp_command *from) {
    struct mp_work *work = blit->work;
    pthread_mutex_lock(&work->lock);
    struct mp_command *command = mp_work_append(work);
    if (command) {
        command->kind = from->kind;
        command->size = from->size;
        command->value = from->value;
        mp_work_bind(work, &command->buffer[0], &from->buffer[0]);
        mp_work_bind(work, &command->buffer[1], &from->buffer[1]);
    } else {
        mp_count_raise(is_racy(blit) ? MP_COUNT_LOST : MP_COUNT_DROPPED);
        if (!is_racy(blit))
            mp_work_fail(work, MP_BUFFER_ERROR_INTERNAL,
                         "a blit came after its command buffer had started and was "
                         "dropped");
    }
    pthread_mutex_unlock(&work->lock);
}

/* Reads the context as each method does, then records. */
static void encode(struct mp_blit *blit, const struct mp_command *command) {
    struct mp_blit_context *context = enter(blit);
    if (!context && !is_racy(blit))
        return;
    *(volatile uint32_t *)&context->commands += 1; /* NOLINT: planted */
    leave(blit);
    record(blit, command);
}

MP_METHOD(void, blit_fill, "-[AGXG16XFamilyBlitContext fillBuffer:range:value:]",
          struct mp_blit *self, MP_CMD, struct mp_resource *buffer, struct range range,
          unsigned char value) {
    struct mp_command command = {.kind = MP_COMMAND_FILL,
                                 .buffer[1] = {buffer, range.location},
                                 .size = range.length,
                                 .value = value};
    encode(self, &command);
}

MP_METHOD(void, blit_copy,
          "-[AGXG16XFamilyBlitContext copyFromBuffer:sourceOffset:toBuffer:"
          "destinationOffset:size:]",
          struct mp_blit *self, MP_CMD, struct mp_resource *from,
          unsigned long from_offset, struct mp_resource *to, unsigned long to_offset,
          unsigned long size) {
    struct mp_command command = {.kind = MP_COMMAND_COPY,
                                 .buffer = {{from, from_offset}, {to, to_offset}},
                                 .size = size};
    encode(self, &command);
}

static void touch_fence(struct mp_blit *blit) {
    struct mp_blit_context *context = enter(blit);
    if (!context && !is_racy(blit))
        return;
    *(volatile uint32_t *)&context->fences += 1; /* NOLINT: planted */
    mp_count_raise(MP_COUNT_FENCES);
    leave(blit);
}

MP_METHOD(void, blit_update_fence, "-[AGXG16XFamilyBlitContext updateFence:]",
          struct mp_blit *self, MP_CMD, struct mp_fence *fence) {
    (void)fence;
    touch_fence(self);
}

MP_METHOD(void, blit_wait_fence, "-[AGXG16XFamilyBlitContext waitForFence:]",
          struct mp_blit *self, MP_CMD, struct mp_fence *fence) {
    (void)fence;
    touch_fence(self);
}

MP_METHOD(void, blit_synchronize, "-[AGXG16XFamilyBlitContext synchronizeResource:]",
          struct mp_blit *self, MP_CMD, id resource) {
    (void)self,
        (void)resource; /* of managed memory only, which this device has none of */
}

MP_METHOD(void, blit_end, "-[AGXG16XFamilyBlitContext endEncoding]", struct mp_blit *self,
          MP_CMD) {
    struct mp_work *work = self->work;
    struct mp_command_buffer *buffer = NULL;
    struct mp_blit *former = NULL;
    pthread_mutex_lock(&work->lock);
    if (self->common.buffer) {
        buffer = self->common.buffer;
        self->common.buffer = NULL;
        former = buffer->previous_blit;
        buffer->previous_blit = mp_object_hold(self);
        work->has_open_encoder = false;
    }
    pthread_mutex_unlock(&work->lock);
    mp_object_drop(former);
    mp_object_drop(buffer);
}

static void give_up_context(struct mp_blit *blit) {
    bool is_locked = !is_racy(blit);
    if (is_locked)
        pthread_mutex_lock(&blit->work->lock);
    struct mp_blit_context *context = blit->impl;
    blit->impl = NULL;
    if (is_locked)
        pthread_mutex_unlock(&blit->work->lock);
    free(context);
}

MP_METHOD(void, blit_deferred_end, "-[AGXG16XFamilyBlitContext deferredEndEncoding]",
          struct mp_blit *self, MP_CMD) {
    give_up_context(self);
}

void mp_blit_finish_previous(struct mp_command_buffer *buffer) {
    pthread_mutex_lock(&buffer->work->lock);
    struct mp_blit *previous = buffer->previous_blit;
    buffer->previous_blit = NULL;
    pthread_mutex_unlock(&buffer->work->lock);
    mp_send_void((id)previous, mp_selector.deferred_end_encoding);
    mp_object_drop(previous);
}

MP_METHOD(void, blit_dealloc, "-[AGXG16XFamilyBlitContext dealloc]", struct mp_blit *self,
          MP_CMD) {
    struct mp_device *device = self->device;
    give_up_context(self);
    mp_work_drop(self->work);
    mp_class_super_dealloc(MP_CLASS_BLIT, self);
    mp_object_drop(device);
}

MP_METHOD(id, blit_device, "-[IOGPUMetalBlitCommandEncoder device]", struct mp_blit *self,
          MP_CMD) {
    return (id)self->device;
}

/* Whether the buffer may open an encoder; it then has one. */
static void mark_open(struct mp_work *work) {
    pthread_mutex_lock(&work->lock);
    if (work->has_open_encoder && !work->mark_is_late)
        mp_assertion_raise(MP_ASSERTION_ENCODER_OPEN);
    if (work->status >= MP_BUFFER_COMMITTED)
        mp_assertion_raise(MP_ASSERTION_AFTER_COMMIT);
    work->has_open_encoder = true;
    work->mark_is_late = false;
    pthread_mutex_unlock(&work->lock);
}

MP_METHOD(id, buffer_blit_encoder, "-[AGXG16XFamilyCommandBuffer blitCommandEncoder]",
          struct mp_command_buffer *self, MP_CMD) {
    mark_open(self->work);
    mp_send_void((id)self, mp_selector.commit_encoder);
    return mp_object_autorelease(mp_blit_create(self));
}

MP_METHOD(id, buffer_blit_encoder_with_descriptor,
          "-[AGXG16XFamilyCommandBuffer blitCommandEncoderWithDescriptor:]",
          struct mp_command_buffer *self, MP_CMD, id descriptor) {
    (void)descriptor; /* asks for samples of counters, of which there are none */
    return mp_send((id)self, sel_registerName("blitCommandEncoder"));
}

const struct mp_method mp_blit_methods[] = {
    MP_ROW("fillBuffer:range:value:", "v@:@{_NSRange=QQ}C", blit_fill),
    MP_ROW("copyFromBuffer:sourceOffset:toBuffer:destinationOffset:size:", "v@:@Q@QQ",
           blit_copy),
    MP_ROW("updateFence:", "v@:@", blit_update_fence),
    MP_ROW("waitForFence:", "v@:@", blit_wait_fence),
    MP_ROW("synchronizeResource:", "v@:@", blit_synchronize),
    MP_ROW("endEncoding", "v@:", blit_end),
    MP_ROW("deferredEndEncoding", "v@:", blit_deferred_end),
    MP_ROW("dealloc", "v@:", blit_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_blit_base_methods[] = {
    MP_ROW("device", "@@:", blit_device),
    MP_ROWS_END,
};
const struct mp_method mp_blit_open_methods[] = {
    MP_ROW("blitCommandEncoder", "@@:", buffer_blit_encoder),
    MP_ROW("blitCommandEncoderWithDescriptor:", "@@:@",
           buffer_blit_encoder_with_descriptor),
    MP_ROWS_END,
};
