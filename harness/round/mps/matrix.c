/* A matrix product by MPSMatrixMultiplication, which opens and ends an encoder of its
 * own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/mps/client.h"
#include "harness/round/objc/send.h"

static enum mp_status make_product(struct mp_mps_device *mps, struct mp_mps_plan *plan,
                                   struct mp_error *err) {
    const struct mp_objc *objc = &mps->metal.objc;
    const struct mp_meaning *meaning = &plan->meaning;
    plan->object = mp_send_product_init(
        objc, mp_mps_alloc(objc, "MPSMatrixMultiplication"), mps->metal.device, false,
        false, meaning->rows, meaning->columns, meaning->inner, 1, 0);
    return plan->object
               ? MP_OK
               : mp_error_set(err, MP_DEVICE,
                              "MPS returned no kernel for a product of %u x %u x %u",
                              meaning->rows, meaning->columns, meaning->inner);
}

static id matrix(const struct mp_objc *objc, const struct mp_op *op, unsigned i,
                 unsigned long rows, unsigned long columns) {
    id descriptor =
        mp_send_matrix_descriptor(objc, mp_mps_class(objc, "MPSMatrixDescriptor"), rows,
                                  columns, columns * sizeof(float), MP_MPS_FLOAT32);
    return mp_mps_pooled(objc, mp_send_matrix_init(objc, mp_mps_alloc(objc, "MPSMatrix"),
                                                   op->buffer[i]->buffer, op->offset[i],
                                                   descriptor));
}

enum mp_status mp_mps_encode_product(struct mp_device_stream *stream,
                                     const struct mp_op *op,
                                     const struct mp_meaning *meaning,
                                     struct mp_error *err) {
    const struct mp_objc *objc = &mp_mps_device_of(stream)->metal.objc;
    struct mp_mps_plan *plan = NULL;
    struct mp_metal_place place;
    enum mp_status status =
        mp_mps_plan_take(stream, meaning, false, make_product, &plan, err);
    if (status != MP_OK)
        return status;
    status = mp_metal_place_take(stream, MP_METAL_NO_ENCODER, &place, err);
    if (status == MP_OK) {
        mp_op_reach(op, MP_POINT_TAKEN);
        id left = matrix(objc, op, 0, meaning->rows, meaning->inner);
        id right = matrix(objc, op, 1, meaning->inner, meaning->columns);
        mp_op_reach(op, MP_POINT_PIPELINE);
        id result = matrix(objc, op, 2, meaning->rows, meaning->columns);
        mp_op_reach(op, MP_POINT_BOUND);
        mp_send_product_encode(objc, plan->object, place.buffer, left, right, result);
        mp_metal_place_give(stream, &place);
    }
    mp_mps_plan_give(stream, plan);
    return status;
}
