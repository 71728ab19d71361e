/* MPSGraphTensor and what stands for its values: MPSGraphTensorData, MPSGraphShapedType,
 * MPSGraphDevice.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/foundation.h"
#include "repro/model/mps.h"

/* A dictionary copies its keys, and a tensor is the same wherever it is. */
MP_METHOD(id, tensor_copy, "-[MPSGraphTensor copyWithZone:]", id self, MP_CMD,
          void *zone) {
    (void)zone;
    return mp_object_hold(self);
}

MP_METHOD(uint32_t, tensor_type, "-[MPSGraphTensor dataType]", id self, MP_CMD) {
    (void)self;
    return MP_MPS_FLOAT32;
}

MP_METHOD(void, tensor_dealloc, "-[MPSGraphTensor dealloc]", id self, MP_CMD) {
    mp_object_destroy(self);
}

MP_METHOD(id, data_init, "-[MPSGraphTensorData initWithMPSNDArray:]",
          struct mp_tensor_data *self, MP_CMD, struct mp_ndarray *array) {
    if (!array)
        mp_assertion_fail("-[MPSGraphTensorData initWithMPSNDArray:]",
                          "there is no array");
    self->array = mp_object_hold(array);
    return (id)self;
}

MP_METHOD(id, data_array, "-[MPSGraphTensorData mpsndarray]", struct mp_tensor_data *self,
          MP_CMD) {
    return (id)self->array;
}

MP_METHOD(void, data_dealloc, "-[MPSGraphTensorData dealloc]",
          struct mp_tensor_data *self, MP_CMD) {
    struct mp_ndarray *array = self->array;
    mp_object_destroy(self);
    mp_object_drop(array);
}

MP_METHOD(id, shaped_type_init, "-[MPSGraphShapedType initWithShape:dataType:]",
          struct mp_shaped_type *self, MP_CMD, id shape, uint32_t type) {
    unsigned long count = mp_mps_count(shape);
    if (type != MP_MPS_FLOAT32 || count > 2)
        mp_assertion_fail("-[MPSGraphShapedType initWithShape:dataType:]",
                          "the model knows 32-bit floats of up to two dimensions");
    self->columns = count > 0 ? mp_mps_number(shape, count - 1) : 1;
    self->rows = count > 1 ? mp_mps_number(shape, 0) : 1;
    return (id)self;
}

MP_METHOD(id, graph_device_make, "+[MPSGraphDevice deviceWithMTLDevice:]", id self,
          MP_CMD, struct mp_device *device) {
    (void)self;
    struct mp_graph_device *graph_device = mp_mps_create(MP_CLASS_GRAPH_DEVICE);
    graph_device->device = mp_object_hold(device);
    return mp_object_autorelease(graph_device);
}

MP_METHOD(id, graph_device_metal, "-[MPSGraphDevice metalDevice]",
          struct mp_graph_device *self, MP_CMD) {
    return (id)self->device;
}

MP_METHOD(void, graph_device_dealloc, "-[MPSGraphDevice dealloc]",
          struct mp_graph_device *self, MP_CMD) {
    struct mp_device *device = self->device;
    mp_object_destroy(self);
    mp_object_drop(device);
}

const struct mp_method mp_tensor_methods[] = {
    MP_ROW("copyWithZone:", "@@:^v", tensor_copy),
    MP_ROW("dataType", "I@:", tensor_type),
    MP_ROW("dealloc", "v@:", tensor_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_tensor_data_methods[] = {
    MP_ROW("initWithMPSNDArray:", "@@:@", data_init),
    MP_ROW("mpsndarray", "@@:", data_array),
    MP_ROW("dealloc", "v@:", data_dealloc),
    MP_ROWS_END,
};
const struct mp_method mp_shaped_type_methods[] = {
    MP_ROW("initWithShape:dataType:", "@@:@I", shaped_type_init),
    MP_ROWS_END,
};
const struct mp_method mp_graph_device_class_methods[] = {
    MP_ROW("deviceWithMTLDevice:", "@@:@", graph_device_make),
    MP_ROWS_END,
};
const struct mp_method mp_graph_device_methods[] = {
    MP_ROW("metalDevice", "@@:", graph_device_metal),
    MP_ROW("dealloc", "v@:", graph_device_dealloc),
    MP_ROWS_END,
};
