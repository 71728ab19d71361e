/* The list of backends, finding and opening one, and the checked layer through which all
 * calls to it pass. Knows no driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/device.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/round/call.h"
#include "harness/wire/device_name.h"
#include "harness/wire/round_spec.h"

static const struct mp_device_ops *const devices[] = {
#define MP_DEVICE(name) &mp_##name##_device,
#include "harness/round/devices.def"
#undef MP_DEVICE
    NULL,
};

#define DEVICE_COUNT (MP_COUNT(devices) - 1)

const struct mp_device_ops *const *mp_device_list(void) {
    return devices;
}

const struct mp_device_ops *mp_device_find(const char *name, struct mp_error *err) {
    const char *words[DEVICE_COUNT + 1] = {NULL};

    for (size_t i = 0; i < DEVICE_COUNT; i++) {
        if (strcmp(name, devices[i]->name) == 0)
            return devices[i];
        words[i] = devices[i]->name;
    }
    mp_option_unknown(err, "device", name, words);
    return NULL;
}

static void nothing_for_thread(struct mp_device *device) {
    (void)device;
}

static enum mp_status any_op_goes(struct mp_device *device, const struct mp_op *op,
                                  struct mp_error *err) {
    (void)device, (void)op, (void)err;
    return MP_OK;
}

static bool no_driver_mirror(struct mp_device *device, const char *name,
                             _Atomic uint64_t *word) {
    (void)device, (void)name, (void)word;
    return false;
}

static uint64_t no_driver_count(struct mp_device *device, const char *name) {
    (void)device;
    (void)name;
    return 0;
}

/* The backend's struct followed by a copy of its table with every slot filled. */
static struct mp_device *allocate(const struct mp_device_ops *ops, uint64_t seed) {
    size_t align = _Alignof(max_align_t);
    size_t table_offset = (ops->device_size + align - 1) / align * align;
    char *memory = mp_memory_zeroed(1, table_offset + sizeof(struct mp_device_ops));
    struct mp_device_ops *table = (struct mp_device_ops *)(void *)(memory + table_offset);
    struct mp_device *device = (struct mp_device *)(void *)memory;

    *table = *ops;
    if (!table->thread_enter)
        table->thread_enter = nothing_for_thread;
    if (!table->thread_leave)
        table->thread_leave = nothing_for_thread;
    if (!table->op_check)
        table->op_check = any_op_goes;
    if (!table->driver_count)
        table->driver_count = no_driver_count;
    if (!table->driver_mirror)
        table->driver_mirror = no_driver_mirror;
    device->ops = table;
    device->seed = seed;
    return device;
}

enum mp_status mp_device_settings(const char *text, const struct mp_device_ops **ret_ops,
                                  struct mp_option_values *ret_settings,
                                  struct mp_error *err) {
    char name[MP_SPEC_NAME_MAX];
    const char *settings;
    const struct mp_device_ops *ops;
    enum mp_status status;

    status = mp_device_name_split(text, name, &settings, err);
    if (status != MP_OK)
        return status;
    ops = mp_device_find(name, err);
    if (!ops)
        return MP_NOT_FOUND;
    mp_option_values_init(ret_settings, ops->settings);
    status = mp_option_set_list(ret_settings, settings, err);
    if (status != MP_OK) {
        mp_error_prefix(err, "device %s", name);
        return status;
    }
    *ret_ops = ops;
    return MP_OK;
}

static enum mp_status open_device(const char *text, uint64_t seed, bool unloads,
                                  struct mp_device **ret_device, struct mp_error *err) {
    const struct mp_device_ops *ops;
    struct mp_option_values settings;
    struct mp_device *device;
    enum mp_status status;

    status = mp_device_settings(text, &ops, &settings, err);
    if (status != MP_OK)
        return status;
    if (unloads && !ops->can_unload)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "device %s keeps its driver's library loaded, or has none: "
                            "there is nothing to load again",
                            ops->name);
    device = allocate(ops, seed);
    device->unloads = unloads;
    status = ops->open(device, &settings, err);
    if (status != MP_OK) {
        free(device);
        mp_error_prefix(err, "cannot open device %s", ops->name);
        return status;
    }
    *ret_device = device;
    return MP_OK;
}

enum mp_status mp_device_open(const char *text, uint64_t seed,
                              struct mp_device **ret_device, struct mp_error *err) {
    return open_device(text, seed, false, ret_device, err);
}

enum mp_status mp_device_open_unloading(const char *text, uint64_t seed,
                                        struct mp_device **ret_device,
                                        struct mp_error *err) {
    return open_device(text, seed, true, ret_device, err);
}

void mp_device_close(struct mp_device *device) {
    device->ops->close(device);
    free(device);
}

/* Records that the call returned `status`, and returns it. */
static enum mp_status leave(struct mp_worker *worker, enum mp_page_op op, unsigned object,
                            enum mp_status status) {
    mp_call_leave(worker, op, object, (uint64_t)status);
    return status;
}

enum mp_status mp_device_encode(struct mp_worker *worker, struct mp_device *device,
                                struct mp_device_stream *stream, unsigned stream_index,
                                const struct mp_op *op, struct mp_error *err) {
    mp_recorder_count_op(worker);
    mp_call_enter(worker, MP_PAGE_OP_ENCODE, stream_index, 0);
    return leave(worker, MP_PAGE_OP_ENCODE, stream_index,
                 device->ops->encode(stream, op, err));
}

enum mp_status mp_device_end(struct mp_worker *worker, struct mp_device *device,
                             struct mp_device_stream *stream, unsigned stream_index,
                             struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_END, stream_index, 0);
    return leave(worker, MP_PAGE_OP_END, stream_index, device->ops->end(stream, err));
}

enum mp_status mp_device_commit(struct mp_worker *worker, struct mp_device *device,
                                struct mp_device_stream *stream, unsigned stream_index,
                                struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_COMMIT, stream_index, 0);
    return leave(worker, MP_PAGE_OP_COMMIT, stream_index,
                 device->ops->commit(stream, err));
}

enum mp_status mp_device_wait(struct mp_worker *worker, struct mp_device *device,
                              struct mp_device_stream *stream, unsigned stream_index,
                              uint64_t deadline_ns, struct mp_error *err) {
    enum mp_status status;

    mp_call_enter(worker, MP_PAGE_OP_WAIT, stream_index, 0);
    status = leave(worker, MP_PAGE_OP_WAIT, stream_index,
                   device->ops->wait(stream, deadline_ns, err));
    if (status == MP_DEVICE)
        atomic_fetch_add_explicit(&worker->page->buffers_failed, 1, memory_order_relaxed);
    return status;
}

enum mp_status mp_device_buffer_create(struct mp_worker *worker, struct mp_device *device,
                                       size_t size, struct mp_device_buffer **ret_buffer,
                                       struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_BUFFER_CREATE, 0, size);
    return leave(worker, MP_PAGE_OP_BUFFER_CREATE, 0,
                 device->ops->buffer_create(device, size, ret_buffer, err));
}

enum mp_status mp_device_kernel_churn(struct mp_worker *worker, struct mp_device *device,
                                      const struct mp_kernel *kernel,
                                      const uint32_t group[3], struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_ACTION, 0, 0);
    return leave(worker, MP_PAGE_OP_ACTION, 0,
                 device->ops->kernel_churn(device, kernel, group, err));
}

enum mp_status mp_device_blit(struct mp_worker *worker, struct mp_device *device,
                              struct mp_device_stream *stream, unsigned stream_index,
                              const struct mp_blit *blit, struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_ACTION, stream_index, blit->size);
    return leave(worker, MP_PAGE_OP_ACTION, stream_index,
                 device->ops->blit(stream, blit, err));
}

enum mp_status mp_device_profile(struct mp_worker *worker, struct mp_device *device,
                                 struct mp_device_stream *stream, unsigned stream_index,
                                 mp_profile_told *told, void *data,
                                 struct mp_error *err) {
    mp_recorder_enter(worker, MP_PAGE_OP_ACTION, stream_index, 0);
    return leave(worker, MP_PAGE_OP_ACTION, stream_index,
                 device->ops->profile(stream, told, data, err));
}

enum mp_status mp_device_signal(struct mp_worker *worker, struct mp_device *device,
                                struct mp_device_stream *stream, unsigned stream_index,
                                struct mp_device_event *event, uint64_t value,
                                struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_ACTION, stream_index, value);
    return leave(worker, MP_PAGE_OP_ACTION, stream_index,
                 device->ops->event->signal(stream, event, value, err));
}

enum mp_status mp_device_wait_for(struct mp_worker *worker, struct mp_device *device,
                                  struct mp_device_stream *stream, unsigned stream_index,
                                  struct mp_device_event *event, uint64_t value,
                                  struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_ACTION, stream_index, value);
    return leave(worker, MP_PAGE_OP_ACTION, stream_index,
                 device->ops->event->wait(stream, event, value, err));
}

enum mp_status mp_device_await(struct mp_worker *worker, struct mp_device *device,
                               struct mp_device_event *event, uint64_t value,
                               uint64_t timeout_ms, struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_WAIT, 0, value);
    return leave(worker, MP_PAGE_OP_WAIT, 0,
                 device->ops->event->await(event, value, timeout_ms, err));
}

enum mp_status mp_device_misuse(struct mp_worker *worker, struct mp_device *device,
                                struct mp_misuse *misuse, const struct mp_op *op,
                                bool *ret_has_output, struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_ACTION, 0, 0);
    mp_recorder_count_op(worker);
    return leave(
        worker, MP_PAGE_OP_ACTION, 0,
        device->ops->misuse->step(misuse, worker->index, op, ret_has_output, err));
}

enum mp_status mp_device_stream_create(struct mp_worker *worker, struct mp_device *device,
                                       unsigned index,
                                       struct mp_device_stream **ret_stream,
                                       struct mp_error *err) {
    mp_call_enter(worker, MP_PAGE_OP_STREAM_CREATE, index, 0);
    return leave(worker, MP_PAGE_OP_STREAM_CREATE, index,
                 device->ops->stream_create(device, index, ret_stream, err));
}
