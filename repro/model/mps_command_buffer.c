/* It answers to all that a command buffer answers to by passing it on to the one that it
 * wraps, and exchanges that in commitAndContinue (Apple's page on it): by one thread, as
 * a command buffer wants it. A method for each shape of arguments passes on its selector.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/mps_command_buffer.h"

#include <stdint.h>

#include "repro/model/count.h"
#include "repro/model/driver.h"

static id wrap(struct mp_command_buffer *root) {
    struct mp_mps_command_buffer *buffer = mp_object_create(MP_CLASS_MPS_COMMAND_BUFFER);
    buffer->root = mp_object_hold(root);
    return mp_object_autorelease(buffer);
}

MP_METHOD(id, mps_from_queue, "+[MPSCommandBuffer commandBufferFromCommandQueue:]",
          id self, MP_CMD, id queue) {
    (void)self;
    id root = mp_send(queue, sel_registerName("commandBuffer"));
    return root ? wrap((struct mp_command_buffer *)root) : NULL;
}

MP_METHOD(id, mps_with_buffer, "+[MPSCommandBuffer commandBufferWithCommandBuffer:]",
          id self, MP_CMD, struct mp_command_buffer *root) {
    (void)self;
    return wrap(root);
}

MP_METHOD(id, mps_root, "-[MPSCommandBuffer commandBuffer]",
          struct mp_mps_command_buffer *self, MP_CMD) {
    return (id)self->root;
}

/* What was enqueued goes on enqueued. */
MP_METHOD(void, mps_commit_and_continue, "-[MPSCommandBuffer commitAndContinue]",
          struct mp_mps_command_buffer *self, MP_CMD) {
    struct mp_command_buffer *former = self->root;
    pthread_mutex_lock(&former->work->lock);
    bool is_enqueued = former->work->is_enqueued;
    pthread_mutex_unlock(&former->work->lock);
    mp_send_void((id)former, sel_registerName("commit"));
    id next = mp_send((id)former->queue, sel_registerName("commandBuffer"));
    self->root = mp_object_hold(next);
    if (is_enqueued)
        mp_send_void(next, sel_registerName("enqueue"));
    mp_count_raise(MP_COUNT_CONTINUED);
    mp_object_drop(former);
}

MP_METHOD(void, mps_dealloc, "-[MPSCommandBuffer dealloc]",
          struct mp_mps_command_buffer *self, MP_CMD) {
    struct mp_command_buffer *root = self->root;
    mp_object_destroy(self);
    mp_object_drop(root);
}

static mp_imp *method_of_root(const struct mp_mps_command_buffer *self, SEL selector) {
    return mp_method_find((id)self->root, selector);
}

MP_METHOD(void, pass_on, "-[MPSCommandBuffer forward]",
          struct mp_mps_command_buffer *self, SEL cmd) {
    mp_send_void((id)self->root, cmd);
}

MP_METHOD(id, pass_on_for_object, "-[MPSCommandBuffer forwardForObject]",
          struct mp_mps_command_buffer *self, SEL cmd) {
    return mp_send((id)self->root, cmd);
}

MP_METHOD(id, pass_on_object, "-[MPSCommandBuffer forwardObject:]",
          struct mp_mps_command_buffer *self, SEL cmd, id argument) {
    return ((id(*)(id, SEL, id))method_of_root(self, cmd))((id)self->root, cmd, argument);
}

MP_METHOD(id, pass_on_number, "-[MPSCommandBuffer forwardNumber:]",
          struct mp_mps_command_buffer *self, SEL cmd, unsigned long argument) {
    return ((id(*)(id, SEL, unsigned long))method_of_root(self, cmd))((id)self->root, cmd,
                                                                      argument);
}

MP_METHOD(void, pass_on_event, "-[MPSCommandBuffer forwardEvent:value:]",
          struct mp_mps_command_buffer *self, SEL cmd, id event, uint64_t value) {
    ((void (*)(id, SEL, id, uint64_t))method_of_root(self, cmd))((id)self->root, cmd,
                                                                 event, value);
}

MP_METHOD(unsigned long, pass_on_for_number, "-[MPSCommandBuffer forwardForNumber]",
          struct mp_mps_command_buffer *self, SEL cmd) {
    return ((unsigned long (*)(id, SEL))method_of_root(self, cmd))((id)self->root, cmd);
}

MP_METHOD(double, pass_on_for_time, "-[MPSCommandBuffer forwardForTime]",
          struct mp_mps_command_buffer *self, SEL cmd) {
    return ((double (*)(id, SEL))method_of_root(self, cmd))((id)self->root, cmd);
}

MP_METHOD(BOOL, pass_on_for_flag, "-[MPSCommandBuffer forwardForFlag]",
          struct mp_mps_command_buffer *self, SEL cmd) {
    return ((BOOL(*)(id, SEL))method_of_root(self, cmd))((id)self->root, cmd);
}

const struct mp_method mp_mps_command_buffer_class_methods[] = {
    MP_ROW("commandBufferFromCommandQueue:", "@@:@", mps_from_queue),
    MP_ROW("commandBufferWithCommandBuffer:", "@@:@", mps_with_buffer),
    MP_ROWS_END,
};
const struct mp_method mp_mps_command_buffer_methods[] = {
    MP_ROW("commandBuffer", "@@:", mps_root),
    MP_ROW("rootCommandBuffer", "@@:", mps_root),
    MP_ROW("commitAndContinue", "v@:", mps_commit_and_continue),
    MP_ROW("dealloc", "v@:", mps_dealloc),
    MP_ROW("commit", "v@:", pass_on),
    MP_ROW("enqueue", "v@:", pass_on),
    MP_ROW("waitUntilCompleted", "v@:", pass_on),
    MP_ROW("waitUntilScheduled", "v@:", pass_on),
    MP_ROW("computeCommandEncoder", "@@:", pass_on_for_object),
    MP_ROW("computeCommandEncoderWithDispatchType:", "@@:Q", pass_on_number),
    MP_ROW("computeCommandEncoderWithDescriptor:", "@@:@", pass_on_object),
    MP_ROW("blitCommandEncoder", "@@:", pass_on_for_object),
    MP_ROW("blitCommandEncoderWithDescriptor:", "@@:@", pass_on_object),
    MP_ROW("encodeSignalEvent:value:", "v@:@Q", pass_on_event),
    MP_ROW("encodeWaitForEvent:value:", "v@:@Q", pass_on_event),
    MP_ROW("addCompletedHandler:", "v@:@?", pass_on_object),
    MP_ROW("addScheduledHandler:", "v@:@?", pass_on_object),
    MP_ROW("error", "@@:", pass_on_for_object),
    MP_ROW("device", "@@:", pass_on_for_object),
    MP_ROW("commandQueue", "@@:", pass_on_for_object),
    MP_ROW("status", "Q@:", pass_on_for_number),
    MP_ROW("GPUStartTime", "d@:", pass_on_for_time),
    MP_ROW("GPUEndTime", "d@:", pass_on_for_time),
    MP_ROW("retainedReferences", MP_BOOL_ENCODING "@:", pass_on_for_flag),
    MP_ROWS_END,
};
