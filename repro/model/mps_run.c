/* The ops of a graph as dispatches on one encoder: one for each node that a result needs.
 * What lies between them are buffers of the graph's own, which the command buffer keeps.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "repro/model/mps.h"
#include "repro/model/mps_kernels.h"

static const char method[] = "-[MPSGraph encodeToCommandBuffer:feeds:targetOperations:"
                             "resultsDictionary:executionDescriptor:]";

/* One pass over a graph. */
struct run {
    struct mp_graph *graph;
    struct mp_device *device;
    id encoder;
    mp_array_of_tensor *feed, *result;
    void *data;
    bool *is_needed;           /* by number of the tensor */
    struct mp_operand *value;  /* the same; resource NULL: not there yet */
    struct mp_resource **made; /* the same, owned: buffers between ops */
};

static void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size);
    if (!memory) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    return memory;
}

/* An array as a tensor's value. Arrays of fewer dimensions are rows. */
static struct mp_operand value_of(const struct mp_ndarray *array,
                                  const struct mp_tensor *tensor) {
    struct mp_operand operand = mp_ndarray_operand(array, method);
    if (operand.rows != tensor->rows || operand.columns != tensor->columns)
        mp_assertion_fail(method, "a feed or result has another shape than its tensor");
    return operand;
}

/* Where the node's numbers go: the array of a result, or a buffer of its own. */
static struct mp_operand place_of(struct run *run, struct mp_tensor *tensor) {
    const struct mp_ndarray *array = run->result(run->data, tensor);
    if (array)
        return value_of(array, tensor);
    struct mp_resource *resource = mp_resource_create(
        run->device, NULL, tensor->rows * tensor->columns * sizeof(float), 0);
    if (!resource)
        mp_assertion_fail(method, "there is no memory for a tensor");
    run->made[tensor->number] = resource;
    return (struct mp_operand){.resource = resource,
                               .rows = (uint32_t)tensor->rows,
                               .columns = (uint32_t)tensor->columns,
                               .row = (uint32_t)tensor->columns,
                               .column = 1};
}

/* Strides that repeat what has one row or column. */
static struct mp_strides spread(const struct mp_operand *operand) {
    return (struct mp_strides){operand->rows == 1 ? 0 : operand->row,
                               operand->columns == 1 ? 0 : operand->column};
}

static struct mp_strides strides_of(const struct mp_operand *operand) {
    return (struct mp_strides){operand->row, operand->column};
}

static void run_elementwise(struct run *run, const struct mp_tensor *tensor,
                            const struct mp_operand *input,
                            const struct mp_operand *result) {
    const struct mp_operand operands[] = {input[0], input[1], *result};
    const struct mp_mps_elementwise constants = {
        .rows = result->rows,
        .columns = result->columns,
        .code = tensor->code,
        .left = spread(&input[0]),
        .right = spread(&input[1]),
        .result = strides_of(result),
    };
    mp_mps_dispatch(run->encoder, run->device, &mp_mps_elementwise_reference, operands,
                    &constants);
}

/* Over columns; over rows it is that of the transposed. */
static void run_reduce(struct run *run, const struct mp_tensor *tensor,
                       const struct mp_operand *input, const struct mp_operand *result) {
    bool turns = tensor->axis == 0;
    struct mp_operand operands[] = {input[0], input[1], *result};
    for (unsigned i = 0; turns && i < 3; i++)
        operands[i] = mp_operand_transposed(operands[i]);
    const struct mp_mps_reduce constants = {
        .rows = operands[0].rows,
        .columns = operands[0].columns,
        .code = tensor->code,
        .x = strides_of(&operands[0]),
        .mean = strides_of(&operands[1]),
        .result = strides_of(&operands[2]),
    };
    mp_mps_dispatch(run->encoder, run->device, &mp_mps_reduce_reference, operands,
                    &constants);
}

static void run_normalise(struct run *run, const struct mp_tensor *tensor,
                          const struct mp_operand *input,
                          const struct mp_operand *result) {
    const struct mp_operand operands[] = {input[0], input[1], input[2],
                                          input[3], input[4], *result};
    const struct mp_mps_normalise constants = {
        .rows = result->rows,
        .columns = result->columns,
        .epsilon = (float)tensor->scalar,
        .x = strides_of(&input[0]),
        .mean = spread(&input[1]),
        .variance = spread(&input[2]),
        .gamma = spread(&input[3]),
        .beta = spread(&input[4]),
        .result = strides_of(result),
    };
    mp_mps_dispatch(run->encoder, run->device, &mp_mps_normalise_reference, operands,
                    &constants);
}

static void run_softmax(struct run *run, const struct mp_tensor *tensor,
                        const struct mp_operand *input, const struct mp_operand *result) {
    bool turns = tensor->axis == 0;
    const struct mp_operand operands[] = {
        turns ? mp_operand_transposed(input[0]) : input[0],
        turns ? mp_operand_transposed(*result) : *result};
    const struct mp_mps_softmax constants = {
        .rows = operands[0].rows,
        .columns = operands[0].columns,
        .x = strides_of(&operands[0]),
        .result = strides_of(&operands[1]),
    };
    mp_mps_dispatch(run->encoder, run->device, &mp_mps_softmax_reference, operands,
                    &constants);
}

static void run_node(struct run *run, const struct mp_tensor *tensor,
                     const struct mp_operand *input, const struct mp_operand *result) {
    switch (tensor->kind) {
    case MP_NODE_PRODUCT:
        mp_mps_product(run->encoder, run->device, &input[0], &input[1], result, result, 1,
                       0);
        break;
    case MP_NODE_ELEMENTWISE:
        run_elementwise(run, tensor, input, result);
        break;
    case MP_NODE_REDUCE:
        run_reduce(run, tensor, input, result);
        break;
    case MP_NODE_NORMALISE:
        run_normalise(run, tensor, input, result);
        break;
    case MP_NODE_SOFTMAX:
        run_softmax(run, tensor, input, result);
        break;
    case MP_NODE_CONSTANT:
        for (size_t i = 0; i < (size_t)result->rows * result->columns; i++)
            ((float *)(void *)result->resource->contents)[i] = (float)tensor->scalar;
        break;
    case MP_NODE_TRANSPOSE:
    case MP_NODE_PLACEHOLDER:
        break;
    }
}

/* A transpose is a view, unless it is a result. */
static void run_tensor(struct run *run, struct mp_tensor *tensor) {
    struct mp_operand *value = &run->value[tensor->number];
    struct mp_operand input[MP_NODE_INPUTS] = {{NULL, 0, 0, 0, 0, 0}};
    for (unsigned i = 0; i < MP_NODE_INPUTS && tensor->input[i]; i++)
        input[i] = run->value[tensor->input[i]->number];
    if (tensor->kind == MP_NODE_PLACEHOLDER) {
        const struct mp_ndarray *array = run->feed(run->data, tensor);
        if (!array)
            mp_assertion_fail(method, "a placeholder that a target needs is not fed");
        *value = value_of(array, tensor);
    } else if (tensor->kind == MP_NODE_TRANSPOSE) {
        *value = mp_operand_transposed(input[0]);
        if (run->result(run->data, tensor)) {
            struct mp_operand place = place_of(run, tensor);
            mp_mps_copy(run->encoder, run->device, value, &place);
        }
    } else {
        *value = place_of(run, tensor);
        run_node(run, tensor, input, value);
    }
}

/* Marks what the results need, from the last tensor to the first. */
static void mark_needed(struct run *run) {
    for (unsigned long i = run->graph->count; i-- > 0;) {
        struct mp_tensor *tensor = run->graph->tensor[i];
        if (run->result(run->data, tensor))
            run->is_needed[i] = true;
        for (unsigned k = 0; k < MP_NODE_INPUTS && run->is_needed[i]; k++)
            if (tensor->input[k])
                run->is_needed[tensor->input[k]->number] = true;
    }
}

void mp_graph_encode(struct mp_graph *graph, id buffer, mp_array_of_tensor *feed,
                     mp_array_of_tensor *result, void *data) {
    struct run run = {.graph = graph, .feed = feed, .result = result, .data = data};
    pthread_mutex_lock(&graph->lock);
    run.is_needed = zeroed(graph->count, sizeof(*run.is_needed));
    run.value = zeroed(graph->count, sizeof(*run.value));
    run.made = zeroed(graph->count, sizeof(void *));
    run.device = mp_mps_device_of(buffer);
    mark_needed(&run);
    run.encoder = mp_mps_encoder_open(buffer);
    for (unsigned long i = 0; i < graph->count; i++)
        if (run.is_needed[i])
            run_tensor(&run, graph->tensor[i]);
    mp_mps_encoder_close(run.encoder);
    for (unsigned long i = 0; i < graph->count; i++)
        mp_object_drop(run.made[i]);
    pthread_mutex_unlock(&graph->lock);
    free(run.made);
    free(run.value);
    free(run.is_needed);
}
