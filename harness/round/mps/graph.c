/* Ops by MPSGraph: the graph of each kind, and encoding it with feeds and results that
 * are arrays over the op's buffers.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/mps/client.h"
#include "harness/round/objc/send.h"

/* Shape of buffer `i` of an op; vectors are rows. */
static void shape_of(const struct mp_meaning *meaning, unsigned i,
                     unsigned long ret_shape[2]) {
    unsigned long rows = meaning->rows, columns = meaning->columns;
    switch (meaning->kind) {
    case MP_MEANING_PRODUCT:
        rows = i == 1 ? meaning->inner : meaning->rows;
        columns = i == 0 ? meaning->inner : meaning->columns;
        break;
    case MP_MEANING_LINEAR:
        rows = i == 1 ? meaning->columns : i == 2 ? 1 : meaning->rows;
        columns = i <= 1 ? meaning->inner : meaning->columns;
        break;
    case MP_MEANING_LAYER_NORM:
        rows = i == 1 || i == 2 ? 1 : meaning->rows;
        columns = i >= 4 ? 1 : meaning->columns;
        break;
    default:
        break;
    }
    ret_shape[0] = rows;
    ret_shape[1] = columns;
}

static id placeholder(const struct mp_objc *objc, const struct mp_mps_plan *plan,
                      unsigned i) {
    unsigned long shape[2];
    shape_of(&plan->meaning, i, shape);
    return mp_send_graph_placeholder(objc, plan->object, mp_mps_numbers(objc, shape, 2),
                                     MP_MPS_FLOAT32, NULL);
}

static id product_of(const struct mp_objc *objc, struct mp_mps_plan *plan) {
    return mp_send_graph_product(objc, plan->object, plan->tensor[0], plan->tensor[1],
                                 NULL);
}

static id linear_of(const struct mp_objc *objc, struct mp_mps_plan *plan) {
    id graph = plan->object;
    id weight = mp_send_graph_transpose(objc, graph, plan->tensor[1], 0, 1, NULL);
    id product = mp_send_graph_product(objc, graph, plan->tensor[0], weight, NULL);
    return mp_send_graph_add(objc, graph, product, plan->tensor[2], NULL);
}

/* Results y, mean and 1 / sqrt(variance + eps). */
static void make_norm(const struct mp_objc *objc, struct mp_mps_plan *plan) {
    const unsigned long last = 1;
    id graph = plan->object, x = plan->tensor[0];
    id axes = mp_mps_numbers(objc, &last, 1);
    id mean = mp_send_graph_mean(objc, graph, x, axes, NULL);
    id variance = mp_send_graph_variance(objc, graph, x, mean, axes, NULL);
    id eps =
        mp_send_graph_constant(objc, graph, (double)plan->meaning.eps, MP_MPS_FLOAT32);
    id sum = mp_send_graph_add(objc, graph, variance, eps, NULL);
    plan->tensor[3] =
        mp_send_graph_normalise(objc, graph, x, mean, variance, plan->tensor[1],
                                plan->tensor[2], plan->meaning.eps, NULL);
    plan->tensor[4] = mean;
    plan->tensor[5] = mp_send_graph_reciprocal(
        objc, graph, mp_send_graph_root(objc, graph, sum, NULL), NULL);
}

static void make_tensors(const struct mp_objc *objc, struct mp_mps_plan *plan) {
    for (unsigned i = 0; i < plan->inputs; i++)
        plan->tensor[i] = placeholder(objc, plan, i);
    switch (plan->meaning.kind) {
    case MP_MEANING_PRODUCT:
        plan->tensor[2] = product_of(objc, plan);
        break;
    case MP_MEANING_LINEAR:
        plan->tensor[3] = linear_of(objc, plan);
        break;
    case MP_MEANING_LAYER_NORM:
        make_norm(objc, plan);
        break;
    case MP_MEANING_SOFTMAX:
        plan->tensor[1] =
            mp_send_graph_softmax(objc, plan->object, plan->tensor[0], 1, NULL);
        break;
    case MP_MEANING_ADD:
        plan->tensor[2] =
            mp_send_graph_add(objc, plan->object, plan->tensor[0], plan->tensor[1], NULL);
        break;
    case MP_MEANING_COPY:
    case MP_MEANING_OWN:
        break;
    }
}

/* Buffers that a kind reads; it writes one more, a layer norm three. */
static unsigned inputs_of(enum mp_meaning_kind kind) {
    return kind == MP_MEANING_SOFTMAX                             ? 1
           : kind == MP_MEANING_PRODUCT || kind == MP_MEANING_ADD ? 2
                                                                  : 3;
}

/* Tensors of its own that the driver makes for a graph of one kind. */
static unsigned inner_of(enum mp_meaning_kind kind) {
    return kind == MP_MEANING_LAYER_NORM ? 7 : kind == MP_MEANING_LINEAR ? 3 : 1;
}

/* Finds each tensor of `order`, an NSArray, among the plan's from `first` on. */
static bool find_order(const struct mp_objc *objc, const struct mp_mps_plan *plan,
                       id order, unsigned first, unsigned count, unsigned *ret_place) {
    bool is_known = order && mp_send_array_count(objc, order) == count;
    for (unsigned i = 0; is_known && i < count; i++) {
        id tensor = mp_send_array_object(objc, order, i);
        unsigned at = first;
        while (at < first + count && plan->tensor[at] != tensor)
            at++;
        is_known = at < first + count;
        ret_place[i] = at;
    }
    return is_known;
}

/* An executable is told its data by place, and says itself in which order. */
static enum mp_status compile(struct mp_mps_device *mps, struct mp_mps_plan *plan,
                              struct mp_error *err) {
    const struct mp_objc *objc = &mps->metal.objc;
    id types[MP_OP_BUFFERS_MAX] = {NULL};
    for (unsigned i = 0; i < plan->inputs; i++) {
        unsigned long shape[2];
        shape_of(&plan->meaning, i, shape);
        types[i] = mp_mps_pooled(
            objc,
            mp_send_shaped_type_init(objc, mp_mps_alloc(objc, "MPSGraphShapedType"),
                                     mp_mps_numbers(objc, shape, 2), MP_MPS_FLOAT32));
    }
    id feeds = mp_send_dictionary_with_objects(objc, mp_mps_class(objc, "NSDictionary"),
                                               types, plan->tensor, plan->inputs);
    id targets = mp_mps_list(objc, &plan->tensor[plan->inputs], plan->outputs);
    id device = mp_send_graph_device(objc, mp_mps_class(objc, "MPSGraphDevice"),
                                     mps->metal.device);
    id executable =
        mp_send_graph_compile(objc, plan->object, device, feeds, targets, NULL, NULL);
    if (!executable)
        return mp_error_set(err, MP_DEVICE, "MPSGraph compiled to no executable");
    plan->executable = mp_send_retain(objc, executable);
    plan->objects++;
    if (find_order(objc, plan, mp_send_feed_tensors(objc, executable), 0, plan->inputs,
                   plan->feed) &&
        find_order(objc, plan, mp_send_target_tensors(objc, executable), plan->inputs,
                   plan->outputs, plan->target))
        return MP_OK;
    return mp_error_set(err, MP_DEVICE,
                        "an executable of MPSGraph has other feeds or targets than it "
                        "was compiled for");
}

static enum mp_status make_graph(struct mp_mps_device *mps, struct mp_mps_plan *plan,
                                 struct mp_error *err) {
    const struct mp_objc *objc = &mps->metal.objc;
    plan->inputs = inputs_of(plan->meaning.kind);
    plan->outputs = plan->meaning.kind == MP_MEANING_LAYER_NORM ? 3 : 1;
    plan->object = mp_send_init(objc, mp_mps_alloc(objc, "MPSGraph"));
    if (!plan->object)
        return mp_error_set(err, MP_DEVICE, "the system returned no MPSGraph");
    make_tensors(objc, plan);
    plan->objects += plan->inputs + inner_of(plan->meaning.kind);
    for (unsigned i = 0; i < plan->inputs + plan->outputs; i++)
        if (!plan->tensor[i])
            return mp_error_set(err, MP_DEVICE, "MPSGraph returned no tensor number %u",
                                i);
    return mps->compiles ? compile(mps, plan, err) : MP_OK;
}

/* Data over buffer `i` of the op. */
static id data_of(const struct mp_objc *objc, const struct mp_op *op,
                  const struct mp_mps_plan *plan, unsigned i) {
    unsigned long shape[2];
    shape_of(&plan->meaning, i, shape);
    id array = mp_mps_array(objc, op, i, mp_mps_descriptor(objc, shape[0], shape[1]));
    return mp_mps_pooled(
        objc,
        mp_send_tensor_data_init(objc, mp_mps_alloc(objc, "MPSGraphTensorData"), array));
}

/* Data of `count` buffers from `first` on: a dictionary by tensor, or, of an executable,
 * an array in its order. */
static id bind(const struct mp_objc *objc, const struct mp_op *op,
               const struct mp_mps_plan *plan, unsigned first, unsigned count) {
    const unsigned *order = first == 0 ? plan->feed : plan->target;
    id data[MP_OP_BUFFERS_MAX] = {NULL};
    for (unsigned i = 0; i < count; i++)
        data[i] = data_of(objc, op, plan, plan->executable ? order[i] : first + i);
    if (plan->executable)
        return mp_mps_list(objc, data, count);
    return mp_send_dictionary_with_objects(objc, mp_mps_class(objc, "NSDictionary"), data,
                                           &plan->tensor[first], count);
}

enum mp_status mp_mps_encode_graph(struct mp_device_stream *stream,
                                   const struct mp_op *op,
                                   const struct mp_meaning *meaning,
                                   struct mp_error *err) {
    const struct mp_objc *objc = &mp_mps_device_of(stream)->metal.objc;
    struct mp_mps_plan *plan = NULL;
    struct mp_metal_place place;
    enum mp_status status =
        mp_mps_plan_take(stream, meaning, true, make_graph, &plan, err);
    if (status != MP_OK)
        return status;
    status = mp_metal_place_take(stream, MP_METAL_NO_ENCODER, &place, err);
    if (status == MP_OK) {
        mp_op_reach(op, MP_POINT_TAKEN);
        id feeds = bind(objc, op, plan, 0, plan->inputs);
        mp_op_reach(op, MP_POINT_PIPELINE);
        id results = bind(objc, op, plan, plan->inputs, plan->outputs);
        mp_op_reach(op, MP_POINT_BOUND);
        if (plan->executable)
            mp_send_executable_encode(objc, plan->executable, place.buffer, feeds,
                                      results, NULL);
        else
            mp_send_graph_encode(objc, plan->object, place.buffer, feeds, NULL, results,
                                 NULL);
        mp_metal_place_give(stream, &place);
    }
    mp_mps_plan_give(stream, plan);
    return status;
}
