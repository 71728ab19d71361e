/* NSNumber on bare libobjc, as far as shapes of arrays need it: unsigned integers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/foundation.h"

#include <stdio.h>
#include <stdlib.h>

MP_METHOD(id, number_with_unsigned, "+[NSNumber numberWithUnsignedInteger:]", id self,
          MP_CMD, unsigned long value) {
    struct mp_number *number = (struct mp_number *)mp_send(self, mp_selector.alloc);
    if (!number) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    number->value = value;
    return mp_object_autorelease(number);
}

MP_METHOD(unsigned long, number_unsigned, "-[NSNumber unsignedIntegerValue]",
          struct mp_number *self, MP_CMD) {
    return self->value;
}

MP_METHOD(BOOL, number_is_equal, "-[NSNumber isEqual:]", struct mp_number *self, MP_CMD,
          struct mp_number *other) {
    return other && self->object.isa == other->object.isa && self->value == other->value;
}

MP_METHOD(unsigned long, number_hash, "-[NSNumber hash]", struct mp_number *self,
          MP_CMD) {
    return self->value;
}

MP_METHOD(void, number_dealloc, "-[NSNumber dealloc]", id self, MP_CMD) {
    mp_class_root_dealloc(self);
}

const struct mp_method mp_number_class_methods[] = {
    MP_ROW("numberWithUnsignedInteger:", "@@:Q", number_with_unsigned),
    MP_ROWS_END,
};
const struct mp_method mp_number_methods[] = {
    MP_ROW("unsignedIntegerValue", "Q@:", number_unsigned),
    MP_ROW("isEqual:", MP_BOOL_ENCODING "@:@", number_is_equal),
    MP_ROW("hash", "Q@:", number_hash),
    MP_ROW("dealloc", "v@:", number_dealloc),
    MP_ROWS_END,
};
