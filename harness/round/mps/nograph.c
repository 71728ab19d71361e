/* A linear layer without a graph: MPSNDArrayMatrixMultiplication with the transposed
 * weights and the bias as its third source, on the stream's encoder, which stays open
 * (PyTorch 2.9.1, Linear.mm).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/mps/client.h"
#include "harness/round/objc/send.h"

static enum mp_status make_linear(struct mp_mps_device *mps, struct mp_mps_plan *plan,
                                  struct mp_error *err) {
    const struct mp_objc *objc = &mps->metal.objc;
    plan->object = mp_send_array_kernel_init(
        objc, mp_mps_alloc(objc, "MPSNDArrayMatrixMultiplication"), mps->metal.device, 3);
    return plan->object ? MP_OK
                        : mp_error_set(err, MP_DEVICE,
                                       "MPS returned no kernel for products of arrays");
}

/* The arrays of x, the transposed weights, and the bias as a row. */
static id sources(const struct mp_objc *objc, const struct mp_op *op,
                  const struct mp_meaning *meaning) {
    id weight = mp_mps_descriptor(objc, meaning->columns, meaning->inner);
    mp_send_transpose_dimension(objc, weight, 0, 1);
    const id source[] = {
        mp_mps_array(objc, op, 0, mp_mps_descriptor(objc, meaning->rows, meaning->inner)),
        mp_mps_array(objc, op, 1, weight),
        mp_mps_array(objc, op, 2, mp_mps_descriptor(objc, 1, meaning->columns)),
    };
    return mp_mps_list(objc, source, 3);
}

enum mp_status mp_mps_encode_nograph(struct mp_device_stream *stream,
                                     const struct mp_op *op,
                                     const struct mp_meaning *meaning,
                                     struct mp_error *err) {
    const struct mp_objc *objc = &mp_mps_device_of(stream)->metal.objc;
    struct mp_mps_plan *plan = NULL;
    struct mp_metal_place place;
    enum mp_status status =
        mp_mps_plan_take(stream, meaning, false, make_linear, &plan, err);
    if (status != MP_OK)
        return status;
    status = mp_metal_place_take(
        stream, op->fresh_encoder ? MP_METAL_FRESH_ENCODER : MP_METAL_ENCODER, &place,
        err);
    if (status == MP_OK) {
        mp_op_reach(op, MP_POINT_TAKEN);
        id source = sources(objc, op, meaning);
        mp_op_reach(op, MP_POINT_PIPELINE);
        id result = mp_mps_array(
            objc, op, 3, mp_mps_descriptor(objc, meaning->rows, meaning->columns));
        mp_op_reach(op, MP_POINT_BOUND);
        mp_send_array_product_encode(objc, plan->object, place.encoder, place.buffer,
                                     source, result);
        mp_metal_place_give(stream, &place);
    }
    mp_mps_plan_give(stream, plan);
    return status;
}
