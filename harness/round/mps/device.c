/* The device: what it can express, its streams, and which call an op is.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/round/mps/client.h"
#include "harness/round/objc/send.h"

/* A graph may commit and go on (commitAndContinue), so it wants a command buffer that
 * can, and PyTorch's streams have such. */
static id make_buffer(const struct mp_metal_device *metal, id queue) {
    return mp_send_mps_buffer(&metal->objc,
                              mp_mps_class(&metal->objc, "MPSCommandBuffer"), queue);
}

/* Whether objects of the class answer; asked of one, as its protocol says. */
static bool responds(const struct mp_objc *objc, id object,
                     enum mp_selector_index selector) {
    return object && mp_send_responds(objc, object, objc->selector[selector]);
}

/* Asks an array and a kernel of the system itself: the header says macOS 15, and older
 * systems have some of it. */
static void ask(struct mp_mps_device *mps) {
    const struct mp_objc *objc = &mps->metal.objc;
    void *pool = objc->pool_push();
    id kernel = mp_mps_pooled(
        objc, mp_send_array_kernel_init(
                  objc, mp_mps_alloc(objc, "MPSNDArrayMatrixMultiplication"),
                  mps->metal.device, 3));
    id array = mp_mps_alloc(objc, "MPSNDArray");
    bool has_arrays = responds(objc, array, MP_SELECTOR_ndarray_init);
    mps->has_arrays = has_arrays;
    mps->has_nograph =
        has_arrays && responds(objc, kernel, MP_SELECTOR_array_product_encode);
    mps->has_views = has_arrays && responds(objc, array, MP_SELECTOR_view_with_shape) &&
                     responds(objc, array, MP_SELECTOR_view_with_descriptor) &&
                     objc->class_named("MPSNDArrayIdentity");
    mp_send_release(objc, array);
    objc->pool_pop(pool);
}

enum mp_status mp_mps_open(struct mp_mps_device *mps,
                           const struct mp_option_values *values, struct mp_error *err) {
    static const char *const classes[] = {
        "MPSCommandBuffer", "MPSMatrixDescriptor",  "MPSMatrix",
        "MPSNDArray",       "MPSNDArrayDescriptor", "MPSNDArrayMatrixMultiplication",
        "MPSGraph",         "MPSGraphTensorData",   "MPSMatrixMultiplication",
        "NSArray",          "NSDictionary",         "NSNumber",
        "MPSGraphDevice",   "MPSGraphShapedType"};
    for (size_t i = 0; i < MP_COUNT(classes); i++)
        if (!mps->metal.objc.class_named(classes[i])) {
            mp_metal_close(&mps->metal.base);
            return mp_error_set(err, MP_UNSUPPORTED,
                                "Metal Performance Shaders have no class %s here",
                                classes[i]);
        }
    mps->sharing = (enum mp_mps_sharing)mp_option_get(values, "cache")->integer;
    mps->compiles = mp_option_get(values, "graphs")->integer != 0;
    mps->metal.make_buffer = make_buffer;
    mp_mps_cache_init(&mps->shared);
    ask(mps);
    return MP_OK;
}

void mp_mps_close(struct mp_device *device) {
    struct mp_mps_device *mps = (struct mp_mps_device *)device;
    const struct mp_objc *objc = &mps->metal.objc;
    void *pool = objc->pool_push();
    mp_mps_cache_release(objc, &mps->shared);
    objc->pool_pop(pool);
    mp_metal_close(device);
}

static mp_mps_encode_kind *call_for(enum mp_meaning_kind kind, bool by_graph) {
    switch (kind) {
    case MP_MEANING_PRODUCT:
        return by_graph ? mp_mps_encode_graph : mp_mps_encode_product;
    case MP_MEANING_LINEAR:
        return by_graph ? mp_mps_encode_graph : mp_mps_encode_nograph;
    case MP_MEANING_LAYER_NORM:
    case MP_MEANING_SOFTMAX:
    case MP_MEANING_ADD:
        return mp_mps_encode_graph;
    case MP_MEANING_COPY:
        return mp_mps_encode_copy;
    case MP_MEANING_OWN:
        break;
    }
    return NULL;
}

enum mp_status mp_mps_op_check(struct mp_device *device, const struct mp_op *op,
                               struct mp_error *err) {
    const struct mp_mps_device *mps = (struct mp_mps_device *)device;
    const struct mp_meaning meaning = mp_kernel_meaning(op->kernel, op->constants);
    mp_mps_encode_kind *call = call_for(meaning.kind, op->by_graph);
    if (call == mp_mps_encode_nograph && !mps->has_nograph)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "linear layers without a graph need "
                            "-[MPSNDArrayMatrixMultiplication encodeToCommandEncoder:"
                            "commandBuffer:sourceArrays:destinationArray:], which this "
                            "system lacks (macOS 15 has it); take linear_graph");
    if (call == mp_mps_encode_copy && !mps->has_views)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "strided copies need views of MPSNDArray and "
                            "MPSNDArrayIdentity, which this system lacks (macOS 15 has "
                            "them)");
    if (call == mp_mps_encode_graph && !mps->has_arrays)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "graphs on parts of buffers need -[MPSNDArray "
                            "initWithBuffer:offset:descriptor:], which this system "
                            "lacks (macOS 15 has it)");
    return MP_OK;
}

/* MPS has its kernels, and graphs are made with the first op of a kind. A kernel without
 * a meaning has no call there: it is compiled, as PyTorch compiles its own. */
enum mp_status mp_mps_kernel_load(struct mp_device *device,
                                  const struct mp_kernel *kernel, const uint32_t group[3],
                                  struct mp_error *err) {
    return kernel->meaning ? MP_OK : mp_metal_kernel_load(device, kernel, group, err);
}

enum mp_status mp_mps_stream_create(struct mp_device *device, unsigned index,
                                    struct mp_device_stream **ret_stream,
                                    struct mp_error *err) {
    enum mp_status status = mp_metal_stream_create(device, index, ret_stream, err);
    if (status != MP_OK)
        return status;
    struct mp_mps_stream *own = mp_memory_zeroed(1, sizeof(*own));
    mp_mps_cache_init(&own->own);
    mp_metal_stream_set_extra(*ret_stream, own);
    return MP_OK;
}

void mp_mps_stream_destroy(struct mp_device *device, struct mp_device_stream *stream) {
    const struct mp_objc *objc = &((struct mp_mps_device *)device)->metal.objc;
    struct mp_mps_stream *own = mp_metal_stream_extra(stream);
    mp_metal_stream_destroy(device, stream);
    void *pool = objc->pool_push();
    mp_mps_cache_release(objc, &own->own);
    objc->pool_pop(pool);
    free(own);
}

enum mp_status mp_mps_encode(struct mp_device_stream *stream, const struct mp_op *op,
                             struct mp_error *err) {
    struct mp_mps_device *mps = mp_mps_device_of(stream);
    struct mp_mps_stream *own = mp_metal_stream_extra(stream);
    const struct mp_meaning meaning = mp_kernel_meaning(op->kernel, op->constants);
    mp_mps_encode_kind *call = call_for(meaning.kind, op->by_graph);
    if (!call)
        return mp_metal_encode(stream, op, err);
    enum mp_status status = mp_mps_op_check(&mps->metal.base, op, err);
    if (status != MP_OK)
        return status;
    void *pool = mps->metal.objc.pool_push();
    status = call(stream, op, &meaning, err);
    mps->metal.objc.pool_pop(pool);
    if (status == MP_OK)
        atomic_fetch_add(&own->encoded, 1);
    return status;
}

enum mp_status mp_mps_commit(struct mp_device_stream *stream, struct mp_error *err) {
    struct mp_mps_stream *own = mp_metal_stream_extra(stream);
    uint64_t encoded = atomic_load(&own->encoded);
    enum mp_status status = mp_metal_commit(stream, err);
    if (status == MP_OK)
        atomic_store(&own->committed, encoded);
    return status;
}

enum mp_status mp_mps_wait(struct mp_device_stream *stream, uint64_t deadline_ns,
                           struct mp_error *err) {
    struct mp_mps_stream *own = mp_metal_stream_extra(stream);
    uint64_t committed = atomic_load(&own->committed);
    enum mp_status status = mp_metal_wait(stream, deadline_ns, err);
    if (status == MP_OK)
        atomic_store(&own->executed, committed);
    return status;
}

/* Kernels of MPS have no counter of ours: of these ops, those of command buffers that
 * completed. That one of them did nothing shows in its output alone. */
uint64_t mp_mps_ops_executed(struct mp_device_stream *stream) {
    struct mp_mps_stream *own = mp_metal_stream_extra(stream);
    return atomic_load(&own->executed) + mp_metal_ops_executed(stream);
}

uint64_t mp_mps_driver_count(struct mp_device *device, const char *name) {
    struct mp_mps_device *mps = (struct mp_mps_device *)device;
    uint64_t count = mp_metal_driver_count(device, name);
    return strcmp(name, "held") == 0 ? count + mp_mps_cache_objects(&mps->shared) : count;
}
