/* MPSGraph: building a graph. Shapes are known when a tensor is made; matrices only.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "repro/model/defect.h"
#include "repro/model/mps.h"
#include "repro/model/mps_kernels.h"

MP_METHOD(id, graph_init, "-[MPSGraph init]", struct mp_graph *self, MP_CMD) {
    pthread_mutex_init(&self->lock, NULL);
    return (id)self;
}

MP_METHOD(void, graph_dealloc, "-[MPSGraph dealloc]", struct mp_graph *self, MP_CMD) {
    for (unsigned long i = 0; i < self->count; i++)
        mp_object_drop(self->tensor[i]);
    free(self->tensor);
    pthread_mutex_destroy(&self->lock);
    mp_object_destroy(self);
}

/* Adds a copy of `made`; the graph holds it, the client borrows it. */
static id add(struct mp_graph *graph, const struct mp_tensor *made) {
    struct mp_tensor *tensor = mp_mps_create(MP_CLASS_TENSOR);
    struct mp_driver_object base = tensor->base;
    *tensor = *made;
    tensor->base = base;
    pthread_mutex_lock(&graph->lock);
    if (graph->count == graph->size) {
        graph->size = graph->size ? 2 * graph->size : 8;
        graph->tensor = realloc(graph->tensor, graph->size * sizeof(void *));
        if (!graph->tensor) {
            fprintf(stderr, "mpmodel: out of memory\n");
            abort();
        }
    }
    tensor->number = graph->count;
    graph->tensor[graph->count++] = tensor;
    graph->is_compiled = false;
    pthread_mutex_unlock(&graph->lock);
    return (id)tensor;
}

/* A missing tensor is an NSInvalidArgumentException of Apple's graphs. */
static void check(bool good, const char *method, const char *text) {
    if (!good)
        mp_assertion_fail(method, text);
}

MP_METHOD(id, graph_placeholder, "-[MPSGraph placeholderWithShape:dataType:name:]",
          struct mp_graph *self, MP_CMD, id shape, uint32_t type, id name) {
    unsigned long count = mp_mps_count(shape);
    (void)name;
    check(type == MP_MPS_FLOAT32 && count > 0 && count <= 2,
          "-[MPSGraph placeholderWithShape:dataType:name:]",
          "the model knows 32-bit floats of one or two dimensions");
    return add(self, &(struct mp_tensor){.kind = MP_NODE_PLACEHOLDER,
                                         .dimensions = (unsigned)count,
                                         .rows = count == 2 ? mp_mps_number(shape, 0) : 1,
                                         .columns = mp_mps_number(shape, count - 1)});
}

MP_METHOD(id, graph_constant, "-[MPSGraph constantWithScalar:dataType:]",
          struct mp_graph *self, MP_CMD, double scalar, uint32_t type) {
    check(type == MP_MPS_FLOAT32, "-[MPSGraph constantWithScalar:dataType:]",
          "the model knows 32-bit floats");
    return add(self,
               &(struct mp_tensor){
                   .kind = MP_NODE_CONSTANT, .scalar = scalar, .rows = 1, .columns = 1});
}

MP_METHOD(id, graph_product,
          "-[MPSGraph matrixMultiplicationWithPrimaryTensor:secondaryTensor:name:]",
          struct mp_graph *self, MP_CMD, struct mp_tensor *left, struct mp_tensor *right,
          id name) {
    (void)name;
    check(left && right && left->columns == right->rows,
          "-[MPSGraph matrixMultiplicationWithPrimaryTensor:secondaryTensor:name:]",
          "the tensors cannot be multiplied");
    return add(self, &(struct mp_tensor){.kind = MP_NODE_PRODUCT,
                                         .dimensions = 2,
                                         .rows = left->rows,
                                         .columns = right->columns,
                                         .input = {left, right}});
}

MP_METHOD(id, graph_transpose,
          "-[MPSGraph transposeTensor:dimension:withDimension:name:]",
          struct mp_graph *self, MP_CMD, struct mp_tensor *tensor, unsigned long a,
          unsigned long b, id name) {
    (void)name;
    check(tensor && tensor->dimensions == 2 && a + b == 1,
          "-[MPSGraph transposeTensor:dimension:withDimension:name:]",
          "the model transposes the two dimensions of a matrix");
    return add(self, &(struct mp_tensor){.kind = MP_NODE_TRANSPOSE,
                                         .dimensions = 2,
                                         .rows = tensor->columns,
                                         .columns = tensor->rows,
                                         .input = {tensor}});
}

/* The size of two that are broadcast to each other; 0: they cannot be. */
static unsigned long broadcast(unsigned long a, unsigned long b) {
    return a == b || b == 1 ? a : a == 1 ? b : 0;
}

static id add_elementwise(struct mp_graph *graph, unsigned code, struct mp_tensor *left,
                          struct mp_tensor *right, const char *method) {
    check(left && right, method, "there is no tensor");
    struct mp_tensor made = {
        .kind = MP_NODE_ELEMENTWISE,
        .code = code,
        .dimensions =
            left->dimensions > right->dimensions ? left->dimensions : right->dimensions,
        .rows = broadcast(left->rows, right->rows),
        .columns = broadcast(left->columns, right->columns),
        .input = {left, right},
    };
    check(made.rows > 0 && made.columns > 0, method,
          "the tensors cannot be broadcast to each other");
    return add(graph, &made);
}

#define ELEMENTWISE(function, code, name_of_method)                                      \
    MP_METHOD(id, function, "-[MPSGraph " name_of_method "]", struct mp_graph *self,     \
              MP_CMD, struct mp_tensor *left, struct mp_tensor *right, id name) {        \
        (void)name;                                                                      \
        return add_elementwise(self, code, left, right,                                  \
                               "-[MPSGraph " name_of_method "]");                        \
    }
ELEMENTWISE(graph_add, MP_ADD, "additionWithPrimaryTensor:secondaryTensor:name:")
ELEMENTWISE(graph_subtract, MP_SUBTRACT,
            "subtractionWithPrimaryTensor:secondaryTensor:name:")
ELEMENTWISE(graph_multiply, MP_MULTIPLY,
            "multiplicationWithPrimaryTensor:secondaryTensor:name:")
ELEMENTWISE(graph_divide, MP_DIVIDE, "divisionWithPrimaryTensor:secondaryTensor:name:")

MP_METHOD(id, graph_root, "-[MPSGraph squareRootWithTensor:name:]", struct mp_graph *self,
          MP_CMD, struct mp_tensor *tensor, id name) {
    (void)name;
    return add_elementwise(self, MP_ROOT, tensor, tensor,
                           "-[MPSGraph squareRootWithTensor:name:]");
}

MP_METHOD(id, graph_reciprocal, "-[MPSGraph reciprocalWithTensor:name:]",
          struct mp_graph *self, MP_CMD, struct mp_tensor *tensor, id name) {
    (void)name;
    return add_elementwise(self, MP_RECIPROCAL, tensor, tensor,
                           "-[MPSGraph reciprocalWithTensor:name:]");
}

static id add_reduction(struct mp_graph *graph, unsigned code, struct mp_tensor *tensor,
                        struct mp_tensor *mean, id axes, const char *method) {
    check(tensor && tensor->dimensions == 2 && mp_mps_count(axes) == 1 &&
              mp_mps_number(axes, 0) < 2,
          method, "the model reduces one of the two dimensions of a matrix");
    unsigned axis = (unsigned)mp_mps_number(axes, 0);
    return add(graph, &(struct mp_tensor){.kind = MP_NODE_REDUCE,
                                          .code = code,
                                          .axis = axis,
                                          .dimensions = 2,
                                          .rows = axis == 0 ? 1 : tensor->rows,
                                          .columns = axis == 1 ? 1 : tensor->columns,
                                          .input = {tensor, mean}});
}

MP_METHOD(id, graph_mean, "-[MPSGraph meanOfTensor:axes:name:]", struct mp_graph *self,
          MP_CMD, struct mp_tensor *tensor, id axes, id name) {
    (void)name;
    return add_reduction(self, MP_MEAN, tensor, tensor, axes,
                         "-[MPSGraph meanOfTensor:axes:name:]");
}

MP_METHOD(id, graph_variance, "-[MPSGraph varianceOfTensor:meanTensor:axes:name:]",
          struct mp_graph *self, MP_CMD, struct mp_tensor *tensor, struct mp_tensor *mean,
          id axes, id name) {
    (void)name;
    check(mean != NULL, "-[MPSGraph varianceOfTensor:meanTensor:axes:name:]",
          "there is no mean");
    return add_reduction(self, MP_VARIANCE, tensor, mean, axes,
                         "-[MPSGraph varianceOfTensor:meanTensor:axes:name:]");
}

MP_METHOD(id, graph_normalise,
          "-[MPSGraph normalizationWithTensor:meanTensor:varianceTensor:gammaTensor:"
          "betaTensor:epsilon:name:]",
          struct mp_graph *self, MP_CMD, struct mp_tensor *tensor, struct mp_tensor *mean,
          struct mp_tensor *variance, struct mp_tensor *gamma, struct mp_tensor *beta,
          float epsilon, id name) {
    (void)name;
    check(tensor && mean && variance && gamma && beta,
          "-[MPSGraph normalizationWithTensor:meanTensor:varianceTensor:gammaTensor:"
          "betaTensor:epsilon:name:]",
          "the model needs all five tensors");
    return add(self, &(struct mp_tensor){.kind = MP_NODE_NORMALISE,
                                         .dimensions = tensor->dimensions,
                                         .rows = tensor->rows,
                                         .columns = tensor->columns,
                                         .scalar = (double)epsilon,
                                         .input = {tensor, mean, variance, gamma, beta}});
}

MP_METHOD(id, graph_softmax, "-[MPSGraph softMaxWithTensor:axis:name:]",
          struct mp_graph *self, MP_CMD, struct mp_tensor *tensor, long axis, id name) {
    (void)name;
    check(tensor && tensor->dimensions == 2 && axis >= -2 && axis < 2,
          "-[MPSGraph softMaxWithTensor:axis:name:]",
          "the model knows this of the two dimensions of a matrix");
    return add(self, &(struct mp_tensor){.kind = MP_NODE_SOFTMAX,
                                         .axis = (unsigned)(axis < 0 ? axis + 2 : axis),
                                         .dimensions = 2,
                                         .rows = tensor->rows,
                                         .columns = tensor->columns,
                                         .input = {tensor}});
}

struct feeding {
    id feeds, results; /* NSDictionaries, tensor to tensor data */
};

static struct mp_ndarray *array_of(id dictionary, struct mp_tensor *tensor) {
    struct mp_tensor_data *data =
        (struct mp_tensor_data *)mp_mps_value(dictionary, (id)tensor);
    return data ? data->array : NULL;
}

static struct mp_ndarray *fed(void *data, struct mp_tensor *tensor) {
    return array_of(((struct feeding *)data)->feeds, tensor);
}

static struct mp_ndarray *wanted(void *data, struct mp_tensor *tensor) {
    return array_of(((struct feeding *)data)->results, tensor);
}

MP_METHOD(void, graph_encode,
          "-[MPSGraph encodeToCommandBuffer:feeds:targetOperations:resultsDictionary:"
          "executionDescriptor:]",
          struct mp_graph *self, MP_CMD, id buffer, id feeds, id operations, id results,
          id descriptor) {
    struct feeding feeding = {feeds, results};
    struct mp_device *device = mp_mps_device_of(buffer);
    (void)operations, (void)descriptor;
    mp_defect_assert(&device->settings, MP_DEFECT_ASSERT_KERNEL_DAG,
                     MP_ASSERTION_KERNEL_DAG);
    mp_graph_compile(device, self);
    mp_graph_encode(self, buffer, fed, wanted, &feeding);
}

MP_METHOD(id, graph_make_executable,
          "-[MPSGraph compileWithDevice:feeds:targetTensors:targetOperations:"
          "compilationDescriptor:]",
          struct mp_graph *self, MP_CMD, struct mp_graph_device *device, id feeds,
          id targets, id operations, id descriptor) {
    (void)operations, (void)descriptor;
    check(device != NULL,
          "-[MPSGraph compileWithDevice:feeds:targetTensors:targetOperations:"
          "compilationDescriptor:]",
          "the model compiles for a device");
    mp_graph_compile(device->device, self);
    return mp_object_autorelease(mp_executable_create(self, feeds, targets));
}

const struct mp_method mp_graph_methods[] = {
    MP_ROW("init", "@@:", graph_init),
    MP_ROW("dealloc", "v@:", graph_dealloc),
    MP_ROW("placeholderWithShape:dataType:name:", "@@:@I@", graph_placeholder),
    MP_ROW("constantWithScalar:dataType:", "@@:dI", graph_constant),
    MP_ROW("matrixMultiplicationWithPrimaryTensor:secondaryTensor:name:", "@@:@@@",
           graph_product),
    MP_ROW("transposeTensor:dimension:withDimension:name:", "@@:@QQ@", graph_transpose),
    MP_ROW("additionWithPrimaryTensor:secondaryTensor:name:", "@@:@@@", graph_add),
    MP_ROW("subtractionWithPrimaryTensor:secondaryTensor:name:", "@@:@@@",
           graph_subtract),
    MP_ROW("multiplicationWithPrimaryTensor:secondaryTensor:name:", "@@:@@@",
           graph_multiply),
    MP_ROW("divisionWithPrimaryTensor:secondaryTensor:name:", "@@:@@@", graph_divide),
    MP_ROW("squareRootWithTensor:name:", "@@:@@", graph_root),
    MP_ROW("reciprocalWithTensor:name:", "@@:@@", graph_reciprocal),
    MP_ROW("meanOfTensor:axes:name:", "@@:@@@", graph_mean),
    MP_ROW("varianceOfTensor:meanTensor:axes:name:", "@@:@@@@", graph_variance),
    MP_ROW("normalizationWithTensor:meanTensor:varianceTensor:gammaTensor:betaTensor:"
           "epsilon:name:",
           "@@:@@@@@f@", graph_normalise),
    MP_ROW("softMaxWithTensor:axis:name:", "@@:@q@", graph_softmax),
    MP_ROW("encodeToCommandBuffer:feeds:targetOperations:resultsDictionary:"
           "executionDescriptor:",
           "v@:@@@@@", graph_encode),
    MP_ROW("compileWithDevice:feeds:targetTensors:targetOperations:"
           "compilationDescriptor:",
           "@@:@@@@@", graph_make_executable),
    MP_ROWS_END,
};
