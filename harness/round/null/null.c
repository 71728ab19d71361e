/* The null device: a stream queues ops and runs them on the CPU when a thread waits. With
 * a fault set, it strikes at op number `at` of the process. Deterministic by the round's
 * seed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/device.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/rng.h"
#include "harness/base/strbuf.h"
#include "harness/round/null/fault.h"

#define HOLD_POLL_NS MP_CLOCK_NS_PER_MS

/* The device calls in which a fault can strike; values of the setting `call`. */
enum null_call { CALL_ENCODE, CALL_OPEN, CALL_CLOSE };

struct null_device {
    struct mp_device base;
    enum mp_null_fault_kind fault;
    enum null_call call;
    char hold[MP_OPTION_TEXT_MAX]; /* path, "" none */
    bool is_armed;                 /* the fault strikes in this round */
    uint64_t at;
    uint32_t offset;
    uint64_t delay_ns;
    char scar[MP_OPTION_TEXT_MAX]; /* "": the next round finds it healthy */
    uint64_t heals;
    bool is_wrecked; /* still broken from an earlier round: every op fails */
    char facts[256];
    _Atomic uint64_t ops;    /* encoded so far */
    _Atomic uint64_t failed; /* batches that ended with an error */
};

struct mp_device_buffer {
    void *contents;
};

struct null_op {
    const struct mp_kernel *kernel;
    void *buffer[MP_OP_BUFFERS_MAX];
    unsigned char constants[MP_OP_CONSTANTS_MAX];
    enum mp_null_fault_kind effect;
};

struct batch {
    struct null_op *op;
    size_t count, size;
};

struct mp_device_stream {
    struct null_device *device;
    unsigned index;
    pthread_mutex_t list; /* guards the two batches; held briefly */
    struct batch encoded;
    struct batch committed;
    pthread_mutex_t execution; /* over running a batch: a wait that finds nothing left to
                                  run still waits for the thread that runs it */
    _Atomic uint64_t executed;
    _Atomic bool has_failed;
};

static const struct mp_option settings[] = {
    {.name = "fault",
     .type = MP_OPTION_CHOICE,
     .metavar = "KIND",
     .fallback = "none",
     .choices = mp_null_fault_choices,
     .help = "what happens at op number `at`"},
    {.name = "p",
     .type = MP_OPTION_REAL,
     .metavar = "P",
     .fallback = "1",
     .real_min = 0,
     .real_max = 1,
     .help = "share of rounds that the fault hits (by seed)"},
    {.name = "at",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .fallback = "1",
     .min = 1,
     .max = INT64_C(1000000000000),
     .help = "number of the op that it hits, counted over all threads"},
    {.name = "call",
     .type = MP_OPTION_CHOICE,
     .metavar = "CALL",
     .choices = "encode|open|close",
     .help = "device call that it hits: encode (the default) on a worker, the others "
             "on the first thread"},
    {.name = "hold",
     .type = MP_OPTION_TEXT,
     .metavar = "PATH",
     .help = "the fault waits until this file exists"},
    {.name = "offset",
     .type = MP_OPTION_INT,
     .metavar = "BYTES",
     .fallback = "1480",
     .min = 0,
     .max = 65535,
     .help = "distance from address 0 of fault=segv_offset and jump_offset"},
    {.name = "delay",
     .type = MP_OPTION_DURATION,
     .metavar = "T",
     .help = "duration of each encode call"},
    {.name = "scar",
     .type = MP_OPTION_TEXT,
     .metavar = "FILE",
     .help = "created when the fault strikes; while it exists, every command buffer "
             "fails, in all rounds"},
    {.name = "heals",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .fallback = "0",
     .min = 0,
     .max = 1000000,
     .help = "rounds after which the scar is gone; 0: never"},
    {.name = NULL},
};

static struct null_device *null_of(struct mp_device *device) {
    return (struct null_device *)(void *)device;
}

static enum mp_status null_probe(struct mp_error *err) {
    (void)err;
    return MP_OK;
}

/* A file with one byte for each round that was affected. */
static void leave_scar(const struct null_device *null) {
    FILE *file = null->scar[0] != '\0' ? fopen(null->scar, "w") : NULL;
    if (file != NULL)
        fclose(file);
}

/* Whether the device is still broken from an earlier round. */
static bool feel_scar(const struct null_device *null) {
    FILE *file = null->scar[0] != '\0' ? fopen(null->scar, "r+") : NULL;
    if (file == NULL)
        return false;
    bool has_healed = fseek(file, 0, SEEK_END) == 0 && null->heals > 0 &&
                      (uint64_t)ftell(file) >= null->heals;
    if (has_healed)
        remove(null->scar);
    else
        fputc('.', file);
    fclose(file);
    return !has_healed;
}

static void strike(const struct null_device *null) {
    while (null->hold[0] != '\0' && access(null->hold, F_OK) != 0)
        mp_clock_sleep_ns(HOLD_POLL_NS);
    mp_null_fault_row(null->fault)->strike(null->offset);
}

static void meet_fault_of_call(const struct null_device *null, enum null_call call) {
    if (null->is_armed && !null->is_wrecked && null->call == call) {
        leave_scar(null);
        strike(null);
    }
}

static enum mp_status null_open(struct mp_device *device,
                                const struct mp_option_values *values,
                                struct mp_error *err) {
    struct null_device *null = null_of(device);
    struct mp_strbuf facts;

    null->fault = (enum mp_null_fault_kind)mp_option_get(values, "fault")->integer;
    if (!mp_null_fault_is_possible(null->fault))
        return mp_error_set(err, MP_UNSUPPORTED,
                            "fault=%s does not exist on this "
                            "processor",
                            mp_null_fault_row(null->fault)->name);
    null->call = (enum null_call)mp_option_get(values, "call")->integer;
    memcpy(null->hold, mp_option_get(values, "hold")->text, sizeof(null->hold));
    if (null->call != CALL_ENCODE && null->fault != MP_NULL_FAULT_none &&
        !mp_null_fault_row(null->fault)->strike)
        return mp_error_set(err, MP_USAGE,
                            "fault=%s strikes an op, so call must be encode",
                            mp_null_fault_row(null->fault)->name);
    null->is_armed = null->fault != MP_NULL_FAULT_none &&
                     mp_rng_hash_unit(device->seed, 0) < mp_option_get(values, "p")->real;
    null->at = (uint64_t)mp_option_get(values, "at")->integer;
    null->offset = (uint32_t)mp_option_get(values, "offset")->integer;
    null->delay_ns = (uint64_t)mp_option_get(values, "delay")->integer;
    snprintf(null->scar, sizeof(null->scar), "%s", mp_option_get(values, "scar")->text);
    null->heals = (uint64_t)mp_option_get(values, "heals")->integer;
    null->is_wrecked = feel_scar(null);
    mp_strbuf_init(&facts);
    mp_option_values_format(values, false, &facts);
    snprintf(null->facts, sizeof(null->facts), "%s", facts.text);
    mp_strbuf_release(&facts);
    meet_fault_of_call(null, CALL_OPEN);
    return MP_OK;
}

static void null_close(struct mp_device *device) {
    meet_fault_of_call(null_of(device), CALL_CLOSE);
}

static void null_info(struct mp_device *device, struct mp_driver *ret_driver) {
    snprintf(ret_driver->gpu, sizeof(ret_driver->gpu), "none (ops run on the CPU)");
    memcpy(ret_driver->facts, null_of(device)->facts, sizeof(ret_driver->facts));
}

static enum mp_status null_kernel_load(struct mp_device *device,
                                       const struct mp_kernel *kernel,
                                       const uint32_t group[3], struct mp_error *err) {
    (void)device;
    (void)group;
    if (kernel->buffer_count > MP_OP_BUFFERS_MAX ||
        kernel->constants_len > MP_OP_CONSTANTS_MAX)
        return mp_error_set(err, MP_LIMIT,
                            "kernel %s has %u buffers and %zu bytes of constants",
                            kernel->name, kernel->buffer_count, kernel->constants_len);
    return MP_OK;
}

static enum mp_status null_buffer_create(struct mp_device *device, size_t size,
                                         struct mp_device_buffer **ret_buffer,
                                         struct mp_error *err) {
    struct mp_device_buffer *buffer = mp_memory_zeroed(1, sizeof(*buffer));

    (void)device;
    buffer->contents = calloc(1, size > 0 ? size : 1);
    if (!buffer->contents) {
        free(buffer);
        return mp_error_set(err, MP_LIMIT, "not enough memory for a buffer of %zu bytes",
                            size);
    }
    *ret_buffer = buffer;
    return MP_OK;
}

static void null_buffer_destroy(struct mp_device *device,
                                struct mp_device_buffer *buffer) {
    (void)device;
    free(buffer->contents);
    free(buffer);
}

static void *null_buffer_contents(struct mp_device_buffer *buffer) {
    return buffer->contents;
}

static enum mp_status null_stream_create(struct mp_device *device, unsigned index,
                                         struct mp_device_stream **ret_stream,
                                         struct mp_error *err) {
    struct mp_device_stream *stream = mp_memory_zeroed(1, sizeof(*stream));

    (void)err;
    stream->device = null_of(device);
    stream->index = index;
    pthread_mutex_init(&stream->list, NULL);
    pthread_mutex_init(&stream->execution, NULL);
    *ret_stream = stream;
    return MP_OK;
}

static void null_stream_destroy(struct mp_device *device,
                                struct mp_device_stream *stream) {
    (void)device;
    free(stream->encoded.op);
    free(stream->committed.op);
    pthread_mutex_destroy(&stream->execution);
    pthread_mutex_destroy(&stream->list);
    free(stream);
}

static void add(struct batch *batch, const struct null_op *op, size_t count) {
    if (batch->count + count > batch->size) {
        batch->size = (batch->count + count) * 2;
        batch->op = mp_memory_resize(batch->op, batch->size, sizeof(*batch->op));
    }
    memcpy(batch->op + batch->count, op, count * sizeof(*op));
    batch->count += count;
}

/* The fault for the op being encoded: strikes, or is returned as an effect on the op. */
static enum mp_null_fault_kind meet_fault(struct null_device *null) {
    uint64_t number = atomic_fetch_add_explicit(&null->ops, 1, memory_order_relaxed) + 1;
    uint64_t last = null->at + (null->fault == MP_NULL_FAULT_segv_pair);

    if (!null->is_armed || null->is_wrecked || null->call != CALL_ENCODE ||
        number < null->at || number > last)
        return MP_NULL_FAULT_none;
    leave_scar(null);
    if (!mp_null_fault_row(null->fault)->strike)
        return null->fault;
    strike(null);
    return MP_NULL_FAULT_none;
}

static enum mp_status null_encode(struct mp_device_stream *stream, const struct mp_op *op,
                                  struct mp_error *err) {
    struct null_op taken = {.kernel = op->kernel};

    (void)err;
    if (stream->device->delay_ns > 0)
        mp_clock_sleep_ns(stream->device->delay_ns);
    mp_op_reach(op, MP_POINT_TAKEN);
    taken.effect = meet_fault(stream->device);
    mp_op_reach(op, MP_POINT_PIPELINE);
    for (unsigned i = 0; i < op->kernel->buffer_count; i++)
        taken.buffer[i] = (char *)op->buffer[i]->contents + op->offset[i];
    if (op->kernel->constants_len > 0)
        memcpy(taken.constants, op->constants, op->kernel->constants_len);
    mp_op_reach(op, MP_POINT_BOUND);
    pthread_mutex_lock(&stream->list);
    add(&stream->encoded, &taken, 1);
    pthread_mutex_unlock(&stream->list);
    return MP_OK;
}

static enum mp_status null_end(struct mp_device_stream *stream, struct mp_error *err) {
    (void)stream;
    (void)err;
    return MP_OK;
}

static enum mp_status null_commit(struct mp_device_stream *stream, struct mp_error *err) {
    (void)err;
    pthread_mutex_lock(&stream->list);
    if (stream->encoded.count > 0)
        add(&stream->committed, stream->encoded.op, stream->encoded.count);
    stream->encoded.count = 0;
    pthread_mutex_unlock(&stream->list);
    return MP_OK;
}

/* The last buffer of every kernel is written by it; see scenarios/kernels/reference.h. */
static void spoil(const struct null_op *op) {
    float *word;

    if (op->kernel->buffer_count == 0)
        return;
    word = op->buffer[op->kernel->buffer_count - 1];
    *word += 1.0f + *word * *word;
}

static void execute(struct mp_device_stream *stream, const struct null_op *op) {
    if (op->effect == MP_NULL_FAULT_drop)
        return;
    op->kernel->run(op->buffer, op->constants);
    if (op->effect == MP_NULL_FAULT_wrong)
        spoil(op);
    atomic_fetch_add_explicit(&stream->executed, 1, memory_order_relaxed);
}

static bool is_doomed(const struct batch *batch) {
    for (size_t i = 0; i < batch->count; i++)
        if (batch->op[i].effect == MP_NULL_FAULT_gpu_error ||
            batch->op[i].effect == MP_NULL_FAULT_gpu_victim)
            return true;
    return false;
}

/* As Metal would: what became of another process's buffer in words that it uses. */
static void note_error(struct null_device *null, const struct batch *batch) {
    bool is_victim = false;

    for (size_t i = 0; i < batch->count; i++)
        is_victim = is_victim || batch->op[i].effect == MP_NULL_FAULT_gpu_victim;
    if (is_victim) {
        mp_round_page_note_error(
            null->base.gpu_error, "MTLCommandBufferErrorDomain", 1,
            "Discarded (victim of GPU error/recovery) "
            "(00000005:kIOGPUCommandBufferCallbackErrorInnocentVictim): planted");
    } else {
        mp_round_page_note_error(null->base.gpu_error, "mpstress.null", 1, "planted");
    }
}

static enum mp_status null_wait(struct mp_device_stream *stream, uint64_t deadline_ns,
                                struct mp_error *err) {
    struct batch batch;
    enum mp_status status = MP_OK;

    (void)
        deadline_ns; /* the thread that runs the batch is working: nothing to time out */
    pthread_mutex_lock(&stream->execution);
    pthread_mutex_lock(&stream->list);
    batch = stream->committed;
    stream->committed = (struct batch){0};
    pthread_mutex_unlock(&stream->list);

    if (is_doomed(&batch) || (stream->device->is_wrecked && batch.count > 0)) {
        note_error(stream->device, &batch);
        atomic_fetch_add_explicit(&stream->device->failed, 1, memory_order_relaxed);
        atomic_store_explicit(&stream->has_failed, true, memory_order_relaxed);
    } else {
        for (size_t i = 0; i < batch.count; i++)
            execute(stream, &batch.op[i]);
    }
    /* Every later wait reports it too: the failed ops may have been another thread's. */
    if (atomic_load_explicit(&stream->has_failed, memory_order_relaxed))
        status =
            mp_error_set(err, MP_DEVICE, "a command buffer of stream %u failed: planted",
                         stream->index);
    pthread_mutex_unlock(&stream->execution);
    free(batch.op);
    return status;
}

static enum mp_stream_state null_state(struct mp_device_stream *stream) {
    enum mp_stream_state state = MP_STREAM_IDLE;

    pthread_mutex_lock(&stream->list);
    if (stream->encoded.count + stream->committed.count > 0)
        state = MP_STREAM_BUSY;
    pthread_mutex_unlock(&stream->list);
    if (atomic_load_explicit(&stream->has_failed, memory_order_relaxed))
        state = MP_STREAM_FAILED;
    return state;
}

static uint64_t null_ops_executed(struct mp_device_stream *stream) {
    return atomic_load_explicit(&stream->executed, memory_order_relaxed);
}

static uint64_t null_driver_count(struct mp_device *device, const char *name) {
    if (strcmp(name, "buffers_failed") == 0)
        return atomic_load_explicit(&null_of(device)->failed, memory_order_relaxed);
    return 0;
}

const struct mp_device_ops mp_null_device = {
    .name = "null",
    .summary = "no driver: ops run on the CPU; plants faults on request",
    .how = mp_null_fault_words,
    .settings = settings,
    .harmless = "fault=none,!scar|fault=noise,!scar|fault=fork_leak,!scar"
                "|fault=gpu_victim,!scar|fault=kill_self,!scar|p=0,!scar",
    .hidden = "fault=wrong,!scar",
    .finders = "malloc_scribble",
    .capabilities = MP_CAP_OFF_QUEUE_SYNC | MP_CAP_FAULTS,
    .device_size = sizeof(struct null_device),
    .probe = null_probe,
    .open = null_open,
    .close = null_close,
    .info = null_info,
    .kernel_load = null_kernel_load,
    .buffer_create = null_buffer_create,
    .buffer_destroy = null_buffer_destroy,
    .buffer_contents = null_buffer_contents,
    .stream_create = null_stream_create,
    .stream_destroy = null_stream_destroy,
    .encode = null_encode,
    .end = null_end,
    .commit = null_commit,
    .wait = null_wait,
    .state = null_state,
    .ops_executed = null_ops_executed,
    .driver_count = null_driver_count,
};
