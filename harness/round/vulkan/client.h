/* Shared by the files of the Vulkan client: what a provider hands over, the device and
 * its streams. Only for the files of this folder.
 *
 * A client's duty, from the Vulkan specification (3.6, threading behaviour): one thread
 * at a time uses a command buffer or its pool, one thread at a time submits to a queue,
 * and a buffer is not reset before the device is done with it. This client keeps to that
 * for taking, ending, submitting and resetting buffers (two locks per stream, one per
 * queue). It does not for the calls that record an op: as in the Metal client, nothing
 * stands between them and a commit by another thread. A synchronize beside the queue
 * that lands there is always this client's fault, never the driver's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_VULKAN_CLIENT_H
#define MP_ROUND_VULKAN_CLIENT_H

#include <pthread.h>
#include <stdatomic.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include "harness/round/device.h"

/* Binding of the op counter, as the kernels have it (scenarios/kernels/reference.h). */
#define MP_VULKAN_COUNTER_BINDING 30
#define MP_VULKAN_PIPELINES_MAX   64
#define MP_VULKAN_QUEUES_MAX      16
#define MP_VULKAN_FAMILIES_MAX    16

struct mp_vulkan_calls {
    PFN_vkGetInstanceProcAddr GetInstanceProcAddr;
#define MP_VK_GLOBAL(name)   PFN_vk##name name;
#define MP_VK_INSTANCE(name) PFN_vk##name name;
#define MP_VK_DEVICE(name)   PFN_vk##name name;
#include "harness/round/vulkan/calls.def"
#undef MP_VK_GLOBAL
#undef MP_VK_INSTANCE
#undef MP_VK_DEVICE
};

/* What a function is looked up with. */
enum mp_vulkan_scope { MP_VULKAN_GLOBAL, MP_VULKAN_INSTANCE, MP_VULKAN_DEVICE };

/* A kernel for one size of group, which Vulkan fixes when it makes the pipeline. */
struct mp_vulkan_pipeline {
    const struct mp_kernel *kernel;
    uint32_t group[3];
    VkDescriptorSetLayout set;
    VkPipelineLayout layout;
    VkPipeline pipeline;
};

struct mp_vulkan_queue {
    VkQueue queue;
    pthread_mutex_t lock; /* over each submission */
};

struct mp_vulkan_device {
    struct mp_device base;
    struct mp_vulkan_calls vk;
    void *library; /* the loader or the driver; NULL: not loaded */
    VkInstance instance;
    VkPhysicalDevice physical;
    VkDevice device;
    VkPhysicalDeviceProperties properties;
    bool is_named;   /* by the setting gpu */
    uint32_t family; /* of the queues */
    struct mp_vulkan_queue queue[MP_VULKAN_QUEUES_MAX];
    uint32_t queue_count;
    struct mp_vulkan_pipeline pipeline[MP_VULKAN_PIPELINES_MAX];
    size_t pipeline_count;
    struct mp_vulkan_objections *objections; /* validation.h; NULL: no layer */
    _Atomic bool is_lost;                    /* a call returned VK_ERROR_DEVICE_LOST */
    char facts[256];                         /* as mp_driver.facts */
};

struct mp_device_buffer {
    VkBuffer buffer;
    VkDeviceMemory memory;
    void *contents;
    size_t size; /* as asked for */
};

/* The settings of all providers. */
extern const struct mp_option mp_vulkan_settings[];

/* Loads the system's loader, or the driver lavapipe without one, into `ret_library`, and
 * fills in GetInstanceProcAddr. Libraries stay loaded unless `unloads`: then the caller
 * closes it (dlclose), after an error too if it was set. `settings` may be NULL.
 * MP_UNSUPPORTED: it is not installed, or this build unloads none. */
enum mp_status mp_vulkan_link_loader(const struct mp_option_values *settings,
                                     bool unloads, struct mp_vulkan_calls *ret_calls,
                                     void **ret_library, struct mp_error *err);
enum mp_status mp_vulkan_link_lavapipe(const struct mp_option_values *settings,
                                       bool unloads, struct mp_vulkan_calls *ret_calls,
                                       void **ret_library, struct mp_error *err);
/* Lets the library of a closed device go, if it unloads. */
void mp_vulkan_unlink(struct mp_vulkan_device *vulkan);
/* Looks up all functions of one scope, for which instance or device must be set.
 * MP_UNSUPPORTED names one that is missing. */
enum mp_status mp_vulkan_calls_find(struct mp_vulkan_device *vulkan,
                                    enum mp_vulkan_scope scope, struct mp_error *err);

/* Opens what the linked `vulkan->vk` offers, with the values of mp_vulkan_settings.
 * `via` says in the facts how the driver was reached. */
enum mp_status mp_vulkan_open(struct mp_vulkan_device *vulkan, const char *via,
                              const struct mp_option_values *settings,
                              struct mp_error *err);

/* The physical device that `wanted` names ("": the first discrete one, else integrated,
 * virtual, software) and its family for compute, into `vulkan`. */
enum mp_status mp_vulkan_choose(struct mp_vulkan_device *vulkan, const char *wanted,
                                struct mp_error *err);
/* Whether the physical device has the extension. */
bool mp_vulkan_has_extension(const struct mp_vulkan_device *vulkan, const char *name);

/* The pipeline of `kernel` for groups of this size, or NULL if it was never loaded. */
const struct mp_vulkan_pipeline *
mp_vulkan_pipeline_find(const struct mp_vulkan_device *vulkan,
                        const struct mp_kernel *kernel, const uint32_t group[3]);
void mp_vulkan_pipelines_destroy(struct mp_vulkan_device *vulkan);
/* Makes a pipeline that the device does not keep, whose layout of descriptors has
 * `flags`. Any thread. */
enum mp_status
mp_vulkan_pipeline_make(struct mp_vulkan_device *vulkan, const struct mp_kernel *kernel,
                        const uint32_t group[3], VkDescriptorSetLayoutCreateFlags flags,
                        struct mp_vulkan_pipeline *ret_made, struct mp_error *err);
void mp_vulkan_pipeline_destroy(const struct mp_vulkan_device *vulkan,
                                const struct mp_vulkan_pipeline *made);

/* Makes a device of the chosen physical one, with its queues, into `vulkan`. */
enum mp_status mp_vulkan_device_make(struct mp_vulkan_device *vulkan,
                                     struct mp_error *err);

/* The rules of Vulkan that can be broken here (misuse.c). */
extern const struct mp_misuse_ops mp_vulkan_misuse;

/* "VK_ERROR_DEVICE_LOST" or "VkResult -1234". */
const char *mp_vulkan_result_name(VkResult result, char *buf, size_t size);
/* Reports that `call` returned `result`, which is a failure: sets `err` to "CALL: NAME"
 * and returns MP_LIMIT for memory that ran out, else MP_DEVICE. A lost device is
 * remembered and told in the page. */
enum mp_status mp_vulkan_fail(struct mp_vulkan_device *vulkan, const char *call,
                              VkResult result, struct mp_error *err);

/* Slots of the device table, as device.h has them. */
void mp_vulkan_close(struct mp_device *device);
void mp_vulkan_info(struct mp_device *device, struct mp_driver *ret_driver);
enum mp_status mp_vulkan_kernel_load(struct mp_device *device,
                                     const struct mp_kernel *kernel,
                                     const uint32_t group[3], struct mp_error *err);
enum mp_status mp_vulkan_kernel_churn(struct mp_device *device,
                                      const struct mp_kernel *kernel,
                                      const uint32_t group[3], struct mp_error *err);
enum mp_status mp_vulkan_buffer_create(struct mp_device *device, size_t size,
                                       struct mp_device_buffer **ret_buffer,
                                       struct mp_error *err);
void mp_vulkan_buffer_destroy(struct mp_device *device, struct mp_device_buffer *buffer);
void *mp_vulkan_buffer_contents(struct mp_device_buffer *buffer);
/* A timeline semaphore at 0, owned by the caller (vkDestroySemaphore). Errors as of
 * mp_vulkan_fail. */
enum mp_status mp_vulkan_timeline_create(struct mp_vulkan_device *vulkan,
                                         VkSemaphore *ret_semaphore,
                                         struct mp_error *err);
enum mp_status mp_vulkan_stream_create(struct mp_device *device, unsigned index,
                                       struct mp_device_stream **ret_stream,
                                       struct mp_error *err);
void mp_vulkan_stream_destroy(struct mp_device *device, struct mp_device_stream *stream);
enum mp_status mp_vulkan_encode(struct mp_device_stream *stream, const struct mp_op *op,
                                struct mp_error *err);
enum mp_status mp_vulkan_end(struct mp_device_stream *stream, struct mp_error *err);
enum mp_status mp_vulkan_commit(struct mp_device_stream *stream, struct mp_error *err);
enum mp_status mp_vulkan_wait(struct mp_device_stream *stream, uint64_t deadline_ns,
                              struct mp_error *err);
enum mp_stream_state mp_vulkan_state(struct mp_device_stream *stream);
uint64_t mp_vulkan_ops_executed(struct mp_device_stream *stream);
enum mp_status mp_vulkan_list_entries(struct mp_device *device, const char *path,
                                      struct mp_strbuf *buf, struct mp_error *err);
bool mp_vulkan_refuses_misuse(const struct mp_device *device);
bool mp_vulkan_objections(struct mp_device *device, char *buf, size_t size);

/* Which stack frames belong to a driver of Vulkan: prefixes of its modules. */
#define MP_VULKAN_FRAMES                                                                 \
    "libvulkan libnvidia libGLX_nvidia libMoltenVK libVkLayer libLLVM vk_ vk lvp_"

/* Many threads with small ops, each waited for: what a round costs is opening the driver,
 * and on two cores threads meet inside a call of microseconds only now and then. */
#define MP_VULKAN_USUAL                                                                  \
    "mm:threads=32,iters=480,n=4 "                                                       \
    "linear_nograph:threads=32,iters=640,batch=1,features=8 "                            \
    "layernorm:threads=32,iters=480,batch=1,n=8,rows=2 "                                 \
    "contiguous:threads=32,iters=480,batch=1,n=4 "                                       \
    "oversubscribe:iters=160,n=8 destroy_impl:iters=100"

#define MP_VULKAN_SLOTS                                                                  \
    .settings = mp_vulkan_settings, .frames = MP_VULKAN_FRAMES,                          \
    .usual = MP_VULKAN_USUAL, .blames_client = true, .stays_open = true,                 \
    .can_unload = true, .misuse = &mp_vulkan_misuse,                                     \
    .capabilities = MP_CAP_OFF_QUEUE_SYNC,                                               \
    .device_size = sizeof(struct mp_vulkan_device), .close = mp_vulkan_close,            \
    .info = mp_vulkan_info, .kernel_load = mp_vulkan_kernel_load,                        \
    .kernel_churn = mp_vulkan_kernel_churn, .buffer_create = mp_vulkan_buffer_create,    \
    .buffer_destroy = mp_vulkan_buffer_destroy,                                          \
    .buffer_contents = mp_vulkan_buffer_contents,                                        \
    .stream_create = mp_vulkan_stream_create,                                            \
    .stream_destroy = mp_vulkan_stream_destroy, .encode = mp_vulkan_encode,              \
    .end = mp_vulkan_end, .commit = mp_vulkan_commit, .wait = mp_vulkan_wait,            \
    .state = mp_vulkan_state, .ops_executed = mp_vulkan_ops_executed,                    \
    .list_entries = mp_vulkan_list_entries, .refuses_misuse = mp_vulkan_refuses_misuse,  \
    .objections = mp_vulkan_objections

#endif
