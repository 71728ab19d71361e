/* The kernels that take arrays: MPSNDArrayMatrixMultiplication, with a place for what its
 * known fault breaks, and MPSNDArrayIdentity.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "repro/model/count.h"
#include "repro/model/mps.h"

/* nograph_shared: what a kernel keeps for the thread that encodes with it. The
 * offset is a guess; what is known is that nn.Linear without a graph crashed from three
 * threads on (driver notes of the destroyImpl investigation, N=36). */
struct scratch {
    unsigned char rest[0x40];
    volatile uint32_t encodes;
};

MP_METHOD(id, array_kernel_init,
          "-[MPSNDArrayMultiaryKernel initWithDevice:sourceCount:]",
          struct mp_array_kernel *self, MP_CMD, struct mp_device *device,
          unsigned long sources) {
    self->kernel.device = mp_object_hold(device);
    self->sources = sources;
    return (id)self;
}

/* The scratch memory of this thread, of which the kernel has two: NULL for a third one,
 * which the caller does not check. */
static struct scratch *scratch_of(struct mp_array_kernel *kernel) {
    static struct scratch scratch[2];
    uintptr_t own = (uintptr_t)pthread_self();
    for (unsigned i = 0; i < 2; i++) {
        uintptr_t user = 0;
        if (atomic_compare_exchange_strong(&kernel->user[i], &user, own) || user == own)
            return &scratch[i];
    }
    mp_count_raise(MP_COUNT_DEFECTS_FIRED);
    return NULL;
}

MP_METHOD(void, array_product_prepare, "MPSNDArrayMatrixMultiplicationDeviceBehavior",
          struct mp_array_kernel *self) {
    struct scratch *scratch = scratch_of(self);
    scratch->encodes = 1;
}

/* Result = alpha * first * second + beta * third, alpha and beta being 1. */
MP_METHOD(void, array_product_encode,
          "-[MPSNDArrayMatrixMultiplication encodeToCommandEncoder:commandBuffer:"
          "sourceArrays:destinationArray:]",
          struct mp_array_kernel *self, MP_CMD, id encoder, id buffer, id sources,
          const struct mp_ndarray *destination) {
    static const char method[] =
        "-[MPSNDArrayMatrixMultiplication encodeToCommandEncoder:commandBuffer:"
        "sourceArrays:destinationArray:]";
    if (mp_mps_count(sources) != self->sources || self->sources < 2 || self->sources > 3)
        mp_assertion_fail(method, "the kernel has another number of sources, 2 or 3");
    if (self->kernel.device->settings.defect[MP_DEFECT_NOGRAPH_SHARED])
        array_product_prepare(self);
    const struct mp_operand result = mp_ndarray_operand(destination, method);
    struct mp_operand operand[3] = {result, result, result};
    for (unsigned long i = 0; i < self->sources; i++)
        operand[i] = mp_ndarray_operand(
            (const struct mp_ndarray *)mp_mps_item(sources, i), method);
    if (operand[0].rows != result.rows || operand[0].columns != operand[1].rows ||
        operand[1].columns != result.columns)
        mp_assertion_fail(method, "the arrays cannot be multiplied");
    struct mp_operand *source = &operand[2];
    if ((source->rows != 1 && source->rows != result.rows) ||
        (source->columns != 1 && source->columns != result.columns))
        mp_assertion_fail(method, "the third source cannot be added to the product");
    source->row = source->rows == 1 ? 0 : source->row;
    source->column = source->columns == 1 ? 0 : source->column;
    id own = encoder ? NULL : mp_mps_encoder_open(buffer);
    mp_mps_product(encoder ? encoder : own, self->kernel.device, &operand[0], &operand[1],
                   source, &result, 1, self->sources == 3);
    if (own)
        mp_mps_encoder_close(own);
}

/* With a destination it copies; without one there is nothing that it could do here. */
MP_METHOD(id, identity_reshape,
          "-[MPSNDArrayIdentity reshapeWithCommandBuffer:sourceArray:shape:"
          "destinationArray:]",
          struct mp_array_kernel *self, MP_CMD, id buffer,
          const struct mp_ndarray *source_array, id shape,
          struct mp_ndarray *destination) {
    static const char method[] =
        "-[MPSNDArrayIdentity reshapeWithCommandBuffer:sourceArray:shape:"
        "destinationArray:]";
    if (!buffer || !destination)
        mp_assertion_fail(method, "the model knows this with a command buffer and a "
                                  "destination");
    struct mp_operand source = mp_ndarray_operand(source_array, method);
    struct mp_operand result = mp_ndarray_operand(destination, method);
    unsigned long elements = 1;
    for (unsigned long i = 0; i < mp_mps_count(shape); i++)
        elements *= mp_mps_number(shape, i);
    if (elements != (unsigned long)source.rows * source.columns ||
        elements != (unsigned long)result.rows * result.columns || result.column != 1 ||
        (result.rows > 1 && result.row != result.columns))
        mp_assertion_fail(method, "source, shape and destination have other numbers of "
                                  "elements, or the destination is not dense");
    id encoder = mp_mps_encoder_open(buffer);
    mp_mps_copy(encoder, self->kernel.device, &source, &result);
    mp_mps_encoder_close(encoder);
    return (id)destination;
}

const struct mp_method mp_array_kernel_methods[] = {
    MP_ROW("initWithDevice:sourceCount:", "@@:@Q", array_kernel_init),
    MP_ROWS_END,
};
const struct mp_method mp_array_product_methods[] = {
    MP_ROW("encodeToCommandEncoder:commandBuffer:sourceArrays:destinationArray:",
           "v@:@@@@", array_product_encode),
    MP_ROWS_END,
};
const struct mp_method mp_array_identity_methods[] = {
    MP_ROW("reshapeWithCommandBuffer:sourceArray:shape:destinationArray:", "@@:@@@@",
           identity_reshape),
    MP_ROWS_END,
};
