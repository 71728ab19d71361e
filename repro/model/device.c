/* AGXG16XFamilyDevice: makes everything else, and owns the executors and the pool of
 * contexts. One object at a time, as the system's device is one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <time.h>
#include <unistd.h>

#include "repro/model/context_pool.h"
#include "repro/model/defect.h"
#include "repro/model/driver.h"
#include "repro/model/event.h"
#include "repro/model/fence.h"
#include "repro/model/foundation.h"
#include "repro/model/heap.h"

#define REGISTRY_ID UINT64_C(0x100000001)

/* Executors may drop their references shortly after the client dropped its own. */
#define CONFIGURE_WAIT_NS 500000000L
#define NS_PER_S          1000000000L

/* The only device while it is alive, and the settings of the next. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gone = PTHREAD_COND_INITIALIZER;
static struct mp_device *current;
static struct mp_settings next_settings;
static bool has_settings, is_configured; /* the latter by a client */

/* Lock held. Returns whether no device is alive. */
static bool await_no_device(void) {
    struct timespec deadline;
    int error = 0;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_nsec += CONFIGURE_WAIT_NS;
    deadline.tv_sec += deadline.tv_nsec / NS_PER_S;
    deadline.tv_nsec %= NS_PER_S;
    while (current && error == 0)
        error = pthread_cond_timedwait(&gone, &lock, &deadline);
    return !current;
}

/* Gives the device its settings; its threads are started anew if that takes others. */
static void device_set_up(struct mp_device *device, const struct mp_settings *settings) {
    struct mp_executor *former = device->executor;
    bool is_kept = former && device->settings.executors == settings->executors;
    device->settings = *settings;
    device->is_wrecked = settings->scar[0] && access(settings->scar, F_OK) == 0;
    mp_context_pool_set_limit(&device->pool, settings->freelist);
    if (is_kept)
        return;
    device->executor = mp_executor_start(device);
    if (former)
        mp_executor_stop(former);
}

const char *mp_device_configure(const char *settings, bool by_client) {
    const char *refusal = NULL;
    struct mp_settings parsed;
    pthread_mutex_lock(&lock);
    /* One that a library made in its constructor and keeps: idle, and not yet of use. */
    bool is_idle = current && !current->is_configured &&
                   !atomic_load(&current->has_committed) && mp_object_try_hold(current);
    struct mp_device *idle = is_idle ? current : NULL;
    if (!idle && !await_no_device())
        refusal =
            "the model's device is alive, and has been given its settings or committed a "
            "command buffer: configure once and before that, or release the device and "
            "everything it created";
    else
        refusal = mp_settings_parse(settings, &parsed);
    if (!refusal)
        next_settings = parsed;
    if (!refusal && idle) {
        device_set_up(idle, &parsed);
        idle->is_configured = by_client;
    }
    has_settings = has_settings || !refusal;
    is_configured = is_configured || (by_client && !refusal);
    pthread_mutex_unlock(&lock);
    mp_object_drop(idle);
    return refusal;
}

static struct mp_device *device_create(void) {
    struct mp_device *device = mp_object_create(MP_CLASS_DEVICE);
    if (!has_settings)
        (void)mp_settings_parse("", &next_settings); /* refuses nothing */
    mp_context_pool_init(&device->pool);
    device_set_up(device, &next_settings);
    device->is_configured = is_configured;
    return device;
}

struct mp_device *mp_device_take(void) {
    pthread_mutex_lock(&lock);
    /* A device without references is about to wait for the lock in its dealloc. */
    if (!current || !mp_object_try_hold(current))
        current = device_create();
    struct mp_device *device = current;
    pthread_mutex_unlock(&lock);
    if (!device->executor) { /* no thread could be created: no GPU */
        mp_object_drop(device);
        device = NULL;
    }
    return device;
}

MP_METHOD(id, device_name, "-[AGXG16XFamilyDevice name]", id self, MP_CMD) {
    (void)self;
    return mp_string_make("AGX G16X model");
}

MP_METHOD(uint64_t, device_registry_id, "-[AGXG16XFamilyDevice registryID]", id self,
          MP_CMD) {
    (void)self;
    return REGISTRY_ID;
}

MP_METHOD(BOOL, device_unified, "-[AGXG16XFamilyDevice hasUnifiedMemory]", id self,
          MP_CMD) {
    (void)self;
    return 1;
}

MP_METHOD(struct mp_size, device_max_threads,
          "-[AGXG16XFamilyDevice maxThreadsPerThreadgroup]", id self, MP_CMD) {
    (void)self;
    return (struct mp_size){MP_THREADS_PER_GROUP_MAX, MP_THREADS_PER_GROUP_MAX,
                            MP_THREADS_PER_GROUP_MAX};
}

MP_METHOD(unsigned long, device_max_buffer, "-[AGXG16XFamilyDevice maxBufferLength]",
          id self, MP_CMD) {
    (void)self;
    return MP_BUFFER_LENGTH_MAX;
}

MP_METHOD(id, device_queue, "-[AGXG16XFamilyDevice newCommandQueue]",
          struct mp_device *self, MP_CMD) {
    return mp_defect_refuses_queue(&self->settings)
               ? NULL
               : (id)mp_queue_create(self, MP_QUEUE_BUFFERS);
}

MP_METHOD(id, device_queue_with_max,
          "-[AGXG16XFamilyDevice newCommandQueueWithMaxCommandBufferCount:]",
          struct mp_device *self, MP_CMD, unsigned long count) {
    return count > 0 ? (id)mp_queue_create(self, count) : NULL;
}

MP_METHOD(id, device_buffer, "-[AGXG16XFamilyDevice newBufferWithLength:options:]",
          struct mp_device *self, MP_CMD, unsigned long length, unsigned long options) {
    return (id)mp_resource_create(self, NULL, length, options);
}

MP_METHOD(id, device_buffer_with_bytes,
          "-[AGXG16XFamilyDevice newBufferWithBytes:length:options:]",
          struct mp_device *self, MP_CMD, const void *bytes, unsigned long length,
          unsigned long options) {
    return (id)mp_resource_create(self, bytes, length, options);
}

MP_METHOD(id, device_library,
          "-[AGXG16XFamilyDevice newLibraryWithSource:options:error:]",
          struct mp_device *self, MP_CMD, id source, struct mp_compile_options *options,
          id *ret_error) {
    return (id)mp_library_create(self, mp_string_text(source), options, ret_error);
}

MP_METHOD(id, device_pipeline,
          "-[AGXG16XFamilyDevice newComputePipelineStateWithFunction:error:]",
          struct mp_device *self, MP_CMD, struct mp_function *function, id *ret_error) {
    return (id)mp_pipeline_create(self, function, ret_error);
}

MP_METHOD(id, device_event, "-[AGXG16XFamilyDevice newEvent]", struct mp_device *self,
          MP_CMD) {
    return (id)mp_event_create(self, false);
}

MP_METHOD(id, device_shared_event, "-[AGXG16XFamilyDevice newSharedEvent]",
          struct mp_device *self, MP_CMD) {
    return (id)mp_event_create(self, true);
}

MP_METHOD(id, device_fence, "-[AGXG16XFamilyDevice newFence]", struct mp_device *self,
          MP_CMD) {
    return (id)mp_fence_create(self);
}

MP_METHOD(id, device_heap, "-[AGXG16XFamilyDevice newHeapWithDescriptor:]",
          struct mp_device *self, MP_CMD, const struct mp_heap_descriptor *descriptor) {
    return (id)mp_heap_create(self, descriptor);
}

/* Under the lock, so that nobody finds it in `current` when its memory is gone. */
MP_METHOD(void, device_dealloc, "-[AGXG16XFamilyDevice dealloc]", struct mp_device *self,
          MP_CMD) {
    if (self->executor)
        mp_executor_stop(self->executor);
    mp_context_pool_release(&self->pool);
    pthread_mutex_lock(&lock);
    if (current == self)
        current = NULL;
    mp_object_destroy(self);
    pthread_cond_broadcast(&gone);
    pthread_mutex_unlock(&lock);
}

const struct mp_method mp_device_methods[] = {
    MP_ROW("name", "@@:", device_name),
    MP_ROW("registryID", "Q@:", device_registry_id),
    MP_ROW("hasUnifiedMemory", MP_BOOL_ENCODING "@:", device_unified),
    MP_ROW("maxThreadsPerThreadgroup", "{?=QQQ}@:", device_max_threads),
    MP_ROW("maxBufferLength", "Q@:", device_max_buffer),
    MP_ROW("newCommandQueue", "@@:", device_queue),
    MP_ROW("newCommandQueueWithMaxCommandBufferCount:", "@@:Q", device_queue_with_max),
    MP_ROW("newBufferWithLength:options:", "@@:QQ", device_buffer),
    MP_ROW("newBufferWithBytes:length:options:", "@@:^vQQ", device_buffer_with_bytes),
    MP_ROW("newLibraryWithSource:options:error:", "@@:@@^@", device_library),
    MP_ROW("newComputePipelineStateWithFunction:error:", "@@:@^@", device_pipeline),
    MP_ROW("newEvent", "@@:", device_event),
    MP_ROW("newSharedEvent", "@@:", device_shared_event),
    MP_ROW("newFence", "@@:", device_fence),
    MP_ROW("newHeapWithDescriptor:", "@@:@", device_heap),
    MP_ROW("dealloc", "v@:", device_dealloc),
    MP_ROWS_END,
};
