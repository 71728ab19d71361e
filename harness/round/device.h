/* The device table: what every backend offers, and the checked layer through which
 * everything above calls it. A backend starts no threads of its own, never retries, and
 * never locks on behalf of an arm. What is common to all devices (stream pool, arms,
 * gate, numeric checks) stands above.
 *
 * A stream is one command queue with at most one current command buffer and one open
 * encoder. The encoder stays open over ops until end or commit, as PyTorch's MPSStream
 * keeps it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_DEVICE_H
#define MP_ROUND_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/option.h"
#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "harness/round/bare.h"
#include "harness/round/blit.h"
#include "harness/round/event.h"
#include "harness/round/meaning.h"
#include "harness/round/recorder.h"
#include "harness/wire/driver.h"

struct mp_device;        /* one opened device; a backend's struct starts with it */
struct mp_device_buffer; /* backend's own */
struct mp_device_stream; /* backend's own */

#define MP_OP_BUFFERS_MAX   8
#define MP_OP_CONSTANTS_MAX 256

/* How the same op of several requests becomes one op: constants of the whole, which axis
 * of the grid grows with the requests, what each request has in a buffer (0: all have the
 * same, as weights are), and how many buffers come first that are only read. */
struct mp_kernel_join {
    unsigned char constants[MP_OP_CONSTANTS_MAX];
    unsigned axis;
    size_t bytes[MP_OP_BUFFERS_MAX];
    unsigned inputs;
};

/* One kernel in every language that a device may want. Const tables in
 * scenarios/kernels. */
struct mp_kernel {
    const char *name; /* entry point in MSL */
    unsigned buffer_count;
    size_t constants_len;
    const char *msl;       /* whole source text with this kernel in it */
    const uint32_t *spirv; /* the same for Vulkan, entry point "main", or NULL */
    size_t spirv_len;      /* bytes */
    void (*run)(void *const *buffer, const void *constants); /* CPU, whole grid */
    /* What it computes with these constants; NULL: it has no meaning but its own. */
    void (*meaning)(const void *constants, struct mp_meaning *ret_meaning);
    /* `times` such ops as one. False, or NULL: they cannot be one. */
    bool (*join)(const void *constants, uint32_t times, struct mp_kernel_join *ret_join);
};

/* Of any kernel. */
static inline struct mp_meaning mp_kernel_meaning(const struct mp_kernel *kernel,
                                                  const void *constants) {
    struct mp_meaning meaning = {.kind = MP_MEANING_OWN};
    if (kernel->meaning)
        kernel->meaning(constants, &meaning);
    return meaning;
}

/* A point in an op's sequence of driver calls. */
enum mp_op_point {
    MP_POINT_TAKEN,    /* the encoder is obtained, nothing was called on it */
    MP_POINT_PIPELINE, /* the pipeline is set */
    MP_POINT_BOUND,    /* buffers and constants are bound, nothing is dispatched */
    MP_OP_POINTS
};

/* One dispatch. Buffers and constants are borrowed for the call. */
struct mp_op {
    const struct mp_kernel *kernel;
    struct mp_device_buffer *buffer[MP_OP_BUFFERS_MAX];
    size_t offset[MP_OP_BUFFERS_MAX]; /* bytes */
    const void *constants; /* kernel->constants_len bytes, copied at the call */
    uint32_t grid[3];      /* in threads; in groups if by_group */
    uint32_t group[3];     /* threads in a group */
    bool by_group;         /* dispatchThreadgroups instead of dispatchThreads */
    bool fresh_encoder;    /* end the open encoder first, as MPS linear does */
    /* By a graph, which makes and ends encoders of its own (MPSGraph). Devices without
     * graphs end the encoder that is open, and their own after the op. */
    bool by_graph;
    /* Called by the backend at each point, with no lock held; may be NULL. The gate holds
     * its victims here. */
    void (*at_point)(void *data, enum mp_op_point point);
    void *point_data;
};

/* For backends: `op` has reached `point`. */
static inline void mp_op_reach(const struct mp_op *op, enum mp_op_point point) {
    if (op->at_point)
        op->at_point(op->point_data, point);
}

enum mp_stream_state { MP_STREAM_IDLE, MP_STREAM_BUSY, MP_STREAM_FAILED };

/* Actions that only some drivers have; asked for by capability. */
enum mp_device_capability {
    MP_CAP_OFF_QUEUE_SYNC =
        1u << 0,             /* commit may be called by a thread that is not encoding */
    MP_CAP_FAULTS = 1u << 1, /* the null device's planted faults */
    MP_CAP_GRAPHS = 1u << 2  /* an op by graph is another call than one without */
};

/* A rule of a driver's API that a client can break. */
struct mp_misuse_kind {
    const char *name;
    const char *summary; /* what is done against it */
    bool executes; /* the device executes what is torn or freed, or is shared unlocked */
};

/* In nanoseconds of the device's clock. */
typedef void mp_profile_told(void *data, uint64_t start_ns, uint64_t end_ns);

struct mp_misuse; /* backend's own: what the threads of one round share */

/* Breaks one rule, or does the same work within it. */
struct mp_misuse_ops {
    const struct mp_misuse_kind *kinds; /* ended by a row without a name */
    /* For steps of `threads` threads with ops of this kernel and group. The caller owns
     * *ret_misuse. */
    enum mp_status (*create)(struct mp_device *device, const struct mp_misuse_kind *kind,
                             bool is_lawful, unsigned threads, const struct mp_op *op,
                             struct mp_misuse **ret_misuse, struct mp_error *err);
    /* One step of thread 1.., each in turn. If it was `op` that ran, *ret_has_output is
     * true. An error ends the steps of all threads. */
    enum mp_status (*step)(struct mp_misuse *misuse, unsigned thread,
                           const struct mp_op *op, bool *ret_has_output,
                           struct mp_error *err);
    /* Steps that the device executed, or that asked nothing of it. */
    uint64_t (*executed)(struct mp_misuse *misuse);
    void (*destroy)(struct mp_misuse *misuse);
};

/* A backend. "May block", "may crash": as the driver does. Every slot but those marked
 * optional is mandatory; mp_device_open fills optional ones with defaults, so device->ops
 * has them all. */
struct mp_device_ops {
    const char *name;    /* "null", "metal@model" */
    const char *summary; /* one line */
    /* full description of its settings, one paragraph; NULL: nothing to add */
    const char *how;
    const struct mp_option *settings;
    bool is_default;     /* the default device is the first such that opens */
    const char *planted; /* settings that plant a race, for controls; NULL: none do */
    /* Patterns of mp_catalog_settings_match; NULL: none. */
    const char *harmless; /* settings with which no round fails but by its client's fault:
                             no control for them */
    const char *hidden;   /* settings whose harm only the outputs of ops show */
    const char *usual;  /* parameters that suit it better than the defaults of a scenario,
                             "mm:iters=200,n=8 noop:iters=9"; NULL: none */
    bool blames_client; /* a synchronize beside a queue on which others encode is always
                             the client's fault there, never the driver's */
    /* An open one may serve round after round of a process (--reuse): its streams and
     * buffers go with each, and only the kernels that were loaded stay. */
    bool stays_open;
    bool can_unload;    /* its driver's library, when the last device is closed */
    const char *frames; /* name prefixes of its modules and functions */
    const struct mp_misuse_ops *misuse; /* NULL: it has no rules that can be broken so */
    const struct mp_bare_ops *bare;     /* NULL: it has no streams in PyTorch's style */
    const struct mp_event_ops *event;   /* NULL: it has no events */
    unsigned capabilities;
    /* of the backend's struct; allocated and zeroed by mp_device_open */
    size_t device_size;

    /* Arms of finder.def that find something there, separated by spaces; NULL: none.
     * Under another one a round is skipped. */
    const char *finders;

    /* Whether it could open here, cheaply; on failure `err` says why not. May load
     * libraries. */
    enum mp_status (*probe)(struct mp_error *err);
    /* Opens with the values of `settings`. MP_UNSUPPORTED: absent here (the round is
     * skip); other failures: the round is broken. */
    enum mp_status (*open)(struct mp_device *device,
                           const struct mp_option_values *settings, struct mp_error *err);
    void (*close)(struct mp_device *device);
    /* Fills in all of the zeroed *ret_driver but its name, which is the backend's. */
    void (*info)(struct mp_device *device, struct mp_driver *ret_driver);

    /* Optional. Called on each thread before its first and after its last call. */
    void (*thread_enter)(struct mp_device *device);
    void (*thread_leave)(struct mp_device *device);

    /* Makes `kernel` usable by encode in groups of this many threads. Called before the
     * threads start. Idempotent. */
    enum mp_status (*kernel_load)(struct mp_device *device,
                                  const struct mp_kernel *kernel, const uint32_t group[3],
                                  struct mp_error *err);

    /* Optional. MP_UNSUPPORTED, with the reason, if it cannot do such an op although its
     * kernel is loaded. Buffers are not looked at. */
    enum mp_status (*op_check)(struct mp_device *device, const struct mp_op *op,
                               struct mp_error *err);

    /* Optional. Makes `kernel` once more, and releases that at once. Any thread. */
    enum mp_status (*kernel_churn)(struct mp_device *device,
                                   const struct mp_kernel *kernel,
                                   const uint32_t group[3], struct mp_error *err);

    /* Memory shared by host and device. Contents stay mapped until destroy. */
    enum mp_status (*buffer_create)(struct mp_device *device, size_t size,
                                    struct mp_device_buffer **ret_buffer,
                                    struct mp_error *err);
    void (*buffer_destroy)(struct mp_device *device, struct mp_device_buffer *buffer);
    void *(*buffer_contents)(struct mp_device_buffer *buffer);

    enum mp_status (*stream_create)(struct mp_device *device, unsigned index,
                                    struct mp_device_stream **ret_stream,
                                    struct mp_error *err);
    void (*stream_destroy)(struct mp_device *device, struct mp_device_stream *stream);
    /* Adds one op to the open encoder; opens buffer and encoder if needed. */
    enum mp_status (*encode)(struct mp_device_stream *stream, const struct mp_op *op,
                             struct mp_error *err);
    /* Optional. Ends the open encoder and adds a copy or a fill. */
    enum mp_status (*blit)(struct mp_device_stream *stream, const struct mp_blit *blit,
                           struct mp_error *err);
    /* Optional. Adds a handler to the command buffer that the stream fills, whether or
     * not an encoder is open, as PyTorch's profiler does: it is told once, on a thread of
     * the driver's, when the device began and ended with that buffer. */
    enum mp_status (*profile)(struct mp_device_stream *stream, mp_profile_told *told,
                              void *data, struct mp_error *err);
    /* Ends the open encoder, if any; nothing is submitted. */
    enum mp_status (*end)(struct mp_device_stream *stream, struct mp_error *err);
    /* Ends the encoder and submits the command buffer, if any. */
    enum mp_status (*commit)(struct mp_device_stream *stream, struct mp_error *err);
    /* Waits until everything submitted so far is complete. MP_DEVICE: a command buffer
     * ended with an error, named in `err`. MP_TIMEOUT: the deadline passed. If the
     * driver's own wait has none (Metal), the supervisor's kill is the deadline. */
    enum mp_status (*wait)(struct mp_device_stream *stream, uint64_t deadline_ns,
                           struct mp_error *err);
    enum mp_stream_state (*state)(struct mp_device_stream *stream);
    /* Ops that the device itself executed on this stream (the kernels' own counter). */
    uint64_t (*ops_executed)(struct mp_device_stream *stream);
    /* Optional. Whether this open device is protected from command buffers that misuse
     * may have torn: it is not a software driver, and nobody named it. */
    bool (*refuses_misuse)(const struct mp_device *device);
    /* Optional. Writes which rules of its API a layer between client and driver saw
     * broken since the last call, and how often: "VUID-... x3, ..."; false: none. */
    bool (*objections)(struct mp_device *device, char *buf, size_t size);
    /* Optional. Writes a list (method_list.h) of the driver's functions that this open
     * device calls by name and whose code is in the image at `path`. MP_NOT_FOUND: there
     * is none. */
    enum mp_status (*list_entries)(struct mp_device *device, const char *path,
                                   struct mp_strbuf *buf, struct mp_error *err);
    /* Optional. Visits the methods of the driver that a library may have replaced, with
     * the code that answers now (objc/driver_methods.h). */
    void (*each_method)(struct mp_device *device,
                        void (*visit)(void *data, const char *name, const void *code),
                        void *data);
    /* Optional. Reads a driver-side counter by name ("stale_uses"; driver_figures.c has
     * those that reach the row); 0 if there is none. "held" is the backend's own: objects
     * of the driver that it keeps beyond streams and buffers, until it is closed. */
    uint64_t (*driver_count)(struct mp_device *device, const char *name);
    /* Optional. From now on *word is raised with that counter, by any thread, so that it
     * can be read of a round that crashed; NULL: no more. False: the driver cannot. */
    bool (*driver_mirror)(struct mp_device *device, const char *name,
                          _Atomic uint64_t *word);
};

#define MP_DEVICE(name) extern const struct mp_device_ops mp_##name##_device;
#include "harness/round/devices.def"
#undef MP_DEVICE

/* First member of every backend's device struct. */
struct mp_device {
    const struct mp_device_ops *ops;
    uint64_t seed; /* of the round; seeds a backend's planted faults */
    bool unloads;  /* its driver's library is let go when it is closed */
    struct mp_page_gpu_error *gpu_error; /* of the page: where a backend tells of a
                                            command buffer's error; NULL: no page */
};

/* All backends, in order of preference; NULL-ended. */
const struct mp_device_ops *const *mp_device_list(void);
/* The backend called `name`, or NULL with an error that names the nearest. */
const struct mp_device_ops *mp_device_find(const char *name, struct mp_error *err);

/* Reads `text` ("metal@model:reader=U") without opening: the backend and its settings.
 * Bad input is MP_NOT_FOUND or MP_USAGE and names the offender. */
enum mp_status mp_device_settings(const char *text, const struct mp_device_ops **ret_ops,
                                  struct mp_option_values *ret_settings,
                                  struct mp_error *err);
/* Opens `text` ("metal@model:reader=U"). On success the caller owns *ret_device. */
enum mp_status mp_device_open(const char *text, uint64_t seed,
                              struct mp_device **ret_device, struct mp_error *err);
/* The same; the driver's library is let go when the device is closed, and unloaded if
 * nobody else holds it. MP_UNSUPPORTED: the backend has none or cannot let it go, or
 * this build keeps all libraries. */
enum mp_status mp_device_open_unloading(const char *text, uint64_t seed,
                                        struct mp_device **ret_device,
                                        struct mp_error *err);
void mp_device_close(struct mp_device *device);

/* The checked layer: the same calls, each counted, flight-recorded and measured for
 * overlap, so that no backend can forget it. `stream_index` only names the stream in
 * the recorder. */
enum mp_status mp_device_encode(struct mp_worker *worker, struct mp_device *device,
                                struct mp_device_stream *stream, unsigned stream_index,
                                const struct mp_op *op, struct mp_error *err);
enum mp_status mp_device_end(struct mp_worker *worker, struct mp_device *device,
                             struct mp_device_stream *stream, unsigned stream_index,
                             struct mp_error *err);
enum mp_status mp_device_commit(struct mp_worker *worker, struct mp_device *device,
                                struct mp_device_stream *stream, unsigned stream_index,
                                struct mp_error *err);
enum mp_status mp_device_wait(struct mp_worker *worker, struct mp_device *device,
                              struct mp_device_stream *stream, unsigned stream_index,
                              uint64_t deadline_ns, struct mp_error *err);
enum mp_status mp_device_buffer_create(struct mp_worker *worker, struct mp_device *device,
                                       size_t size, struct mp_device_buffer **ret_buffer,
                                       struct mp_error *err);
enum mp_status mp_device_kernel_churn(struct mp_worker *worker, struct mp_device *device,
                                      const struct mp_kernel *kernel,
                                      const uint32_t group[3], struct mp_error *err);
/* Slots that only some devices have: the caller has looked. */
enum mp_status mp_device_blit(struct mp_worker *worker, struct mp_device *device,
                              struct mp_device_stream *stream, unsigned stream_index,
                              const struct mp_blit *blit, struct mp_error *err);
enum mp_status mp_device_profile(struct mp_worker *worker, struct mp_device *device,
                                 struct mp_device_stream *stream, unsigned stream_index,
                                 mp_profile_told *told, void *data, struct mp_error *err);
enum mp_status mp_device_signal(struct mp_worker *worker, struct mp_device *device,
                                struct mp_device_stream *stream, unsigned stream_index,
                                struct mp_device_event *event, uint64_t value,
                                struct mp_error *err);
enum mp_status mp_device_wait_for(struct mp_worker *worker, struct mp_device *device,
                                  struct mp_device_stream *stream, unsigned stream_index,
                                  struct mp_device_event *event, uint64_t value,
                                  struct mp_error *err);
/* Waits on the CPU. */
enum mp_status mp_device_await(struct mp_worker *worker, struct mp_device *device,
                               struct mp_device_event *event, uint64_t value,
                               uint64_t timeout_ms, struct mp_error *err);
/* One step of a misuse, counted as an op. */
enum mp_status mp_device_misuse(struct mp_worker *worker, struct mp_device *device,
                                struct mp_misuse *misuse, const struct mp_op *op,
                                bool *ret_has_output, struct mp_error *err);
/* Makes stream `index`; destroyed through device->ops. */
enum mp_status mp_device_stream_create(struct mp_worker *worker, struct mp_device *device,
                                       unsigned index,
                                       struct mp_device_stream **ret_stream,
                                       struct mp_error *err);

#endif
