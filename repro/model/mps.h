/* MetalPerformanceShaders and MetalPerformanceShadersGraph of the model: what the files
 * mps_*.c share. They are clients of the driver: an operation opens a compute encoder of
 * the caller's command buffer, by messages, as everybody does, and dispatches kernels of
 * its own (mps_kernels.c), which the executors run as all others.
 *
 * Everything here is a guess but the classes, selectors, types and ownership, which are
 * those of Apple's headers, and the thread rule of MPSKernel (one object, one thread at a
 * time): how Apple's code works inside is not known.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_MPS_H
#define MP_MODEL_MPS_H

#include <stdbool.h>
#include <stdint.h>

#include "repro/model/driver.h"

#define MP_MPS_FLOAT32    0x10000020u /* MPSDataTypeFloat32, the only one known here */
#define MP_MPS_DIMENSIONS 16          /* of an MPSNDArray at most */

/* How the elements of an array lie in its buffer, in elements. Dimension 0 is the
 * fastest, as MPSNDArray counts. */
struct mp_view {
    unsigned count;
    unsigned long size[MP_MPS_DIMENSIONS], stride[MP_MPS_DIMENSIONS], offset;
};

/* A matrix in a buffer, as kernels take it. */
struct mp_operand {
    struct mp_resource *resource; /* borrowed */
    unsigned long offset;         /* bytes */
    uint32_t rows, columns;
    uint32_t row, column; /* strides in elements; 0: the same element again */
};

/* MPSKernel. */
struct mp_mps_kernel {
    struct mp_driver_object base;
    struct mp_device *device; /* held */
};

struct mp_matrix_descriptor {
    struct mp_driver_object base;
    unsigned long rows, columns, row_bytes;
};

struct mp_matrix {
    struct mp_driver_object base;
    struct mp_resource *resource; /* held */
    unsigned long offset, rows, columns, row_bytes;
};

struct mp_matrix_product {
    struct mp_mps_kernel kernel;
    bool transposes_left, transposes_right;
    unsigned long rows, columns, inner;
    double alpha, beta;
};

struct mp_array_descriptor {
    struct mp_driver_object base;
    struct mp_view view;
    bool is_plain; /* nothing was transposed or sliced yet */
};

/* MPSNDArray. */
struct mp_ndarray {
    struct mp_driver_object base;
    struct mp_resource *resource; /* held */
    unsigned long offset;         /* bytes, of the first element of the view's buffer */
    struct mp_view view;
};

/* MPSNDArrayMultiaryKernel and those below it. */
struct mp_array_kernel {
    struct mp_mps_kernel kernel;
    unsigned long sources;
    /* nograph_shared: threads that have scratch memory here, 0 for none */
    _Atomic uintptr_t user[2];
};

/* A node of a graph, which is what MPSGraphTensor stands for. */
enum mp_node_kind {
    MP_NODE_PLACEHOLDER,
    MP_NODE_CONSTANT,
    MP_NODE_PRODUCT,
    MP_NODE_TRANSPOSE,
    MP_NODE_ELEMENTWISE,
    MP_NODE_REDUCE,
    MP_NODE_NORMALISE,
    MP_NODE_SOFTMAX
};

#define MP_NODE_INPUTS 5

/* MPSGraphTensor: a matrix; what has fewer dimensions has rows = 1. */
struct mp_tensor {
    struct mp_driver_object base;
    enum mp_node_kind kind;
    unsigned code; /* of an elementwise operation or reduction (mps_kernels.h) */
    unsigned long rows, columns;
    unsigned dimensions; /* as the client gave or would see them */
    unsigned axis;       /* of a reduction or softmax: 0 rows, 1 columns */
    double scalar;       /* of a constant; epsilon of a normalisation */
    struct mp_tensor *input[MP_NODE_INPUTS]; /* of the same graph, which holds them */
    unsigned long number;                    /* in its graph */
};

struct mp_graph {
    struct mp_driver_object base;
    pthread_mutex_t lock;      /* guards all below */
    struct mp_tensor **tensor; /* held, in order of making: inputs stand before users */
    unsigned long count, size;
    bool is_compiled; /* for what it is now */
};

/* MPSGraphTensorData. */
struct mp_tensor_data {
    struct mp_driver_object base;
    struct mp_ndarray *array; /* held */
};

struct mp_shaped_type {
    struct mp_driver_object base;
    unsigned long rows, columns;
};

struct mp_graph_device {
    struct mp_driver_object base;
    struct mp_device *device; /* held */
};

struct mp_executable {
    struct mp_driver_object base;
    struct mp_graph *graph; /* held */
    id feeds, targets;      /* NSArrays of tensors, owned */
};

/* mps_kernel.c: a zeroed object of one of these classes with one reference, by its
 * alloc; never NULL. */
void *mp_mps_create(enum mp_class class);

/* mps_encode.c */
/* An encoder of the client's command buffer; opened and closed by messages. */
id mp_mps_encoder_open(id buffer);
void mp_mps_encoder_close(id encoder);
/* That of a command buffer. */
struct mp_device *mp_mps_device_of(id buffer);
/* Encodes one run of `kernel` on these operands, as many as it has buffers. */
void mp_mps_dispatch(id encoder, struct mp_device *device,
                     const struct mp_kernel_reference *kernel,
                     const struct mp_operand *operands, const void *constants);
/* left * right * alpha + source * beta, where `source` may be the result itself. */
void mp_mps_product(id encoder, struct mp_device *device, const struct mp_operand *left,
                    const struct mp_operand *right, const struct mp_operand *source,
                    const struct mp_operand *result, double alpha, double beta);
/* The same elements in the other place. */
void mp_mps_copy(id encoder, struct mp_device *device, const struct mp_operand *from,
                 const struct mp_operand *to);
struct mp_operand mp_operand_transposed(struct mp_operand operand);

/* mps_foundation.c: NSArrays of numbers, and of anything. */
unsigned long mp_mps_count(id array);
id mp_mps_item(id array, unsigned long index);
unsigned long mp_mps_number(id array, unsigned long index);
/* Value of a dictionary, or NULL. */
id mp_mps_value(id dictionary, id key);

/* mps_ndarray.c */
/* The array as a matrix: its two fastest dimensions; others must have size 1. */
struct mp_operand mp_ndarray_operand(const struct mp_ndarray *array, const char *method);

/* mps_compile.c: what making code of a graph may do (defect kernel_dag). */
void mp_graph_compile(struct mp_device *device, struct mp_graph *graph);

/* mps_run.c: the ops of a graph, with feeds and results by tensor. */
typedef struct mp_ndarray *mp_array_of_tensor(void *data, struct mp_tensor *tensor);
void mp_graph_encode(struct mp_graph *graph, id buffer, mp_array_of_tensor *feed,
                     mp_array_of_tensor *result, void *data);

/* mps_executable.c: +1. `feeds` is an NSDictionary, `targets` an NSArray. */
struct mp_executable *mp_executable_create(struct mp_graph *graph, id feeds, id targets);

#define MP_MPS_CLASS(id, name, super, table, class_table, type)                          \
    extern const struct mp_method mp_##table##_methods[];
#include "repro/model/mps_class.def"
#undef MP_MPS_CLASS
extern const struct mp_method mp_mps_object_class_methods[],
    mp_matrix_descriptor_class_methods[], mp_array_descriptor_class_methods[],
    mp_graph_device_class_methods[];

#endif
