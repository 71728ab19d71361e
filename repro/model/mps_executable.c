/* MPSGraphExecutable: a graph compiled for given feeds and targets, which are then told
 * by their places in arrays.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/foundation.h"
#include "repro/model/mps.h"

#define FEEDS_MAX 8

/* The tensors that `feeds` has values for, in the order in which they were made. */
static id feeds_in_order(struct mp_graph *graph, id feeds) {
    id found[FEEDS_MAX];
    unsigned long count = 0;
    pthread_mutex_lock(&graph->lock);
    for (unsigned long i = 0; i < graph->count; i++) {
        bool is_fed = mp_mps_value(feeds, (id)graph->tensor[i]) != NULL;
        if (is_fed && count < FEEDS_MAX)
            found[count] = (id)graph->tensor[i];
        count += is_fed;
    }
    pthread_mutex_unlock(&graph->lock);
    if (count == 0 || count > FEEDS_MAX)
        mp_assertion_fail("-[MPSGraph compileWithDevice:feeds:targetTensors:"
                          "targetOperations:compilationDescriptor:]",
                          "the model knows graphs of 1 to 8 feeds");
    return mp_array_make(found, count);
}

struct mp_executable *mp_executable_create(struct mp_graph *graph, id feeds, id targets) {
    struct mp_executable *executable = mp_mps_create(MP_CLASS_EXECUTABLE);
    executable->graph = mp_object_hold(graph);
    executable->feeds = mp_send(feeds_in_order(graph, feeds), mp_selector.retain);
    executable->targets = mp_send(targets, mp_selector.retain);
    return executable;
}

MP_METHOD(id, executable_feeds, "-[MPSGraphExecutable feedTensors]",
          struct mp_executable *self, MP_CMD) {
    return self->feeds;
}

MP_METHOD(id, executable_targets, "-[MPSGraphExecutable targetTensors]",
          struct mp_executable *self, MP_CMD) {
    return self->targets;
}

struct placing {
    const struct mp_executable *executable;
    id inputs, results; /* NSArrays of tensor data */
};

/* What stands in `values` where `tensors` has this one; NULL: it has not. */
static struct mp_ndarray *array_beside(id tensors, id values, struct mp_tensor *tensor) {
    unsigned long count = mp_mps_count(tensors), i = 0;
    while (i < count && mp_mps_item(tensors, i) != (id)tensor)
        i++;
    return i < count && i < mp_mps_count(values)
               ? ((struct mp_tensor_data *)mp_mps_item(values, i))->array
               : NULL;
}

static struct mp_ndarray *fed(void *data, struct mp_tensor *tensor) {
    const struct placing *placing = data;
    return array_beside(placing->executable->feeds, placing->inputs, tensor);
}

static struct mp_ndarray *wanted(void *data, struct mp_tensor *tensor) {
    const struct placing *placing = data;
    return array_beside(placing->executable->targets, placing->results, tensor);
}

MP_METHOD(id, executable_encode,
          "-[MPSGraphExecutable encodeToCommandBuffer:inputsArray:resultsArray:"
          "executionDescriptor:]",
          struct mp_executable *self, MP_CMD, id buffer, id inputs, id results,
          id descriptor) {
    struct placing placing = {self, inputs, results};
    (void)descriptor;
    mp_graph_encode(self->graph, buffer, fed, wanted, &placing);
    return results;
}

MP_METHOD(void, executable_dealloc, "-[MPSGraphExecutable dealloc]",
          struct mp_executable *self, MP_CMD) {
    mp_send_void(self->feeds, mp_selector.release);
    mp_send_void(self->targets, mp_selector.release);
    mp_object_drop(self->graph);
    mp_object_destroy(self);
}

const struct mp_method mp_executable_methods[] = {
    MP_ROW("feedTensors", "@@:", executable_feeds),
    MP_ROW("targetTensors", "@@:", executable_targets),
    MP_ROW("encodeToCommandBuffer:inputsArray:resultsArray:executionDescriptor:",
           "@@:@@@@", executable_encode),
    MP_ROW("dealloc", "v@:", executable_dealloc),
    MP_ROWS_END,
};
