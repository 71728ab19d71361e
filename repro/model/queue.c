/* AGXG16XFamilyCommandQueue: hands out command buffers, a limited number at a time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/driver.h"

struct mp_queue *mp_queue_create(struct mp_device *device, unsigned long slots) {
    struct mp_queue *queue = mp_object_create(MP_CLASS_QUEUE);
    queue->device = mp_object_hold(device);
    mp_slots_init(&queue->slots, slots);
    queue->completion = mp_serial_create();
    return queue;
}

MP_METHOD(id, queue_command_buffer, "-[AGXG16XFamilyCommandQueue commandBuffer]",
          struct mp_queue *self, MP_CMD) {
    mp_slots_take(&self->slots);
    return mp_object_autorelease(mp_command_buffer_create(self, true));
}

MP_METHOD(id, queue_command_buffer_unretained,
          "-[AGXG16XFamilyCommandQueue commandBufferWithUnretainedReferences]",
          struct mp_queue *self, MP_CMD) {
    mp_slots_take(&self->slots);
    return mp_object_autorelease(mp_command_buffer_create(self, false));
}

MP_METHOD(id, queue_device, "-[_MTLCommandQueue device]", struct mp_queue *self, MP_CMD) {
    return (id)self->device;
}

MP_METHOD(void, queue_dealloc, "-[AGXG16XFamilyCommandQueue dealloc]",
          struct mp_queue *self, MP_CMD) {
    struct mp_device *device = self->device;
    mp_slots_release(&self->slots);
    mp_serial_release(self->completion);
    mp_class_super_dealloc(MP_CLASS_QUEUE, self);
    mp_object_drop(device);
}

const struct mp_method mp_queue_base_methods[] = {
    MP_ROW("device", "@@:", queue_device),
    MP_ROWS_END,
};
const struct mp_method mp_queue_methods[] = {
    MP_ROW("commandBuffer", "@@:", queue_command_buffer),
    MP_ROW("commandBufferWithUnretainedReferences",
           "@@:", queue_command_buffer_unretained),
    MP_ROW("dealloc", "v@:", queue_dealloc),
    MP_ROWS_END,
};
