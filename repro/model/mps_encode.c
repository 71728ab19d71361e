/* How operations reach the driver: by the messages that every client sends, so that
 * whoever stands between clients and the driver sees them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/mps.h"
#include "repro/model/mps_kernels.h"

#define GROUP 64 /* threads; any number will do */

id mp_mps_encoder_open(id buffer) {
    return mp_send(buffer, mp_selector.compute_encoder);
}

void mp_mps_encoder_close(id encoder) {
    mp_send_void(encoder, mp_selector.end_encoding);
}

struct mp_device *mp_mps_device_of(id buffer) {
    return (struct mp_device *)mp_send(buffer, mp_selector.device);
}

static void set_pipeline(id encoder, struct mp_device *device,
                         const struct mp_kernel_reference *kernel) {
    struct mp_pipeline *pipeline = mp_object_create(MP_CLASS_PIPELINE);
    pipeline->device = mp_object_hold(device);
    pipeline->kernel = kernel;
    mp_imp *set = mp_method_find(encoder, mp_selector.set_pipeline);
    ((void (*)(id, SEL, id))set)(encoder, mp_selector.set_pipeline, (id)pipeline);
    mp_object_drop(pipeline);
}

void mp_mps_dispatch(id encoder, struct mp_device *device,
                     const struct mp_kernel_reference *kernel,
                     const struct mp_operand *operands, const void *constants) {
    const struct mp_operand *result = &operands[kernel->buffer_count - 1];
    struct mp_size grid = {result->columns, result->rows, 1}, group = {GROUP, 1, 1};
    set_pipeline(encoder, device, kernel);
    mp_imp *set = mp_method_find(encoder, mp_selector.set_buffer);
    for (unsigned i = 0; i < kernel->buffer_count; i++)
        ((void (*)(id, SEL, id, unsigned long, unsigned long))set)(
            encoder, mp_selector.set_buffer, (id)operands[i].resource, operands[i].offset,
            i);
    set = mp_method_find(encoder, mp_selector.set_bytes);
    ((void (*)(id, SEL, const void *, unsigned long, unsigned long))set)(
        encoder, mp_selector.set_bytes, constants, kernel->constants_len,
        kernel->buffer_count);
    mp_imp *dispatch = mp_method_find(encoder, mp_selector.dispatch_threads);
    ((void (*)(id, SEL, struct mp_size, struct mp_size))dispatch)(
        encoder, mp_selector.dispatch_threads, grid, group);
}

static struct mp_strides strides_of(const struct mp_operand *operand) {
    return (struct mp_strides){operand->row, operand->column};
}

struct mp_operand mp_operand_transposed(struct mp_operand operand) {
    struct mp_operand transposed = operand;
    transposed.rows = operand.columns;
    transposed.columns = operand.rows;
    transposed.row = operand.column;
    transposed.column = operand.row;
    return transposed;
}

void mp_mps_product(id encoder, struct mp_device *device, const struct mp_operand *left,
                    const struct mp_operand *right, const struct mp_operand *source,
                    const struct mp_operand *result, double alpha, double beta) {
    const struct mp_operand operands[] = {*left, *right, *source, *result};
    const struct mp_mps_product constants = {
        .rows = result->rows,
        .columns = result->columns,
        .inner = left->columns,
        .left = strides_of(left),
        .right = strides_of(right),
        .source = strides_of(source),
        .result = strides_of(result),
        .alpha = (float)alpha,
        .beta = (float)beta,
    };
    mp_mps_dispatch(encoder, device, &mp_mps_product_reference, operands, &constants);
}

/* The kernel of scenarios/kernels, whose strides the defect contiguous_race mixes up. Its
 * destination is dense, so another one is written from the side that is. */
void mp_mps_copy(id encoder, struct mp_device *device, const struct mp_operand *from,
                 const struct mp_operand *to) {
    bool turns = to->row == 1 && to->column == to->rows && to->rows > 1;
    const struct mp_operand source = turns ? mp_operand_transposed(*from) : *from;
    const struct mp_operand target = turns ? mp_operand_transposed(*to) : *to;
    const struct mp_operand operands[] = {source, target};
    const struct mp_kernel_contiguous constants = {
        .rows = source.rows,
        .columns = source.columns,
        .row_stride = source.row,
        .column_stride = source.column,
    };
    mp_mps_dispatch(encoder, device, mp_kernel_reference_find("mp_contiguous"), operands,
                    &constants);
}
