/* MPSCommandBuffer: a command buffer that can be committed in parts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_MPS_COMMAND_BUFFER_H
#define MP_MODEL_MPS_COMMAND_BUFFER_H

#include "repro/model/classes.h"
#include "repro/model/object.h"

struct mp_command_buffer;

struct mp_mps_command_buffer {
    struct mp_driver_object base;
    struct mp_command_buffer *root; /* held: the one that is encoded now */
};

extern const struct mp_method mp_mps_command_buffer_methods[],
    mp_mps_command_buffer_class_methods[];

#endif
