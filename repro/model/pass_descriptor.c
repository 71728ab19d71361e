/* See pass_descriptor.h. Samples of counters, which a descriptor can also ask for, are
 * not modelled.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/pass_descriptor.h"

#include "repro/model/driver.h"

MP_METHOD(id, descriptor_make, "+[MTLComputePassDescriptor computePassDescriptor]",
          id self, MP_CMD) {
    (void)self;
    return mp_object_autorelease(mp_object_create(MP_CLASS_PASS_DESCRIPTOR));
}

MP_METHOD(void, descriptor_set_type, "-[MTLComputePassDescriptor setDispatchType:]",
          struct mp_pass_descriptor *self, MP_CMD, unsigned long type) {
    self->dispatch_type = type;
}

MP_METHOD(unsigned long, descriptor_type, "-[MTLComputePassDescriptor dispatchType]",
          struct mp_pass_descriptor *self, MP_CMD) {
    return self->dispatch_type;
}

MP_METHOD(id, buffer_encoder_with_descriptor,
          "-[AGXG16XFamilyCommandBuffer computeCommandEncoderWithDescriptor:]", id self,
          MP_CMD, const struct mp_pass_descriptor *descriptor) {
    SEL selector = mp_selector.compute_encoder_with_type;
    mp_imp *method = mp_method_find(self, selector);
    return ((id(*)(id, SEL, unsigned long))method)(
        self, selector, descriptor ? descriptor->dispatch_type : 0);
}

const struct mp_method mp_pass_descriptor_methods[] = {
    MP_ROW("setDispatchType:", "v@:Q", descriptor_set_type),
    MP_ROW("dispatchType", "Q@:", descriptor_type),
    MP_ROWS_END,
};
const struct mp_method mp_pass_descriptor_class_methods[] = {
    MP_ROW("computePassDescriptor", "@@:", descriptor_make),
    MP_ROWS_END,
};
const struct mp_method mp_pass_open_methods[] = {
    MP_ROW("computeCommandEncoderWithDescriptor:", "@@:@",
           buffer_encoder_with_descriptor),
    MP_ROWS_END,
};
