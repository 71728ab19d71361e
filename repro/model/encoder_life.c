/* AGXG16XFamilyComputeContext, the compute encoder, from creation to destroyImpl.
 *
 * As disassembled (AGX G16X driver, 329.2): endEncoding leaves the encoder with its
 * command buffer, which may open it again; the next encoder or commit finishes it by
 * deferredEndEncoding, which ends in destroyImpl. With destroy_race that happens under
 * the feet of whoever still uses it; in the sound driver a lock stands between them, and
 * the late call is refused. Committed work starts at once, whoever holds an encoder.
 *
 * With late=hold, which no driver has, the context lives as long as a client holds the
 * encoder by retain (the reference of the creator's pool does not count), and the command
 * buffer starts when no client does: then even late calls are safe. With end=destroy
 * endEncoding finishes the encoder at once, as beyond a limit of memory.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "repro/model/assertion.h"
#include "repro/model/context_pool.h"
#include "repro/model/count.h"
#include "repro/model/defect.h"
#include "repro/model/driver.h"
#include "repro/model/layer.h"

static bool is_racy(const struct mp_encoder *encoder) {
    return encoder->device->settings.defect[MP_DEFECT_DESTROY_RACE];
}

static bool is_held(const struct mp_encoder *encoder) {
    return mp_settings_hold(&encoder->device->settings);
}

/* -initWithCommandBuffer:config: of a new object; of a reused one, which keeps its
 * context. */
static void encoder_init(struct mp_encoder *encoder, struct mp_command_buffer *buffer,
                         unsigned long dispatch_type) {
    pthread_mutex_lock(&encoder->work->lock);
    encoder->common.buffer = mp_object_hold(buffer);
    encoder->dispatch_type = dispatch_type;
    if (!encoder->impl)
        mp_context_create(encoder);
    pthread_mutex_unlock(&encoder->work->lock);
}

struct mp_encoder *mp_encoder_create(struct mp_command_buffer *buffer,
                                     unsigned long dispatch_type) {
    struct mp_encoder *encoder = mp_object_create(MP_CLASS_ENCODER);
    encoder->device = mp_object_hold(buffer->queue->device);
    encoder->work = mp_work_hold(buffer->work);
    encoder_init(encoder, buffer, dispatch_type);
    return encoder;
}

void mp_encoder_take_bindings(struct mp_encoder *encoder,
                              struct mp_pipeline **ret_pipeline,
                              struct mp_binding *ret_bindings) {
    *ret_pipeline = encoder->pipeline;
    encoder->pipeline = NULL;
    memcpy(ret_bindings, encoder->binding, sizeof(encoder->binding));
    memset(encoder->binding, 0, sizeof(encoder->binding));
}

void mp_bindings_drop(struct mp_pipeline *pipeline, struct mp_binding *bindings) {
    mp_object_drop(pipeline);
    for (size_t i = 0; i < MP_BINDINGS; i++) {
        mp_layer_take_back(bindings[i].resource, false);
        mp_object_drop(bindings[i].resource);
    }
}

bool mp_encoder_reopen(struct mp_encoder *encoder, struct mp_command_buffer *buffer,
                       unsigned long dispatch_type) {
    struct mp_pipeline *pipeline = NULL;
    struct mp_binding bindings[MP_BINDINGS] = {{NULL, 0}};
    pthread_mutex_lock(&encoder->work->lock);
    bool reopen = encoder->holders == 0 || !is_held(encoder);
    if (reopen)
        mp_encoder_take_bindings(encoder, &pipeline, bindings);
    pthread_mutex_unlock(&encoder->work->lock);
    if (reopen) {
        mp_bindings_drop(pipeline, bindings);
        encoder_init(encoder, buffer, dispatch_type);
        mp_count_raise(MP_COUNT_ENCODERS_COALESCED);
    }
    return reopen;
}

/* A second call aborts while the encoder has its context, and does nothing after that. */
MP_METHOD(void, encoder_end, "-[AGXG16XFamilyComputeContext endEncoding]",
          struct mp_encoder *self, MP_CMD) {
    MP_LAYER_CALL(self, "endEncoding", false);
    struct mp_work *work = self->work;
    struct mp_command_buffer *buffer = NULL;
    bool destroys = self->device->settings.end_destroys;
    mp_defect_assert(&self->device->settings, MP_DEFECT_ASSERT_END_TWICE,
                     MP_ASSERTION_END_TWICE);
    pthread_mutex_lock(&work->lock);
    if (!self->common.buffer && self->impl)
        mp_assertion_raise(MP_ASSERTION_END_TWICE);
    if (self->common.buffer) {
        buffer = self->common.buffer;
        self->common.buffer = NULL;
        if (!destroys)
            buffer->previous = mp_object_hold(self);
        work->mark_is_late = self->device->settings.defect[MP_DEFECT_COALESCE_ASSERT];
        work->has_open_encoder = work->mark_is_late;
    }
    pthread_mutex_unlock(&work->lock);
    if (buffer && destroys)
        mp_send_void((id)self, mp_selector.deferred_end_encoding);
    mp_object_drop(buffer);
}

MP_METHOD(void, encoder_deferred_end,
          "-[AGXG16XFamilyComputeContext deferredEndEncoding]", struct mp_encoder *self,
          MP_CMD) {
    bool destroy = true;
    if (is_held(self)) {
        pthread_mutex_lock(&self->work->lock);
        destroy = self->holders == 0;
        self->is_finishing = !destroy;
        pthread_mutex_unlock(&self->work->lock);
    }
    if (destroy)
        mp_send_void((id)self, mp_selector.destroy_impl);
}

MP_METHOD(void, encoder_destroy_impl, "-[AGXG16XFamilyComputeContext destroyImpl]",
          struct mp_encoder *self, MP_CMD) {
    if (is_racy(self)) {
        mp_context_destroy(self);
        return;
    }
    pthread_mutex_lock(&self->work->lock);
    mp_context_destroy(self);
    pthread_mutex_unlock(&self->work->lock);
}

MP_METHOD(id, encoder_retain, "-[AGXG16XFamilyComputeContext retain]",
          struct mp_encoder *self, MP_CMD) {
    pthread_mutex_lock(&self->work->lock);
    self->holders++;
    self->work->holders++;
    pthread_mutex_unlock(&self->work->lock);
    return mp_object_hold(self);
}

/* With late=hold the last holder releases the context and lets the command buffer
 * start. */
MP_METHOD(void, encoder_release, "-[AGXG16XFamilyComputeContext release]",
          struct mp_encoder *self, MP_CMD) {
    struct mp_work *work = self->work;
    pthread_mutex_lock(&work->lock);
    self->holders--;
    work->holders--;
    bool destroy = self->is_finishing && self->holders == 0;
    if (destroy)
        self->is_finishing = false;
    struct mp_command_buffer *started = mp_work_start(work, &self->device->settings);
    pthread_mutex_unlock(&work->lock);
    if (destroy)
        mp_send_void((id)self, mp_selector.destroy_impl);
    if (started)
        mp_executor_ready(started);
    mp_object_drop(self);
}

MP_METHOD(void, encoder_dealloc, "-[AGXG16XFamilyComputeContext dealloc]",
          struct mp_encoder *self, MP_CMD) {
    struct mp_device *device = self->device;
    mp_send_void((id)self, mp_selector.destroy_impl);
    mp_bindings_drop(self->pipeline, self->binding);
    mp_work_drop(self->work);
    mp_defect_assert(&device->settings, MP_DEFECT_ASSERT_NOT_ENDED,
                     MP_ASSERTION_NOT_ENDED);
    if (mp_settings_bury(&device->settings))
        mp_object_bury(self);
    else
        mp_class_super_dealloc(MP_CLASS_ENCODER, self);
    mp_object_drop(device);
}

MP_METHOD(id, encoder_device, "-[AGXG16XFamilyComputeContext device]",
          struct mp_encoder *self, MP_CMD) {
    return (id)self->device;
}

MP_METHOD(unsigned long, encoder_dispatch_type,
          "-[AGXG16XFamilyComputeContext dispatchType]", struct mp_encoder *self,
          MP_CMD) {
    return self->dispatch_type;
}

const struct mp_method mp_encoder_life_methods[] = {
    MP_ROW("endEncoding", "v@:", encoder_end),
    MP_ROW("deferredEndEncoding", "v@:", encoder_deferred_end),
    MP_ROW("destroyImpl", "v@:", encoder_destroy_impl),
    MP_ROW("retain", "@@:", encoder_retain),
    MP_ROW("release", "v@:", encoder_release),
    MP_ROW("dealloc", "v@:", encoder_dealloc),
    MP_ROW("device", "@@:", encoder_device),
    MP_ROW("dispatchType", "Q@:", encoder_dispatch_type),
    MP_ROWS_END,
};
