/* MPSMatrix and MPSMatrixMultiplication.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/mps.h"

MP_METHOD(id, matrix_descriptor_make,
          "+[MPSMatrixDescriptor matrixDescriptorWithRows:columns:rowBytes:dataType:]",
          id self, MP_CMD, unsigned long rows, unsigned long columns,
          unsigned long row_bytes, uint32_t type) {
    (void)self;
    if (type != MP_MPS_FLOAT32 || row_bytes % sizeof(float) ||
        row_bytes / sizeof(float) < columns)
        mp_assertion_fail(
            "+[MPSMatrixDescriptor matrixDescriptorWithRows:columns:rowBytes:dataType:]",
            "the model knows matrices of 32-bit floats, whose rows have room for their "
            "columns");
    struct mp_matrix_descriptor *descriptor = mp_mps_create(MP_CLASS_MATRIX_DESCRIPTOR);
    descriptor->rows = rows;
    descriptor->columns = columns;
    descriptor->row_bytes = row_bytes;
    return mp_object_autorelease(descriptor);
}

MP_METHOD(id, matrix_init, "-[MPSMatrix initWithBuffer:offset:descriptor:]",
          struct mp_matrix *self, MP_CMD, struct mp_resource *resource,
          unsigned long offset, const struct mp_matrix_descriptor *descriptor) {
    unsigned long length = offset + descriptor->row_bytes * descriptor->rows;
    if (!resource || length > resource->length)
        mp_assertion_fail("-[MPSMatrix initWithBuffer:offset:descriptor:]",
                          "the buffer is too short for the matrix");
    self->resource = mp_object_hold(resource);
    self->offset = offset;
    self->rows = descriptor->rows;
    self->columns = descriptor->columns;
    self->row_bytes = descriptor->row_bytes;
    return (id)self;
}

MP_METHOD(void, matrix_dealloc, "-[MPSMatrix dealloc]", struct mp_matrix *self, MP_CMD) {
    struct mp_resource *resource = self->resource;
    mp_object_destroy(self);
    mp_object_drop(resource);
}

static struct mp_operand matrix_operand(const struct mp_matrix *matrix) {
    return (struct mp_operand){
        .resource = matrix->resource,
        .offset = matrix->offset,
        .rows = (uint32_t)matrix->rows,
        .columns = (uint32_t)matrix->columns,
        .row = (uint32_t)(matrix->row_bytes / sizeof(float)),
        .column = 1,
    };
}

MP_METHOD(id, product_init,
          "-[MPSMatrixMultiplication initWithDevice:transposeLeft:transposeRight:"
          "resultRows:resultColumns:interiorColumns:alpha:beta:]",
          struct mp_matrix_product *self, MP_CMD, struct mp_device *device,
          BOOL transpose_left, BOOL transpose_right, unsigned long rows,
          unsigned long columns, unsigned long inner, double alpha, double beta) {
    self->kernel.device = mp_object_hold(device);
    self->transposes_left = transpose_left;
    self->transposes_right = transpose_right;
    self->rows = rows;
    self->columns = columns;
    self->inner = inner;
    self->alpha = alpha;
    self->beta = beta;
    return (id)self;
}

MP_METHOD(void, product_encode,
          "-[MPSMatrixMultiplication encodeToCommandBuffer:leftMatrix:rightMatrix:"
          "resultMatrix:]",
          struct mp_matrix_product *self, MP_CMD, id buffer,
          const struct mp_matrix *left_matrix, const struct mp_matrix *right_matrix,
          const struct mp_matrix *result_matrix) {
    struct mp_operand left = matrix_operand(left_matrix);
    struct mp_operand right = matrix_operand(right_matrix);
    struct mp_operand result = matrix_operand(result_matrix);
    if (self->transposes_left)
        left = mp_operand_transposed(left);
    if (self->transposes_right)
        right = mp_operand_transposed(right);
    if (result.rows != self->rows || result.columns != self->columns ||
        left.rows != self->rows || left.columns != self->inner ||
        right.rows != self->inner || right.columns != self->columns)
        mp_assertion_fail("-[MPSMatrixMultiplication encodeToCommandBuffer:leftMatrix:"
                          "rightMatrix:resultMatrix:]",
                          "the matrices have other sizes than the kernel");
    id encoder = mp_mps_encoder_open(buffer);
    mp_mps_product(encoder, self->kernel.device, &left, &right, &result, &result,
                   self->alpha, self->beta);
    mp_mps_encoder_close(encoder);
}

const struct mp_method mp_matrix_descriptor_methods[] = {
    MP_ROWS_END,
};
const struct mp_method mp_matrix_descriptor_class_methods[] = {
    MP_ROW("matrixDescriptorWithRows:columns:rowBytes:dataType:", "@@:QQQI",
           matrix_descriptor_make),
    MP_ROWS_END,
};
const struct mp_method mp_matrix_methods[] = {
    MP_ROW("initWithBuffer:offset:descriptor:", "@@:@Q@", matrix_init),
    MP_ROW("dealloc", "v@:", matrix_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_matrix_product_methods[] = {
    MP_ROW("initWithDevice:transposeLeft:transposeRight:resultRows:resultColumns:"
           "interiorColumns:alpha:beta:",
           "@@:@" MP_BOOL_ENCODING MP_BOOL_ENCODING "QQQdd", product_init),
    MP_ROW("encodeToCommandBuffer:leftMatrix:rightMatrix:resultMatrix:", "v@:@@@@",
           product_encode),
    MP_ROWS_END,
};
