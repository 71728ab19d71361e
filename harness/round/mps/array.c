/* Small objects of the frameworks: shapes, descriptors, arrays over the op's buffers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/mps/client.h"
#include "harness/round/objc/send.h"

#define NUMBERS_MAX 4

id mp_mps_class(const struct mp_objc *objc, const char *name) {
    return (id)objc->class_named(name);
}

id mp_mps_alloc(const struct mp_objc *objc, const char *class) {
    return mp_send_alloc(objc, mp_mps_class(objc, class));
}

id mp_mps_pooled(const struct mp_objc *objc, id object) {
    return object ? mp_send_autorelease(objc, object) : NULL;
}

id mp_mps_list(const struct mp_objc *objc, const id *item, unsigned long count) {
    return mp_send_array_with_objects(objc, mp_mps_class(objc, "NSArray"), item, count);
}

id mp_mps_numbers(const struct mp_objc *objc, const unsigned long *value,
                  unsigned long count) {
    id number[NUMBERS_MAX] = {NULL}, class = mp_mps_class(objc, "NSNumber");
    for (unsigned long i = 0; i < count && i < NUMBERS_MAX; i++)
        number[i] = mp_send_number_with_unsigned(objc, class, value[i]);
    return mp_mps_list(objc, number, count);
}

id mp_mps_descriptor(const struct mp_objc *objc, unsigned long rows,
                     unsigned long columns) {
    const unsigned long shape[] = {rows, columns};
    id descriptor =
        mp_send_array_descriptor(objc, mp_mps_class(objc, "MPSNDArrayDescriptor"),
                                 MP_MPS_FLOAT32, mp_mps_numbers(objc, shape, 2));
    mp_send_set_packed_rows(objc, descriptor, true);
    return descriptor;
}

id mp_mps_array(const struct mp_objc *objc, const struct mp_op *op, unsigned i,
                id descriptor) {
    return mp_mps_pooled(
        objc, mp_send_ndarray_init(objc, mp_mps_alloc(objc, "MPSNDArray"),
                                   op->buffer[i]->buffer, op->offset[i], descriptor));
}
