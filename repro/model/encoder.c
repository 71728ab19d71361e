/* AGXG16XFamilyComputeContext, the compute encoder: the calls that encode. Each reads its
 * context first, at the offset of the crash reports, then changes the encoder's own
 * bindings.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/context_pool.h"
#include "repro/model/count.h"
#include "repro/model/defect.h"
#include "repro/model/driver.h"
#include "repro/model/layer.h"

#define FLAG_ENQUEUED 1u
#define SPILL_BYTES   4096
#define SET_BYTES_MAX                                                                    \
    4096 /* setBytes:length:atIndex: takes less than 4 KiB (Apple's page) */
#define RESOURCE_PRIVATE 0

#define FIELD(context, field) MP_CONTEXT_READ(context, field)

#define STRANGE_OFFSET     0x3b90 /* of a report of setBuffer:offset:atIndex: */
#define GROUP_USAGE_OFFSET 0x1e0

/* Keeps the value read from a context, and so its load, from being optimised away. */
static void consume(const void *value) {
    (void)*(const void *volatile *)&value;
}

/* The context, or NULL if a defect has it gone now. */
static struct mp_context *lose(const struct mp_encoder *encoder, enum mp_defect defect,
                               struct mp_context *context) {
    return mp_defect_strikes(&encoder->device->settings, defect) ? NULL : context;
}

MP_METHOD(void, bind_group_resource, "AGX::ResourceGroupUsage::bindResource",
          const volatile char *usage) {
    (void)usage[GROUP_USAGE_OFFSET]; /* NOLINT: planted */
}

/* In the order of the disassembly. */
MP_METHOD(void, use_resource_common, "useResourceCommon",
          const struct mp_context *context) {
    consume(FIELD(context, resource_list));
    consume(FIELD(context, group_usage));
    consume(FIELD(context, gpu_resource_list));
}

MP_METHOD(void, prepare_for_enqueue, "AGX::ComputeContext::prepareForEnqueue(bool)",
          struct mp_context *context, bool flush) {
    uint32_t flags = FIELD(context, enqueue_flags);
    context->enqueue_flags = flush ? 0 : flags | FLAG_ENQUEUED;
}

MP_METHOD(void, allocate_spill_buffer, "AGX::SpillInfoGen3::allocateUSCSpillBuffer",
          struct mp_context *context, uint32_t bytes) {
    FIELD(context, spill_bytes) = bytes;
}

static void bind_resource(struct mp_encoder *encoder, struct mp_resource *resource,
                          unsigned long offset, unsigned long index) {
    struct mp_binding former = {NULL, 0};
    mp_object_hold(resource);
    mp_layer_take(resource, false);
    pthread_mutex_lock(&encoder->work->lock);
    if (index < MP_BINDINGS) {
        former = encoder->binding[index];
        encoder->binding[index] = (struct mp_binding){resource, offset};
    } else {
        former.resource = resource;
        mp_work_fail(encoder->work, MP_BUFFER_ERROR_INVALID_RESOURCE,
                     "buffer index %lu is beyond the last, %d", index, MP_BINDINGS - 1);
    }
    pthread_mutex_unlock(&encoder->work->lock);
    mp_layer_take_back(former.resource, false);
    mp_object_drop(former.resource);
}

MP_METHOD(void, encoder_set_pipeline,
          "-[AGXG16XFamilyComputeContext setComputePipelineState:]",
          struct mp_encoder *self, MP_CMD, struct mp_pipeline *pipeline) {
    MP_LAYER_CALL(self, "setComputePipelineState:", true);
    struct mp_context *context;
    if (!mp_context_enter(self, &context))
        return;
    consume(FIELD(lose(self, MP_DEFECT_NULL_0X5C8, context), resource_list));
    mp_context_leave(self, context);
    mp_object_hold(pipeline);
    pthread_mutex_lock(&self->work->lock);
    struct mp_pipeline *former = self->pipeline;
    self->pipeline = pipeline;
    pthread_mutex_unlock(&self->work->lock);
    mp_object_drop(former);
}

MP_METHOD(void, encoder_set_buffer,
          "-[AGXG16XFamilyComputeContext setBuffer:offset:atIndex:]",
          struct mp_encoder *self, MP_CMD, struct mp_resource *buffer,
          unsigned long offset, unsigned long index) {
    MP_LAYER_CALL(self, "setBuffer:offset:atIndex:", true);
    struct mp_context *context;
    if (!mp_context_enter(self, &context))
        return;
    if (mp_defect_strikes(&self->device->settings, MP_DEFECT_NULL_0X3B90))
        (void)*(const volatile char *)(uintptr_t)STRANGE_OFFSET;
    if (mp_defect_strikes(&self->device->settings, MP_DEFECT_NULL_0X1E0))
        bind_group_resource(NULL);
    use_resource_common(lose(self, MP_DEFECT_NULL_BIND, context));
    mp_context_leave(self, context);
    bind_resource(self, buffer, offset, index);
}

/* The bytes are copied into a buffer of the driver. */
MP_METHOD(void, encoder_set_bytes,
          "-[AGXG16XFamilyComputeContext setBytes:length:atIndex:]",
          struct mp_encoder *self, MP_CMD, const void *bytes, unsigned long length,
          unsigned long index) {
    MP_LAYER_CALL(self, "setBytes:length:atIndex:", true);
    mp_layer_check_bytes(self, length);
    struct mp_context *context;
    if (!mp_context_enter(self, &context))
        return;
    use_resource_common(context);
    mp_context_leave(self, context);
    struct mp_resource *copy =
        length < SET_BYTES_MAX
            ? mp_resource_create(self->device, bytes, length, RESOURCE_PRIVATE)
            : NULL;
    bind_resource(self, copy, 0, index);
    mp_object_drop(copy);
}

void mp_encoder_touch(struct mp_encoder *encoder) {
    struct mp_context *context;
    if (!mp_context_enter(encoder, &context))
        return;
    use_resource_common(context);
    mp_context_leave(encoder, context);
}

MP_METHOD(void, encoder_set_group_memory,
          "-[AGXG16XFamilyComputeContext setThreadgroupMemoryLength:atIndex:]",
          struct mp_encoder *self, MP_CMD, unsigned long length, unsigned long index) {
    MP_LAYER_CALL(self, "setThreadgroupMemoryLength:atIndex:", true);
    (void)length, (void)index;
    mp_encoder_touch(self);
}

/* The two calls that a dispatch makes before it reads its own field. */
static bool prepare_dispatch(struct mp_encoder *encoder) {
    struct mp_context *context;
    bool entered = mp_context_enter(encoder, &context);
    if (entered) {
        prepare_for_enqueue(lose(encoder, MP_DEFECT_NULL_0X98, context), false);
        mp_context_leave(encoder, context);
        entered = mp_context_enter(encoder, &context);
    }
    if (entered) {
        allocate_spill_buffer(lose(encoder, MP_DEFECT_NULL_0X184, context), SPILL_BYTES);
        mp_context_leave(encoder, context);
    }
    return entered;
}

/* A dispatch after its buffer started is lost. A sound driver notices. */
static void record(struct mp_encoder *encoder, struct mp_size grid,
                   struct mp_size group) {
    bool is_racy = encoder->device->settings.defect[MP_DEFECT_DESTROY_RACE];
    pthread_mutex_lock(&encoder->work->lock);
    if (encoder->pipeline)
        mp_defect_use_shared(&encoder->device->settings, encoder->pipeline->kernel);
    if (!mp_work_add(encoder, grid, group)) {
        mp_count_raise(is_racy ? MP_COUNT_LOST : MP_COUNT_DROPPED);
        if (!is_racy)
            mp_work_fail(
                encoder->work, MP_BUFFER_ERROR_INTERNAL,
                "a dispatch came after its command buffer had started and was dropped");
    }
    pthread_mutex_unlock(&encoder->work->lock);
}

MP_METHOD(void, encoder_dispatch_threads,
          "-[AGXG16XFamilyComputeContext dispatchThreads:threadsPerThreadgroup:]",
          struct mp_encoder *self, MP_CMD, struct mp_size grid, struct mp_size group) {
    MP_LAYER_CALL(self, "dispatchThreads:threadsPerThreadgroup:", true);
    struct mp_context *context;
    if (!prepare_dispatch(self) || !mp_context_enter(self, &context))
        return;
    consume((const void *)(uintptr_t)FIELD(lose(self, MP_DEFECT_NULL_0X5F4, context),
                                           dispatches));
    FIELD(context, dispatches) = FIELD(context, dispatches) + 1;
    mp_context_leave(self, context);
    record(self, grid, group);
}

MP_METHOD(void, encoder_dispatch_groups,
          "-[AGXG16XFamilyComputeContext dispatchThreadgroups:threadsPerThreadgroup:]",
          struct mp_encoder *self, MP_CMD, struct mp_size groups, struct mp_size group) {
    MP_LAYER_CALL(self, "dispatchThreadgroups:threadsPerThreadgroup:", true);
    struct mp_context *context;
    if (!prepare_dispatch(self) || !mp_context_enter(self, &context))
        return;
    FIELD(context, dispatches) = FIELD(context, dispatches) + 1;
    mp_context_leave(self, context);
    record(self,
           (struct mp_size){groups.width * group.width, groups.height * group.height,
                            groups.depth * group.depth},
           group);
}

const struct mp_method mp_encoder_methods[] = {
    MP_ROW("setComputePipelineState:", "v@:@", encoder_set_pipeline),
    MP_ROW("setBuffer:offset:atIndex:", "v@:@QQ", encoder_set_buffer),
    MP_ROW("setBytes:length:atIndex:", "v@:^vQQ", encoder_set_bytes),
    MP_ROW("setThreadgroupMemoryLength:atIndex:", "v@:QQ", encoder_set_group_memory),
    MP_ROW("dispatchThreads:threadsPerThreadgroup:", "v@:{?=QQQ}{?=QQQ}",
           encoder_dispatch_threads),
    MP_ROW("dispatchThreadgroups:threadsPerThreadgroup:", "v@:{?=QQQ}{?=QQQ}",
           encoder_dispatch_groups),
    MP_ROWS_END,
};
