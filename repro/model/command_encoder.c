/* _MTLCommandEncoder: what encoders of every kind have.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/assertion.h"
#include "repro/model/driver.h"

MP_METHOD(void, command_encoder_dealloc, "-[_MTLCommandEncoder dealloc]",
          struct mp_command_encoder *self, MP_CMD) {
    if (self->buffer)
        mp_assertion_raise(MP_ASSERTION_NOT_ENDED);
    mp_class_super_dealloc(MP_CLASS_MTL_ENCODER, self);
}

const struct mp_method mp_command_encoder_methods[] = {
    MP_ROW("dealloc", "v@:", command_encoder_dealloc),
    MP_ROWS_END,
};
