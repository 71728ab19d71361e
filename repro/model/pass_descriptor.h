/* MTLComputePassDescriptor: what computeCommandEncoderWithDescriptor: reads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_PASS_DESCRIPTOR_H
#define MP_MODEL_PASS_DESCRIPTOR_H

#include "repro/model/classes.h"
#include "repro/model/object.h"

struct mp_pass_descriptor {
    struct mp_driver_object base;
    unsigned long dispatch_type; /* MTLDispatchType */
};

extern const struct mp_method mp_pass_descriptor_methods[],
    mp_pass_descriptor_class_methods[];
/* computeCommandEncoderWithDescriptor: of a command buffer. */
extern const struct mp_method mp_pass_open_methods[];

#endif
