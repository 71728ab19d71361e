/* A Vulkan driver that computes nothing: a submission is done at once, and each dispatch
 * in it adds one to the op counter that is bound. $FAKE_ICD_CALLS names a file that gets
 * a line when the driver is loaded, when an instance is made, and, when one is
 * destroyed, for each function with how often it was called. $FAKE_ICD_FAULT names a
 * function that writes to address 8. $FAKE_ICD_STAYS is "pinned" (it cannot be unloaded)
 * or "thread" (a thread of it goes on when it is unloaded). It exports what loaders ask for and nothing else, and
 * is stripped.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* dladdr */

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#define EXPORTED  __attribute__((visibility("default")))
#define MAGIC     0x01cdc0de /* a loader puts its own pointer in its place */
#define COUNTER   30 /* binding of the op counter, as the client's kernels have it */
#define MEMORY    (UINT64_C(1) << 30)
#define POLL_NS   100000
#define ALIGNMENT 256

/* What any handle points to. */
struct object {
    uintptr_t magic;
    _Atomic uint64_t value;    /* of a semaphore */
    char *bytes;               /* of a memory, or of the one bound to a buffer */
    uint64_t size;             /* of a buffer */
    _Atomic uint32_t *counter; /* of what a command buffer has recorded */
    uint32_t dispatches;
};

enum call {
#define MP_VK_GLOBAL(name)   CALL_##name,
#define MP_VK_INSTANCE(name) CALL_##name,
#define MP_VK_DEVICE(name)   CALL_##name,
#include "harness/round/vulkan/calls.def"
#undef MP_VK_GLOBAL
#undef MP_VK_INSTANCE
#undef MP_VK_DEVICE
    CALLS
};

static const char *const names[] = {
#define MP_VK_GLOBAL(name)   "vk" #name,
#define MP_VK_INSTANCE(name) "vk" #name,
#define MP_VK_DEVICE(name)   "vk" #name,
#include "harness/round/vulkan/calls.def"
#undef MP_VK_GLOBAL
#undef MP_VK_INSTANCE
#undef MP_VK_DEVICE
};

static _Atomic uint64_t counts[CALLS];
static int fault = -1;
static void *volatile nowhere = (void *)8;
static struct object physical_device = {.magic = MAGIC}, only_queue = {.magic = MAGIC};

static void tell(const char *line, uint64_t count) {
    const char *path = getenv("FAKE_ICD_CALLS");
    FILE *file = path != NULL ? fopen(path, "ae") : NULL;
    if (file == NULL)
        return;
    fprintf(file, "%s %llu\n", line, (unsigned long long)count);
    fclose(file);
}

static void *go_on(void *data) {
    const struct timespec pause = {0, POLL_NS};
    while (data == NULL)
        nanosleep(&pause, NULL);
    return NULL;
}

static void stay(const char *how) {
    Dl_info info;
    pthread_t thread;
    if (how != NULL && strcmp(how, "thread") == 0)
        (void)pthread_create(&thread, NULL, go_on, NULL);
    if (how != NULL && strcmp(how, "pinned") == 0 && dladdr((void *)names, &info) != 0)
        (void)dlopen(info.dli_fname, RTLD_NOW | RTLD_NODELETE);
}

__attribute__((constructor)) static void load(void) {
    const char *name = getenv("FAKE_ICD_FAULT");
    for (int i = 0; name != NULL && i < CALLS; i++)
        if (strcmp(name, names[i]) == 0)
            fault = i;
    tell("loaded", 1);
    stay(getenv("FAKE_ICD_STAYS"));
}

/* Beside its callers, so that a fault has a frame of no entry point on top. */
__attribute__((noinline)) static void note(enum call call) {
    atomic_fetch_add_explicit(&counts[call], 1, memory_order_relaxed);
    if (fault == (int)call)
        *(volatile int *)nowhere = 1;
}

static struct object *make(enum call call) {
    struct object *object = calloc(1, sizeof(*object));
    note(call);
    if (object == NULL)
        abort();
    object->magic = MAGIC;
    return object;
}

static void drop(enum call call, void *handle) {
    note(call);
    free(handle);
}

#define FAKE(type, name) static VKAPI_ATTR type VKAPI_CALL fake_##name
#define ALLOCATOR        const VkAllocationCallbacks *allocator

FAKE(VkResult, CreateInstance)
(const VkInstanceCreateInfo *info, ALLOCATOR, VkInstance *ret) {
    (void)info, (void)allocator;
    tell("instance", 1);
    *ret = (VkInstance)(void *)make(CALL_CreateInstance);
    return VK_SUCCESS;
}

FAKE(VkResult, EnumerateInstanceExtensionProperties)
(const char *layer, uint32_t *count, VkExtensionProperties *ret) {
    (void)layer, (void)ret;
    note(CALL_EnumerateInstanceExtensionProperties);
    *count = 0;
    return VK_SUCCESS;
}

FAKE(void, DestroyInstance)(VkInstance instance, ALLOCATOR) {
    (void)allocator;
    drop(CALL_DestroyInstance, instance);
    for (int i = 0; i < CALLS; i++)
        if (atomic_load(&counts[i]) > 0)
            tell(names[i], atomic_load(&counts[i]));
}

FAKE(VkResult, EnumeratePhysicalDevices)
(VkInstance instance, uint32_t *count, VkPhysicalDevice *ret) {
    (void)instance;
    note(CALL_EnumeratePhysicalDevices);
    if (ret != NULL && *count > 0)
        *ret = (VkPhysicalDevice)(void *)&physical_device;
    *count = 1;
    return VK_SUCCESS;
}

FAKE(VkResult, EnumerateDeviceExtensionProperties)
(VkPhysicalDevice device, const char *layer, uint32_t *count,
 VkExtensionProperties *ret) {
    (void)device, (void)layer;
    note(CALL_EnumerateDeviceExtensionProperties);
    if (ret != NULL && *count > 0)
        ret[0] = (VkExtensionProperties){VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME, 2};
    *count = 1;
    return VK_SUCCESS;
}

FAKE(void, GetPhysicalDeviceFeatures2)
(VkPhysicalDevice device, VkPhysicalDeviceFeatures2 *ret) {
    (void)device;
    note(CALL_GetPhysicalDeviceFeatures2);
    for (VkBaseOutStructure *at = ret->pNext; at != NULL; at = at->pNext)
        if (at->sType == VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES)
            ((VkPhysicalDeviceTimelineSemaphoreFeatures *)(void *)at)->timelineSemaphore =
                VK_TRUE;
}

FAKE(void, GetPhysicalDeviceMemoryProperties)
(VkPhysicalDevice device, VkPhysicalDeviceMemoryProperties *ret) {
    (void)device;
    note(CALL_GetPhysicalDeviceMemoryProperties);
    memset(ret, 0, sizeof(*ret));
    ret->memoryTypeCount = ret->memoryHeapCount = 1;
    ret->memoryTypes[0].propertyFlags = VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT |
                                        VK_MEMORY_PROPERTY_HOST_COHERENT_BIT |
                                        VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    ret->memoryHeaps[0].size = MEMORY;
}

static VKAPI_ATTR void VKAPI_CALL get_properties(VkPhysicalDevice device,
                                                 VkPhysicalDeviceProperties *properties) {
    VkPhysicalDeviceLimits *limits = &properties->limits;
    (void)device;
    properties->apiVersion = VK_API_VERSION_1_2;
    properties->deviceType = VK_PHYSICAL_DEVICE_TYPE_CPU;
    snprintf(properties->deviceName, sizeof(properties->deviceName), "fake device");
    limits->maxPushConstantsSize = 256;
    limits->maxComputeWorkGroupInvocations = 1024;
    for (int i = 0; i < 3; i++)
        limits->maxComputeWorkGroupCount[i] = limits->maxComputeWorkGroupSize[i] = 65535;
}

FAKE(void, GetPhysicalDeviceProperties2)
(VkPhysicalDevice device, VkPhysicalDeviceProperties2 *ret) {
    note(CALL_GetPhysicalDeviceProperties2);
    get_properties(device, &ret->properties);
}

FAKE(void, GetPhysicalDeviceQueueFamilyProperties)
(VkPhysicalDevice device, uint32_t *count, VkQueueFamilyProperties *ret) {
    (void)device;
    note(CALL_GetPhysicalDeviceQueueFamilyProperties);
    if (ret != NULL && *count > 0)
        ret[0] = (VkQueueFamilyProperties){.queueFlags = VK_QUEUE_COMPUTE_BIT,
                                           .queueCount = 1};
    *count = 1;
}

FAKE(VkResult, CreateDevice)
(VkPhysicalDevice device, const VkDeviceCreateInfo *info, ALLOCATOR, VkDevice *ret) {
    (void)device, (void)info, (void)allocator;
    *ret = (VkDevice)(void *)make(CALL_CreateDevice);
    return VK_SUCCESS;
}

FAKE(void, GetDeviceQueue)
(VkDevice device, uint32_t family, uint32_t index, VkQueue *ret) {
    (void)device, (void)family, (void)index;
    note(CALL_GetDeviceQueue);
    *ret = (VkQueue)(void *)&only_queue;
}

FAKE(void, DestroyDevice)(VkDevice device, ALLOCATOR) {
    (void)allocator;
    drop(CALL_DestroyDevice, device);
}

FAKE(VkResult, AllocateMemory)
(VkDevice device, const VkMemoryAllocateInfo *info, ALLOCATOR, VkDeviceMemory *ret) {
    struct object *memory = make(CALL_AllocateMemory);
    (void)device, (void)allocator;
    if (info->allocationSize > MEMORY) {
        free(memory);
        return VK_ERROR_OUT_OF_DEVICE_MEMORY;
    }
    memory->bytes = calloc(1, info->allocationSize);
    *ret = (VkDeviceMemory)(void *)memory;
    return memory->bytes != NULL ? VK_SUCCESS : VK_ERROR_OUT_OF_DEVICE_MEMORY;
}

FAKE(void, FreeMemory)(VkDevice device, VkDeviceMemory handle, ALLOCATOR) {
    struct object *memory = (void *)handle;
    (void)device, (void)allocator;
    if (memory != NULL)
        free(memory->bytes);
    drop(CALL_FreeMemory, memory);
}

FAKE(VkResult, MapMemory)
(VkDevice device, VkDeviceMemory memory, VkDeviceSize offset, VkDeviceSize size,
 VkMemoryMapFlags flags, void **ret) {
    (void)device, (void)size, (void)flags;
    note(CALL_MapMemory);
    *ret = ((struct object *)(void *)memory)->bytes + offset;
    return VK_SUCCESS;
}

FAKE(VkResult, CreateBuffer)
(VkDevice device, const VkBufferCreateInfo *info, ALLOCATOR, VkBuffer *ret) {
    struct object *buffer = make(CALL_CreateBuffer);
    (void)device, (void)allocator;
    buffer->size = info->size;
    *ret = (VkBuffer)(void *)buffer;
    return VK_SUCCESS;
}

FAKE(void, GetBufferMemoryRequirements)
(VkDevice device, VkBuffer buffer, VkMemoryRequirements *ret) {
    (void)device;
    note(CALL_GetBufferMemoryRequirements);
    *ret = (VkMemoryRequirements){.size = ((struct object *)(void *)buffer)->size,
                                  .alignment = ALIGNMENT,
                                  .memoryTypeBits = 1};
}

FAKE(VkResult, BindBufferMemory)
(VkDevice device, VkBuffer buffer, VkDeviceMemory memory, VkDeviceSize offset) {
    (void)device;
    note(CALL_BindBufferMemory);
    ((struct object *)(void *)buffer)->bytes =
        ((struct object *)(void *)memory)->bytes + offset;
    return VK_SUCCESS;
}

FAKE(void, DestroyBuffer)(VkDevice device, VkBuffer buffer, ALLOCATOR) {
    (void)device, (void)allocator;
    drop(CALL_DestroyBuffer, buffer);
}

FAKE(VkResult, CreateSemaphore)
(VkDevice device, const VkSemaphoreCreateInfo *info, ALLOCATOR, VkSemaphore *ret) {
    (void)device, (void)info, (void)allocator;
    *ret = (VkSemaphore)(void *)make(CALL_CreateSemaphore);
    return VK_SUCCESS;
}

FAKE(void, DestroySemaphore)(VkDevice device, VkSemaphore semaphore, ALLOCATOR) {
    (void)device, (void)allocator;
    drop(CALL_DestroySemaphore, semaphore);
}

FAKE(VkResult, GetSemaphoreCounterValue)
(VkDevice device, VkSemaphore semaphore, uint64_t *ret) {
    (void)device;
    note(CALL_GetSemaphoreCounterValue);
    *ret = atomic_load(&((struct object *)(void *)semaphore)->value);
    return VK_SUCCESS;
}

FAKE(VkResult, SignalSemaphore)
(VkDevice device, const VkSemaphoreSignalInfo *info) {
    (void)device;
    note(CALL_SignalSemaphore);
    atomic_store(&((struct object *)(void *)info->semaphore)->value, info->value);
    return VK_SUCCESS;
}

/* Polls: only a wait for what was never submitted waits at all. */
FAKE(VkResult, WaitSemaphores)
(VkDevice device, const VkSemaphoreWaitInfo *info, uint64_t timeout_ns) {
    const struct timespec pause = {0, POLL_NS};
    (void)device;
    note(CALL_WaitSemaphores);
    for (uint32_t i = 0; i < info->semaphoreCount;) {
        struct object *semaphore = (void *)info->pSemaphores[i];
        if (atomic_load(&semaphore->value) >= info->pValues[i]) {
            i++;
            continue;
        }
        if (timeout_ns < POLL_NS)
            return VK_TIMEOUT;
        timeout_ns -= POLL_NS;
        nanosleep(&pause, NULL);
    }
    return VK_SUCCESS;
}

FAKE(VkResult, CreateFence)
(VkDevice device, const VkFenceCreateInfo *info, ALLOCATOR, VkFence *ret) {
    (void)device, (void)info, (void)allocator;
    *ret = (VkFence)(void *)make(CALL_CreateFence);
    return VK_SUCCESS;
}

FAKE(void, DestroyFence)(VkDevice device, VkFence fence, ALLOCATOR) {
    (void)device, (void)allocator;
    drop(CALL_DestroyFence, fence);
}

FAKE(VkResult, GetFenceStatus)(VkDevice device, VkFence fence) {
    (void)device, (void)fence;
    note(CALL_GetFenceStatus);
    return VK_SUCCESS;
}

FAKE(VkResult, WaitForFences)
(VkDevice device, uint32_t count, const VkFence *fences, VkBool32 all,
 uint64_t timeout_ns) {
    (void)device, (void)count, (void)fences, (void)all, (void)timeout_ns;
    note(CALL_WaitForFences);
    return VK_SUCCESS;
}

FAKE(VkResult, CreateCommandPool)
(VkDevice device, const VkCommandPoolCreateInfo *info, ALLOCATOR, VkCommandPool *ret) {
    (void)device, (void)info, (void)allocator;
    *ret = (VkCommandPool)(void *)make(CALL_CreateCommandPool);
    return VK_SUCCESS;
}

/* Command buffers are found again by nobody: they are as long as the process. */
FAKE(void, DestroyCommandPool)(VkDevice device, VkCommandPool pool, ALLOCATOR) {
    (void)device, (void)allocator;
    drop(CALL_DestroyCommandPool, pool);
}

FAKE(VkResult, ResetCommandPool)
(VkDevice device, VkCommandPool pool, VkCommandPoolResetFlags flags) {
    (void)device, (void)pool, (void)flags;
    note(CALL_ResetCommandPool);
    return VK_SUCCESS;
}

FAKE(VkResult, AllocateCommandBuffers)
(VkDevice device, const VkCommandBufferAllocateInfo *info, VkCommandBuffer *ret) {
    (void)device;
    for (uint32_t i = 0; i < info->commandBufferCount; i++)
        ret[i] = (VkCommandBuffer)(void *)make(CALL_AllocateCommandBuffers);
    return VK_SUCCESS;
}

FAKE(void, FreeCommandBuffers)
(VkDevice device, VkCommandPool pool, uint32_t count, const VkCommandBuffer *buffers) {
    (void)device, (void)pool;
    note(CALL_FreeCommandBuffers);
    for (uint32_t i = 0; i < count; i++)
        free(buffers[i]);
}

FAKE(VkResult, ResetCommandBuffer)
(VkCommandBuffer buffer, VkCommandBufferResetFlags flags) {
    (void)buffer, (void)flags;
    note(CALL_ResetCommandBuffer);
    return VK_SUCCESS;
}

FAKE(VkResult, BeginCommandBuffer)
(VkCommandBuffer buffer, const VkCommandBufferBeginInfo *info) {
    (void)info;
    note(CALL_BeginCommandBuffer);
    ((struct object *)(void *)buffer)->dispatches = 0;
    return VK_SUCCESS;
}

FAKE(VkResult, EndCommandBuffer)(VkCommandBuffer buffer) {
    (void)buffer;
    note(CALL_EndCommandBuffer);
    return VK_SUCCESS;
}

FAKE(void, CmdBindPipeline)
(VkCommandBuffer buffer, VkPipelineBindPoint point, VkPipeline pipeline) {
    (void)buffer, (void)point, (void)pipeline;
    note(CALL_CmdBindPipeline);
}

FAKE(void, CmdBindDescriptorSets)
(VkCommandBuffer buffer, VkPipelineBindPoint point, VkPipelineLayout layout,
 uint32_t first, uint32_t count, const VkDescriptorSet *sets, uint32_t offset_count,
 const uint32_t *offsets) {
    (void)buffer, (void)point, (void)layout, (void)first, (void)count, (void)sets;
    (void)offset_count, (void)offsets;
    note(CALL_CmdBindDescriptorSets);
}

FAKE(void, CmdPushDescriptorSetKHR)
(VkCommandBuffer buffer, VkPipelineBindPoint point, VkPipelineLayout layout, uint32_t set,
 uint32_t count, const VkWriteDescriptorSet *writes) {
    (void)point, (void)layout, (void)set;
    note(CALL_CmdPushDescriptorSetKHR);
    for (uint32_t i = 0; i < count; i++)
        if (writes[i].dstBinding == COUNTER)
            ((struct object *)(void *)buffer)->counter =
                (void *)((struct object *)(void *)writes[i].pBufferInfo->buffer)->bytes;
}

FAKE(void, CmdPushConstants)
(VkCommandBuffer buffer, VkPipelineLayout layout, VkShaderStageFlags stages,
 uint32_t offset, uint32_t size, const void *bytes) {
    (void)buffer, (void)layout, (void)stages, (void)offset, (void)size, (void)bytes;
    note(CALL_CmdPushConstants);
}

FAKE(void, CmdDispatch)(VkCommandBuffer buffer, uint32_t x, uint32_t y, uint32_t z) {
    (void)x, (void)y, (void)z;
    note(CALL_CmdDispatch);
    ((struct object *)(void *)buffer)->dispatches++;
}

FAKE(void, CmdPipelineBarrier)
(VkCommandBuffer buffer, VkPipelineStageFlags from, VkPipelineStageFlags to,
 VkDependencyFlags flags, uint32_t count, const VkMemoryBarrier *barriers,
 uint32_t buffer_count, const VkBufferMemoryBarrier *buffers, uint32_t image_count,
 const VkImageMemoryBarrier *images) {
    (void)buffer, (void)from, (void)to, (void)flags, (void)count, (void)barriers;
    (void)buffer_count, (void)buffers, (void)image_count, (void)images;
    note(CALL_CmdPipelineBarrier);
}

static void run(const VkSubmitInfo *info) {
    for (uint32_t i = 0; i < info->commandBufferCount; i++) {
        struct object *buffer = (void *)info->pCommandBuffers[i];
        if (buffer->counter != NULL)
            atomic_fetch_add(buffer->counter, buffer->dispatches);
    }
    for (const VkBaseInStructure *at = info->pNext; at != NULL; at = at->pNext) {
        const VkTimelineSemaphoreSubmitInfo *values = (const void *)at;
        if (at->sType == VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO)
            for (uint32_t i = 0; i < values->signalSemaphoreValueCount; i++)
                atomic_store(
                    &((struct object *)(void *)info->pSignalSemaphores[i])->value,
                    values->pSignalSemaphoreValues[i]);
    }
}

FAKE(VkResult, QueueSubmit)
(VkQueue queue, uint32_t count, const VkSubmitInfo *infos, VkFence fence) {
    (void)queue, (void)fence;
    note(CALL_QueueSubmit);
    for (uint32_t i = 0; i < count; i++)
        run(&infos[i]);
    return VK_SUCCESS;
}

FAKE(VkResult, CreateShaderModule)
(VkDevice device, const VkShaderModuleCreateInfo *info, ALLOCATOR, VkShaderModule *ret) {
    (void)device, (void)info, (void)allocator;
    *ret = (VkShaderModule)(void *)make(CALL_CreateShaderModule);
    return VK_SUCCESS;
}

FAKE(void, DestroyShaderModule)(VkDevice device, VkShaderModule module, ALLOCATOR) {
    (void)device, (void)allocator;
    drop(CALL_DestroyShaderModule, module);
}

FAKE(VkResult, CreateDescriptorSetLayout)
(VkDevice device, const VkDescriptorSetLayoutCreateInfo *info, ALLOCATOR,
 VkDescriptorSetLayout *ret) {
    (void)device, (void)info, (void)allocator;
    *ret = (VkDescriptorSetLayout)(void *)make(CALL_CreateDescriptorSetLayout);
    return VK_SUCCESS;
}

FAKE(void, DestroyDescriptorSetLayout)
(VkDevice device, VkDescriptorSetLayout layout, ALLOCATOR) {
    (void)device, (void)allocator;
    drop(CALL_DestroyDescriptorSetLayout, layout);
}

FAKE(VkResult, CreatePipelineLayout)
(VkDevice device, const VkPipelineLayoutCreateInfo *info, ALLOCATOR,
 VkPipelineLayout *ret) {
    (void)device, (void)info, (void)allocator;
    *ret = (VkPipelineLayout)(void *)make(CALL_CreatePipelineLayout);
    return VK_SUCCESS;
}

FAKE(void, DestroyPipelineLayout)(VkDevice device, VkPipelineLayout layout, ALLOCATOR) {
    (void)device, (void)allocator;
    drop(CALL_DestroyPipelineLayout, layout);
}

FAKE(VkResult, CreateComputePipelines)
(VkDevice device, VkPipelineCache cache, uint32_t count,
 const VkComputePipelineCreateInfo *infos, ALLOCATOR, VkPipeline *ret) {
    (void)device, (void)cache, (void)infos, (void)allocator;
    for (uint32_t i = 0; i < count; i++)
        ret[i] = (VkPipeline)(void *)make(CALL_CreateComputePipelines);
    return VK_SUCCESS;
}

FAKE(void, DestroyPipeline)(VkDevice device, VkPipeline pipeline, ALLOCATOR) {
    (void)device, (void)allocator;
    drop(CALL_DestroyPipeline, pipeline);
}

FAKE(VkResult, CreateDescriptorPool)
(VkDevice device, const VkDescriptorPoolCreateInfo *info, ALLOCATOR,
 VkDescriptorPool *ret) {
    (void)device, (void)info, (void)allocator;
    *ret = (VkDescriptorPool)(void *)make(CALL_CreateDescriptorPool);
    return VK_SUCCESS;
}

FAKE(void, DestroyDescriptorPool)(VkDevice device, VkDescriptorPool pool, ALLOCATOR) {
    (void)device, (void)allocator;
    drop(CALL_DestroyDescriptorPool, pool);
}

FAKE(VkResult, AllocateDescriptorSets)
(VkDevice device, const VkDescriptorSetAllocateInfo *info, VkDescriptorSet *ret) {
    (void)device;
    for (uint32_t i = 0; i < info->descriptorSetCount; i++)
        ret[i] = (VkDescriptorSet)(void *)make(CALL_AllocateDescriptorSets);
    return VK_SUCCESS;
}

FAKE(VkResult, FreeDescriptorSets)
(VkDevice device, VkDescriptorPool pool, uint32_t count, const VkDescriptorSet *sets) {
    (void)device, (void)pool;
    note(CALL_FreeDescriptorSets);
    for (uint32_t i = 0; i < count; i++)
        free((void *)sets[i]);
    return VK_SUCCESS;
}

FAKE(void, UpdateDescriptorSets)
(VkDevice device, uint32_t count, const VkWriteDescriptorSet *writes, uint32_t copy_count,
 const VkCopyDescriptorSet *copies) {
    (void)device, (void)count, (void)writes, (void)copy_count, (void)copies;
    note(CALL_UpdateDescriptorSets);
}

static PFN_vkVoidFunction find(const char *name);

FAKE(PFN_vkVoidFunction, GetDeviceProcAddr)(VkDevice device, const char *name) {
    (void)device;
    note(CALL_GetDeviceProcAddr);
    return find(name);
}

static PFN_vkVoidFunction find(const char *name) {
    static const PFN_vkVoidFunction functions[] = {
#define MP_VK_GLOBAL(name)   (PFN_vkVoidFunction) fake_##name,
#define MP_VK_INSTANCE(name) (PFN_vkVoidFunction) fake_##name,
#define MP_VK_DEVICE(name)   (PFN_vkVoidFunction) fake_##name,
#include "harness/round/vulkan/calls.def"
#undef MP_VK_GLOBAL
#undef MP_VK_INSTANCE
#undef MP_VK_DEVICE
    };
    for (int i = 0; i < CALLS; i++)
        if (strcmp(name, names[i]) == 0)
            return functions[i];
    return NULL;
}

EXPORTED VkResult vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version);
EXPORTED PFN_vkVoidFunction vk_icdGetInstanceProcAddr(VkInstance instance,
                                                      const char *name);

EXPORTED VkResult vk_icdNegotiateLoaderICDInterfaceVersion(uint32_t *version) {
    if (*version > 5)
        *version = 5;
    return VK_SUCCESS;
}

static VKAPI_ATTR void VKAPI_CALL get_nothing(void) {}

/* Without these the system's loader takes no driver. */
static PFN_vkVoidFunction find_for_loader(const char *name) {
    static const char *const unused[] = {
        "vkGetPhysicalDeviceFeatures", "vkGetPhysicalDeviceFormatProperties",
        "vkGetPhysicalDeviceImageFormatProperties",
        "vkGetPhysicalDeviceSparseImageFormatProperties"};
    if (strcmp(name, "vkGetPhysicalDeviceProperties") == 0)
        return (PFN_vkVoidFunction)get_properties;
    for (size_t i = 0; i < sizeof(unused) / sizeof(unused[0]); i++)
        if (strcmp(name, unused[i]) == 0)
            return (PFN_vkVoidFunction)get_nothing;
    return NULL;
}

EXPORTED PFN_vkVoidFunction vk_icdGetInstanceProcAddr(VkInstance instance,
                                                      const char *name) {
    PFN_vkVoidFunction function = find(name);
    (void)instance;
    return function != NULL ? function : find_for_loader(name);
}
