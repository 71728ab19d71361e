/* A strided view made dense: views of an MPSNDArray, and MPSNDArrayIdentity into the
 * destination.
 *
 * A view by strides needs a last stride of 1, and none smaller than the next. So the
 * larger of the two strides goes outside, the smaller one inside becomes a dimension of
 * its own whose first element is sliced out, and the two are transposed back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/mps/client.h"
#include "harness/round/objc/send.h"

static enum mp_status make_identity(struct mp_mps_device *mps, struct mp_mps_plan *plan,
                                    struct mp_error *err) {
    const struct mp_objc *objc = &mps->metal.objc;
    plan->object = mp_send_identity_init(objc, mp_mps_alloc(objc, "MPSNDArrayIdentity"),
                                         mps->metal.device);
    return plan->object
               ? MP_OK
               : mp_error_set(err, MP_DEVICE, "MPS returned no MPSNDArrayIdentity");
}

/* Elements from the first to the end of the last group of the smaller stride. */
static unsigned long reach(unsigned long outer, unsigned long outer_stride,
                           unsigned long inner, unsigned long inner_stride) {
    return (outer - 1) * outer_stride + inner * inner_stride;
}

/* The view as an array of rows x columns; nil if the framework makes none. */
static id view_of(const struct mp_objc *objc, const struct mp_op *op,
                  const struct mp_meaning *meaning) {
    bool turns = meaning->column_stride > meaning->row_stride;
    unsigned long outer = turns ? meaning->columns : meaning->rows;
    unsigned long inner = turns ? meaning->rows : meaning->columns;
    unsigned long far = turns ? meaning->column_stride : meaning->row_stride;
    unsigned long near = turns ? meaning->row_stride : meaning->column_stride;
    const unsigned long shape[] = {outer, inner, near}, strides[] = {far, near, 1};
    struct mp_op moved = *op;
    moved.offset[0] += meaning->offset * sizeof(float);
    id base = mp_mps_array(objc, &moved, 0,
                           mp_mps_descriptor(objc, 1, reach(outer, far, inner, near)));
    id view = mp_send_view_with_shape(objc, base, mp_mps_numbers(objc, shape, 3),
                                      mp_mps_numbers(objc, strides, 3));
    if (!view)
        return NULL;
    id descriptor = mp_send_ndarray_descriptor(objc, view);
    mp_send_slice_dimension(objc, descriptor, 0, (struct mp_objc_slice){0, 1});
    if (turns)
        mp_send_transpose_dimension(objc, descriptor, 1, 2);
    return mp_send_view_with_descriptor(objc, view, descriptor);
}

static enum mp_status encode(struct mp_device_stream *stream, const struct mp_op *op,
                             const struct mp_meaning *meaning, id identity,
                             struct mp_error *err) {
    const struct mp_objc *objc = &mp_mps_device_of(stream)->metal.objc;
    const unsigned long shape[] = {meaning->rows, meaning->columns};
    struct mp_metal_place place;
    id view = view_of(objc, op, meaning);
    if (!view)
        return mp_error_set(
            err, MP_DEVICE, "MPSNDArray made no view of %u x %u with strides %u and %u",
            meaning->rows, meaning->columns, meaning->row_stride, meaning->column_stride);
    enum mp_status status = mp_metal_place_take(stream, MP_METAL_NO_ENCODER, &place, err);
    if (status != MP_OK)
        return status;
    mp_op_reach(op, MP_POINT_TAKEN);
    id result = mp_mps_array(objc, op, 1,
                             mp_mps_descriptor(objc, meaning->rows, meaning->columns));
    mp_op_reach(op, MP_POINT_PIPELINE);
    mp_op_reach(op, MP_POINT_BOUND);
    if (!mp_send_identity_reshape(objc, identity, place.buffer, view,
                                  mp_mps_numbers(objc, shape, 2), result))
        status =
            mp_error_set(err, MP_DEVICE, "MPSNDArrayIdentity copied no view of %u x %u",
                         meaning->rows, meaning->columns);
    mp_metal_place_give(stream, &place);
    return status;
}

enum mp_status mp_mps_encode_copy(struct mp_device_stream *stream, const struct mp_op *op,
                                  const struct mp_meaning *meaning,
                                  struct mp_error *err) {
    struct mp_mps_plan *plan = NULL;
    enum mp_status status =
        mp_mps_plan_take(stream, meaning, false, make_identity, &plan, err);
    if (status == MP_OK) {
        status = encode(stream, op, meaning, plan->object, err);
        mp_mps_plan_give(stream, plan);
    }
    return status;
}
