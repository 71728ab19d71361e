/* MPSNDArrayDescriptor and MPSNDArray: how an array lies in a buffer, views of it, and
 * the kernels that take arrays.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/mps.h"

#include <string.h>

#define ROW_ALIGNMENT 16 /* bytes, of rows that are not packed: a guess */

/* Lays out the dimensions without gaps, but for rows that are aligned. */
static void lay_out(struct mp_view *view, bool is_packed) {
    unsigned long stride = 1, floats = ROW_ALIGNMENT / sizeof(float);
    for (unsigned i = 0; i < view->count; i++) {
        view->stride[i] = stride;
        stride *= view->size[i];
        if (i == 0 && !is_packed)
            stride = (stride + floats - 1) / floats * floats;
    }
}

MP_METHOD(id, descriptor_make, "+[MPSNDArrayDescriptor descriptorWithDataType:shape:]",
          id self, MP_CMD, uint32_t type, id shape) {
    (void)self;
    unsigned long count = mp_mps_count(shape);
    if (type != MP_MPS_FLOAT32 || count == 0 || count > MP_MPS_DIMENSIONS)
        mp_assertion_fail("+[MPSNDArrayDescriptor descriptorWithDataType:shape:]",
                          "the model knows arrays of 32-bit floats with 1 to 16 "
                          "dimensions");
    struct mp_array_descriptor *descriptor = mp_mps_create(MP_CLASS_ARRAY_DESCRIPTOR);
    descriptor->view.count = (unsigned)count;
    descriptor->is_plain = true;
    for (unsigned long i = 0; i < count; i++) {
        unsigned long size = mp_mps_number(shape, count - 1 - i);
        /* Reported of Apple's by PyTorch: it must not be asked for an empty array. */
        if (size == 0)
            mp_assertion_fail("+[MPSNDArrayDescriptor descriptorWithDataType:shape:]",
                              "a dimension has length 0");
        descriptor->view.size[i] = size;
    }
    lay_out(&descriptor->view, false);
    return mp_object_autorelease(descriptor);
}

MP_METHOD(void, descriptor_set_packed, "-[MPSNDArrayDescriptor setPreferPackedRows:]",
          struct mp_array_descriptor *self, MP_CMD, BOOL packed) {
    if (self->is_plain)
        lay_out(&self->view, packed);
}

static void swap(unsigned long *numbers, unsigned long a, unsigned long b) {
    unsigned long kept = numbers[a];
    numbers[a] = numbers[b];
    numbers[b] = kept;
}

MP_METHOD(void, descriptor_transpose,
          "-[MPSNDArrayDescriptor transposeDimension:withDimension:]",
          struct mp_array_descriptor *self, MP_CMD, unsigned long a, unsigned long b) {
    if (a >= self->view.count || b >= self->view.count)
        mp_assertion_fail("-[MPSNDArrayDescriptor transposeDimension:withDimension:]",
                          "the array has no such dimension");
    self->is_plain = false;
    swap(self->view.size, a, b);
    swap(self->view.stride, a, b);
}

struct mp_slice {
    unsigned long start, length;
};

MP_METHOD(void, descriptor_slice, "-[MPSNDArrayDescriptor sliceDimension:withSubrange:]",
          struct mp_array_descriptor *self, MP_CMD, unsigned long dimension,
          struct mp_slice slice) {
    struct mp_view *view = &self->view;
    if (dimension >= view->count || slice.length == 0 ||
        slice.start >= view->size[dimension] ||
        slice.length > view->size[dimension] - slice.start)
        mp_assertion_fail("-[MPSNDArrayDescriptor sliceDimension:withSubrange:]",
                          "the slice is not within the dimension");
    self->is_plain = false;
    view->offset += slice.start * view->stride[dimension];
    view->size[dimension] = slice.length;
}

/* Elements from the first of the buffer to the last of the view. */
static unsigned long reach(const struct mp_view *view) {
    unsigned long last = view->offset;
    for (unsigned i = 0; i < view->count; i++)
        last += (view->size[i] - 1) * view->stride[i];
    return last + 1;
}

/* +1 */
static struct mp_ndarray *array_create(struct mp_resource *resource, unsigned long offset,
                                       const struct mp_view *view) {
    struct mp_ndarray *array = mp_mps_create(MP_CLASS_NDARRAY);
    array->resource = mp_object_hold(resource);
    array->offset = offset;
    array->view = *view;
    return array;
}

MP_METHOD(id, array_init, "-[MPSNDArray initWithBuffer:offset:descriptor:]",
          struct mp_ndarray *self, MP_CMD, struct mp_resource *resource,
          unsigned long offset, const struct mp_array_descriptor *descriptor) {
    if (!resource || offset % sizeof(float) || offset > resource->length ||
        reach(&descriptor->view) > (resource->length - offset) / sizeof(float))
        mp_assertion_fail("-[MPSNDArray initWithBuffer:offset:descriptor:]",
                          "the buffer is too short for the array, or the offset is not "
                          "that of an element");
    self->resource = mp_object_hold(resource);
    self->offset = offset;
    self->view = descriptor->view;
    return (id)self;
}

MP_METHOD(id, array_descriptor, "-[MPSNDArray descriptor]", const struct mp_ndarray *self,
          MP_CMD) {
    struct mp_array_descriptor *descriptor = mp_mps_create(MP_CLASS_ARRAY_DESCRIPTOR);
    descriptor->view = self->view;
    return mp_object_autorelease(descriptor);
}

/* Whether the elements follow each other in memory. */
static bool is_contiguous(const struct mp_view *view) {
    unsigned long stride = 1;
    bool good = true;
    for (unsigned i = 0; i < view->count; i++) {
        good = good && (view->size[i] == 1 || view->stride[i] == stride);
        stride *= view->size[i];
    }
    return good;
}

/* Of contiguous data only; the last stride is 1 and none is smaller than the next. nil
 * otherwise, or if the view leaves the array. */
MP_METHOD(id, array_view_shape, "-[MPSNDArray arrayViewWithShape:strides:]",
          const struct mp_ndarray *self, MP_CMD, id shape, id strides) {
    struct mp_view view = {.count = (unsigned)mp_mps_count(shape)};
    bool good = is_contiguous(&self->view) && view.count > 0 &&
                view.count <= MP_MPS_DIMENSIONS && mp_mps_count(strides) == view.count;
    for (unsigned i = 0; good && i < view.count; i++) {
        view.size[i] = mp_mps_number(shape, view.count - 1 - i);
        view.stride[i] = mp_mps_number(strides, view.count - 1 - i);
        good = view.size[i] > 0 &&
               (i == 0 ? view.stride[i] == 1 : view.stride[i] >= view.stride[i - 1]);
    }
    unsigned long elements = reach(&self->view) - self->view.offset;
    if (!good || reach(&view) > elements)
        return NULL;
    view.offset = self->view.offset;
    return mp_object_autorelease(array_create(self->resource, self->offset, &view));
}

MP_METHOD(id, array_view_descriptor, "-[MPSNDArray arrayViewWithDescriptor:]",
          const struct mp_ndarray *self, MP_CMD,
          const struct mp_array_descriptor *descriptor) {
    return reach(&descriptor->view) >
                   (self->resource->length - self->offset) / sizeof(float)
               ? NULL
               : mp_object_autorelease(
                     array_create(self->resource, self->offset, &descriptor->view));
}

MP_METHOD(void, array_dealloc, "-[MPSNDArray dealloc]", struct mp_ndarray *self, MP_CMD) {
    struct mp_resource *resource = self->resource;
    mp_object_destroy(self);
    mp_object_drop(resource);
}

/* Dimensions of size 1 are left out until two are left, the fastest first. */
struct mp_operand mp_ndarray_operand(const struct mp_ndarray *array, const char *method) {
    const struct mp_view *view = &array->view;
    unsigned long size[MP_MPS_DIMENSIONS + 2] = {1, 1},
                                           stride[MP_MPS_DIMENSIONS + 2] = {0};
    unsigned found = 0, spare = view->count > 2 ? view->count - 2 : 0;
    for (unsigned i = 0; i < view->count; i++) {
        if (view->size[i] == 1 && spare > 0) {
            spare--;
            continue;
        }
        size[found] = view->size[i];
        stride[found++] = view->stride[i];
    }
    if (spare > 0)
        mp_assertion_fail(method, "the model knows arrays of two dimensions");
    return (struct mp_operand){
        .resource = array->resource,
        .offset = array->offset + view->offset * sizeof(float),
        .rows = (uint32_t)size[1],
        .columns = (uint32_t)size[0],
        .row = (uint32_t)stride[1],
        .column = (uint32_t)stride[0],
    };
}

const struct mp_method mp_array_descriptor_class_methods[] = {
    MP_ROW("descriptorWithDataType:shape:", "@@:I@", descriptor_make),
    MP_ROWS_END,
};
const struct mp_method mp_array_descriptor_methods[] = {
    MP_ROW("setPreferPackedRows:", "v@:" MP_BOOL_ENCODING, descriptor_set_packed),
    MP_ROW("transposeDimension:withDimension:", "v@:QQ", descriptor_transpose),
    MP_ROW("sliceDimension:withSubrange:", "v@:Q{MPSDimensionSlice=QQ}",
           descriptor_slice),
    MP_ROWS_END,
};
const struct mp_method mp_ndarray_methods[] = {
    MP_ROW("initWithBuffer:offset:descriptor:", "@@:@Q@", array_init),
    MP_ROW("descriptor", "@@:", array_descriptor),
    MP_ROW("arrayViewWithShape:strides:", "@@:@@", array_view_shape),
    MP_ROW("arrayViewWithDescriptor:", "@@:@", array_view_descriptor),
    MP_ROW("dealloc", "v@:", array_dealloc),
    MP_ROWS_END,
};
