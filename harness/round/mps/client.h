/* Shared by the files of the client of MetalPerformanceShaders and its graphs. It stands
 * on the Metal client: device, streams, buffers and command buffers are that client's,
 * and only what an op encodes differs. Only for the files of this folder.
 *
 * Which calls an op makes is what PyTorch made of it: a linear layer without a graph is
 * an MPSNDArrayMatrixMultiplication on the open encoder (2.9.1), with a graph, and all
 * that goes by graphs, one encodeToCommandBuffer: of an MPSGraph after the open encoder
 * was ended. An op that MPS has no call for is a kernel of our own on the open encoder,
 * as PyTorch's are (its MetalShaderLibrary), between those of MPS.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_MPS_CLIENT_H
#define MP_ROUND_MPS_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#include "harness/round/metal/client.h"

#define MP_MPS_FLOAT32 0x10000020u /* MPSDataTypeFloat32 */

/* Who may meet at one kernel or graph object. Apple: one MPSKernel on one thread at a
 * time (header of MPSKernel); of graphs it says nothing. */
enum mp_mps_sharing {
    MP_MPS_STREAM, /* each stream has its own */
    MP_MPS_SHARED, /* all streams have the same */
    MP_MPS_NONE    /* made for each op */
};

/* What is kept for one kind of op: the kernel or graph that computes it. */
struct mp_mps_plan {
    struct mp_meaning meaning;
    bool by_graph;
    id object;                    /* +1: an MPSKernel or MPSGraph */
    id tensor[MP_OP_BUFFERS_MAX]; /* of a graph, by buffer of the op; the graph's */
    unsigned inputs, outputs;     /* the first buffers are read, the next are written */
    id executable; /* +1: of a graph that was compiled first, else nil; it wants */
    unsigned feed[MP_OP_BUFFERS_MAX];   /* the buffers in this order, */
    unsigned target[MP_OP_BUFFERS_MAX]; /* and these */
    unsigned objects; /* of the driver, which live as long as the plan */
    struct mp_mps_plan *next;
};

/* The plans that one stream, or all, have made. */
struct mp_mps_cache {
    pthread_mutex_t lock;
    struct mp_mps_plan *first;
};

struct mp_mps_device {
    struct mp_metal_device metal;
    enum mp_mps_sharing sharing;
    bool compiles; /* graphs are compiled before they are encoded */
    struct mp_mps_cache shared;
    /* Whether linear layers without a graph can be encoded: encodeToCommandEncoder: is
     * public from macOS 15 on. */
    bool has_arrays; /* arrays over parts of buffers, from macOS 15 on too */
    bool has_nograph;
    bool has_views; /* the same of views by strides, and of MPSNDArrayIdentity */
};

/* What this client keeps with a stream of the Metal client. */
struct mp_mps_stream {
    struct mp_mps_cache own;
    /* Ops that were encoded; in the buffers committed so far; in those seen to end. */
    _Atomic uint64_t encoded, committed, executed;
};

static inline struct mp_mps_device *mp_mps_device_of(struct mp_device_stream *stream) {
    return (struct mp_mps_device *)mp_metal_stream_device(stream);
}

/* After the Metal client opened its part: reads `cache`, and asks which of the newer
 * calls are there. MP_UNSUPPORTED names a class that is missing. */
enum mp_status mp_mps_open(struct mp_mps_device *mps,
                           const struct mp_option_values *values, struct mp_error *err);

/* cache.c */
void mp_mps_cache_init(struct mp_mps_cache *cache);
void mp_mps_cache_release(const struct mp_objc *objc, struct mp_mps_cache *cache);
/* How many objects of the driver its plans keep. */
uint64_t mp_mps_cache_objects(struct mp_mps_cache *cache);
/* Makes what this op needs. Within a pool of the caller. */
typedef enum mp_status mp_mps_make(struct mp_mps_device *mps, struct mp_mps_plan *plan,
                                   struct mp_error *err);
/* The plan for an op, made by `make` where there is none. To be given back. */
enum mp_status mp_mps_plan_take(struct mp_device_stream *stream,
                                const struct mp_meaning *meaning, bool by_graph,
                                mp_mps_make *make, struct mp_mps_plan **ret_plan,
                                struct mp_error *err);
void mp_mps_plan_give(struct mp_device_stream *stream, struct mp_mps_plan *plan);

/* array.c: all within a pool of the caller, and in it. */
id mp_mps_alloc(const struct mp_objc *objc, const char *class);
/* Hands over the caller's reference, `object`, to the pool. nil is fine. */
id mp_mps_pooled(const struct mp_objc *objc, id object);
/* An NSArray of numbers: a shape, strides or axes. */
id mp_mps_numbers(const struct mp_objc *objc, const unsigned long *value,
                  unsigned long count);
id mp_mps_list(const struct mp_objc *objc, const id *item, unsigned long count);
id mp_mps_class(const struct mp_objc *objc, const char *name);
/* A descriptor of a dense matrix. */
id mp_mps_descriptor(const struct mp_objc *objc, unsigned long rows,
                     unsigned long columns);
/* Buffer number `i` of the op as an array, from its offset on. */
id mp_mps_array(const struct mp_objc *objc, const struct mp_op *op, unsigned i,
                id descriptor);

/* What an op of one kind encodes on the stream. Within a pool of the caller. */
typedef enum mp_status mp_mps_encode_kind(struct mp_device_stream *stream,
                                          const struct mp_op *op,
                                          const struct mp_meaning *meaning,
                                          struct mp_error *err);
mp_mps_encode_kind mp_mps_encode_product; /* matrix.c */
mp_mps_encode_kind mp_mps_encode_nograph; /* nograph.c */
mp_mps_encode_kind mp_mps_encode_copy;    /* copy.c */
mp_mps_encode_kind mp_mps_encode_graph;   /* graph.c */

/* Slots of the device table that are not the Metal client's. */
void mp_mps_close(struct mp_device *device);
enum mp_status mp_mps_op_check(struct mp_device *device, const struct mp_op *op,
                               struct mp_error *err);
enum mp_status mp_mps_kernel_load(struct mp_device *device,
                                  const struct mp_kernel *kernel, const uint32_t group[3],
                                  struct mp_error *err);
enum mp_status mp_mps_stream_create(struct mp_device *device, unsigned index,
                                    struct mp_device_stream **ret_stream,
                                    struct mp_error *err);
void mp_mps_stream_destroy(struct mp_device *device, struct mp_device_stream *stream);
enum mp_status mp_mps_encode(struct mp_device_stream *stream, const struct mp_op *op,
                             struct mp_error *err);
enum mp_status mp_mps_commit(struct mp_device_stream *stream, struct mp_error *err);
enum mp_status mp_mps_wait(struct mp_device_stream *stream, uint64_t deadline_ns,
                           struct mp_error *err);
uint64_t mp_mps_ops_executed(struct mp_device_stream *stream);
uint64_t mp_mps_driver_count(struct mp_device *device, const char *name);

/* Beside Metal's: the frameworks, their classes and functions. */
#define MP_MPS_FRAMES "MetalPerformanceShaders MPS -[MPS " MP_METAL_FRAMES

#define MP_MPS_SLOTS                                                                     \
    .stays_open = true, .capabilities = MP_CAP_OFF_QUEUE_SYNC | MP_CAP_GRAPHS,           \
    .device_size = sizeof(struct mp_mps_device), .close = mp_mps_close,                  \
    .info = mp_metal_info, .thread_enter = mp_metal_thread_enter,                        \
    .thread_leave = mp_metal_thread_leave, .kernel_load = mp_mps_kernel_load,            \
    .kernel_churn = mp_metal_kernel_churn, .blit = mp_metal_blit,                        \
    .event = &mp_metal_events, .profile = mp_metal_profile, .op_check = mp_mps_op_check, \
    .buffer_create = mp_metal_buffer_create, .buffer_destroy = mp_metal_buffer_destroy,  \
    .buffer_contents = mp_metal_buffer_contents, .stream_create = mp_mps_stream_create,  \
    .stream_destroy = mp_mps_stream_destroy, .encode = mp_mps_encode,                    \
    .end = mp_metal_end, .commit = mp_mps_commit, .wait = mp_mps_wait,                   \
    .state = mp_metal_state, .ops_executed = mp_mps_ops_executed,                        \
    .driver_count = mp_mps_driver_count, .driver_mirror = mp_metal_driver_mirror,        \
    .each_method = mp_metal_each_method

#endif
