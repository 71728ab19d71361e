/* Shared by the files of the Metal client: what a provider hands over, the device and its
 * streams. Only for the files of this folder.
 *
 * A client's duty, from Apple's pages: one thread at a time uses a command buffer; one
 * encoder at a time is open on it; it is committed once, with no encoder open. This
 * client keeps to that for opening, ending and committing (two small locks per stream).
 * It does not for the calls that encode an op: as in PyTorch, nothing stands between them
 * and a commit by another thread. That window is what the harness is for.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_METAL_CLIENT_H
#define MP_ROUND_METAL_CLIENT_H

#include <stdatomic.h>

#include "harness/round/device.h"
#include "harness/round/metal/form.h"
#include "harness/round/metal/heaps.h"
#include "harness/round/metal/watch.h"
#include "harness/round/objc/method_cache.h"
#include "harness/round/objc/runtime.h"

/* Index of the op counter, as the kernels have it (scenarios/kernels/reference.h). */
#define MP_METAL_COUNTER_INDEX 30
#define MP_METAL_KERNELS_MAX   32

/* A loaded provider. */
struct mp_metal_link {
    void *pool_library;             /* has the pool functions; NULL: the runtime */
    mp_objc_function create_device; /* id MTLCreateSystemDefaultDevice(void), +1 */
    mp_objc_function copy_devices;  /* id MTLCopyAllDevices(void), +1: an NSArray */
    char gpu[MP_OPTION_TEXT_MAX];   /* which one: a name, an index, "" the default */
    unsigned long long (*count)(const char *name); /* driver-side counters, or NULL */
    int (*mirror)(const char *name, _Atomic uint64_t *word); /* of them, or NULL */
    mp_objc_own_method *own_method; /* the driver's own code, or NULL */
    const void *driver_address;     /* inside the driver, or NULL: the device class */
    char facts[256];                /* as mp_driver.facts */
};

struct mp_metal_pipeline {
    const struct mp_kernel *kernel;
    id pipeline;
    unsigned long threads_max; /* in a threadgroup, as the compiled pipeline says */
};

struct mp_metal_device {
    struct mp_device base;
    struct mp_objc objc;
    struct mp_metal_link link;
    id device;
    /* A command buffer of the queue, +0; NULL: one as the queue makes them. For devices
     * that stand on this client. */
    id (*make_buffer)(const struct mp_metal_device *metal, id queue);
    struct mp_metal_form form; /* set before mp_metal_open */
    struct mp_metal_heaps heaps;
    atomic_size_t allocated; /* bytes in buffers by now */
    struct mp_metal_pipeline pipeline[MP_METAL_KERNELS_MAX];
    size_t pipeline_count;
};

struct mp_device_buffer {
    const struct mp_metal_device *device;
    id buffer;
    void *contents;
    size_t size;
};

/* Makes the device of a loaded provider; `link` is copied. MP_UNSUPPORTED: the provider
 * has no device here. */
enum mp_status mp_metal_open(struct mp_metal_device *metal,
                             const struct mp_metal_link *link, struct mp_error *err);

/* The pipeline of `kernel`, or NULL if it was never loaded. */
const struct mp_metal_pipeline *
mp_metal_pipeline_find(const struct mp_metal_device *metal,
                       const struct mp_kernel *kernel);

/* Writes "domain code: description" of an NSError (may be nil). Within a pool of the
 * caller. */
void mp_metal_error_format(const struct mp_objc *objc, id error, char *buf, size_t size);
/* Writes the parts of an NSError (may be nil) into the page (mp_round_page_note_error).
 * Within a pool of the caller. */
void mp_metal_error_note(struct mp_metal_device *metal, id error);

/* The settings of "metal", the same on systems that have none. */
extern const struct mp_option mp_metal_settings[];
/* Copies their values into `link`; NULL: none are set. */
void mp_metal_link_set(struct mp_metal_link *link, const struct mp_option_values *values);

/* Apple's device, with the values of `settings`. On macOS only. */
enum mp_status mp_metal_apple_open(struct mp_device *device,
                                   const struct mp_option_values *values,
                                   struct mp_error *err);

/* The defects of the model, their meanings and what each rests on, with a separator
 * before each: for rows of model_settings.def. */
extern const char mp_metal_defect_names[], mp_metal_defect_meanings[],
    mp_metal_defect_bases[];

/* Looks for the model's library, and makes the device of the model with these settings.
 * Rows that are not the model's (model_settings.def) are left out. */
enum mp_status mp_metal_model_probe(struct mp_error *err);
enum mp_status mp_metal_model_open(struct mp_device *device,
                                   const struct mp_option_values *values,
                                   struct mp_error *err);

/* Finds the GPU that `wanted` names in `devices` (an NSArray): its index, its whole name,
 * or a part of one name alone. NULL with an error that lists those that are there.
 * Borrowed from the array. Writes the others to `ret_others`: "1 AMD Radeon, 2 ...".
 * Within a pool of the caller. */
id mp_metal_choose(const struct mp_objc *objc, id devices, const char *wanted,
                   char *ret_others, size_t size, struct mp_error *err);

/* Writes all devices of the array but `chosen`, as above. */
void mp_metal_list_others(const struct mp_objc *objc, id devices, id chosen, char *buf,
                          size_t size);

/* Slots of the device table, as device.h has them. */
void mp_metal_close(struct mp_device *device);
void mp_metal_info(struct mp_device *device, struct mp_driver *ret_driver);
void mp_metal_thread_enter(struct mp_device *device);
void mp_metal_thread_leave(struct mp_device *device);
enum mp_status mp_metal_kernel_churn(struct mp_device *device,
                                     const struct mp_kernel *kernel,
                                     const uint32_t group[3], struct mp_error *err);
enum mp_status mp_metal_kernel_load(struct mp_device *device,
                                    const struct mp_kernel *kernel,
                                    const uint32_t group[3], struct mp_error *err);
enum mp_status mp_metal_buffer_create(struct mp_device *device, size_t size,
                                      struct mp_device_buffer **ret_buffer,
                                      struct mp_error *err);
void mp_metal_buffer_destroy(struct mp_device *device, struct mp_device_buffer *buffer);
void *mp_metal_buffer_contents(struct mp_device_buffer *buffer);
uint64_t mp_metal_driver_count(struct mp_device *device, const char *name);
bool mp_metal_driver_mirror(struct mp_device *device, const char *name,
                            _Atomic uint64_t *word);
void mp_metal_each_method(struct mp_device *device,
                          void (*visit)(void *data, const char *name, const void *code),
                          void *data);
enum mp_status mp_metal_stream_create(struct mp_device *device, unsigned index,
                                      struct mp_device_stream **ret_stream,
                                      struct mp_error *err);
void mp_metal_stream_destroy(struct mp_device *device, struct mp_device_stream *stream);
enum mp_status mp_metal_encode(struct mp_device_stream *stream, const struct mp_op *op,
                               struct mp_error *err);
enum mp_status mp_metal_end(struct mp_device_stream *stream, struct mp_error *err);
enum mp_status mp_metal_commit(struct mp_device_stream *stream, struct mp_error *err);
enum mp_status mp_metal_wait(struct mp_device_stream *stream, uint64_t deadline_ns,
                             struct mp_error *err);
enum mp_stream_state mp_metal_state(struct mp_device_stream *stream);
uint64_t mp_metal_ops_executed(struct mp_device_stream *stream);

/* Ends the open encoder, which updates `fence` before if that is not nil, and returns the
 * buffer that the stream fills, +1, or nil. Within a pool of the caller. */
id mp_metal_stream_leave(struct mp_device_stream *stream, id fence);
/* The fence that orders the stream's encoders from now on, made by the first call; nil if
 * the driver gives none. */
id mp_metal_stream_fence(struct mp_device_stream *stream);
enum mp_status mp_metal_blit(struct mp_device_stream *stream, const struct mp_blit *blit,
                             struct mp_error *err);
extern const struct mp_event_ops mp_metal_events;
/* Adds a completed handler to the buffer that the stream fills, with its encoder as it
 * is. False: the driver gives no buffer. Within a pool of the caller. */
bool mp_metal_stream_add_handler(struct mp_device_stream *stream,
                                 struct mp_objc_block *block);
enum mp_status mp_metal_profile(struct mp_device_stream *stream, mp_profile_told *told,
                                void *data, struct mp_error *err);

/* For a stream that keeps its encoder otherwise (stream_bare.c). */
struct mp_metal_device *mp_metal_stream_device(struct mp_device_stream *stream);
unsigned mp_metal_stream_index(const struct mp_device_stream *stream);
id mp_metal_stream_queue(struct mp_device_stream *stream);
/* Finds the pipeline of an op, and says whether its groups fit. */
enum mp_status mp_metal_check_op(const struct mp_device_stream *stream,
                                 const struct mp_op *op,
                                 const struct mp_metal_pipeline **ret_pipeline,
                                 struct mp_error *err);
/* The calls of one op on an open encoder. */
void mp_metal_encode_op(const struct mp_device_stream *stream, id encoder, id pipeline,
                        const struct mp_op *op);
/* MP_DEVICE with the reason if the ended command buffer failed. Within a pool of the
 * caller. */
enum mp_status mp_metal_stream_verdict(struct mp_device_stream *stream, id buffer,
                                       struct mp_error *err);
extern const struct mp_bare_ops mp_metal_bare;

/* For devices that stand on this client and encode otherwise (harness/round/mps). */
/* What such a device keeps with a stream; its own, freed by it. */
void *mp_metal_stream_extra(struct mp_device_stream *stream);
void mp_metal_stream_set_extra(struct mp_device_stream *stream, void *extra);

enum mp_metal_wanted {
    MP_METAL_ENCODER,       /* the open one, or a new one */
    MP_METAL_FRESH_ENCODER, /* a new one */
    MP_METAL_NO_ENCODER     /* none is open: what is encoded opens its own */
};

/* The command buffer that the stream fills, and its open encoder, each retained. */
struct mp_metal_place {
    id buffer, encoder;
};

/* Opens what is wanted; to be given back. No lock is held meanwhile: see above. Within a
 * pool of the caller. */
enum mp_status mp_metal_place_take(struct mp_device_stream *stream,
                                   enum mp_metal_wanted wanted,
                                   struct mp_metal_place *ret_place,
                                   struct mp_error *err);
void mp_metal_place_give(struct mp_device_stream *stream, struct mp_metal_place *place);

/* Which stack frames belong to Metal: prefixes of its modules, then of its classes
 * (the driver's, the API's, the framework's below). */
#define MP_METAL_FRAMES                                                                  \
    "AGXMetal AppleParavirt Metal IOGPU IOAccelerator -[AGX -[AppleParavirt -[MTL "      \
    "-[_MTL -[IOGPU"

/* Apple's tools that watch Metal, and those that watch any process. */
#define MP_METAL_FINDERS "metal_validation shader_validation malloc_scribble zombies"

extern const struct mp_misuse_ops mp_metal_misuse;

/* Initialises all slots that do not depend on the provider. */
#define MP_METAL_SLOTS                                                                   \
    .is_default = true, .stays_open = true, .capabilities = MP_CAP_OFF_QUEUE_SYNC,       \
    .device_size = sizeof(struct mp_metal_device), .close = mp_metal_close,              \
    .info = mp_metal_info, .thread_enter = mp_metal_thread_enter,                        \
    .thread_leave = mp_metal_thread_leave, .kernel_load = mp_metal_kernel_load,          \
    .kernel_churn = mp_metal_kernel_churn, .buffer_create = mp_metal_buffer_create,      \
    .buffer_destroy = mp_metal_buffer_destroy,                                           \
    .buffer_contents = mp_metal_buffer_contents,                                         \
    .stream_create = mp_metal_stream_create, .stream_destroy = mp_metal_stream_destroy,  \
    .encode = mp_metal_encode, .end = mp_metal_end, .commit = mp_metal_commit,           \
    .wait = mp_metal_wait, .state = mp_metal_state, .blit = mp_metal_blit,               \
    .profile = mp_metal_profile, .event = &mp_metal_events,                              \
    .ops_executed = mp_metal_ops_executed, .driver_count = mp_metal_driver_count,        \
    .driver_mirror = mp_metal_driver_mirror, .each_method = mp_metal_each_method,        \
    .bare = &mp_metal_bare, .misuse = &mp_metal_misuse

#endif
