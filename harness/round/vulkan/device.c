/* The Vulkan device: instance, device, facts, buffers. Kernels are in pipeline.c, streams
 * in stream.c, the ways to a driver in link.c.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/round/image/image.h"
#include "harness/round/vulkan/client.h"
#include "harness/round/vulkan/validation.h"

#define INSTANCE_EXTENSIONS_MAX 256

/* MoltenVK is hidden without the first, and requires the second where it has it
 * (VK_KHR_portability_enumeration, VK_KHR_portability_subset). */
#define PORTABILITY_ENUMERATION "VK_KHR_portability_enumeration"
#define PORTABILITY_FLAG        0x00000001
#define PORTABILITY_SUBSET      "VK_KHR_portability_subset"

static struct mp_vulkan_device *vulkan_of(struct mp_device *device) {
    return (struct mp_vulkan_device *)(void *)device;
}

static bool has_portability(const struct mp_vulkan_device *vulkan) {
    VkExtensionProperties extension[INSTANCE_EXTENSIONS_MAX];
    uint32_t count = INSTANCE_EXTENSIONS_MAX;
    VkResult result =
        vulkan->vk.EnumerateInstanceExtensionProperties(NULL, &count, extension);
    if (result != VK_SUCCESS && result != VK_INCOMPLETE)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(extension[i].extensionName, PORTABILITY_ENUMERATION) == 0)
            return true;
    return false;
}

static enum mp_status create_instance(struct mp_vulkan_device *vulkan, bool is_validated,
                                      struct mp_error *err) {
    const char *extensions[2];
    const VkApplicationInfo application = {
        .sType = VK_STRUCTURE_TYPE_APPLICATION_INFO,
        .pApplicationName = "mpstress",
        .apiVersion = VK_API_VERSION_1_2,
    };
    VkInstanceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO,
        .pApplicationInfo = &application,
        .ppEnabledExtensionNames = extensions,
    };
    enum mp_status status = mp_vulkan_calls_find(vulkan, MP_VULKAN_GLOBAL, err);
    if (status != MP_OK)
        return status;
    if (has_portability(vulkan)) {
        info.flags = PORTABILITY_FLAG;
        extensions[info.enabledExtensionCount++] = PORTABILITY_ENUMERATION;
    }
    if (is_validated) {
        status = mp_vulkan_validation_check(vulkan, err);
        if (status != MP_OK)
            return status;
        extensions[info.enabledExtensionCount++] = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    }
    VkResult result = vulkan->vk.CreateInstance(&info, NULL, &vulkan->instance);
    if (result == VK_ERROR_INCOMPATIBLE_DRIVER)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "Vulkan is installed, but no driver for it works here");
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(vulkan, "vkCreateInstance", result, err);
    status = mp_vulkan_calls_find(vulkan, MP_VULKAN_INSTANCE, err);
    if (status == MP_OK && is_validated)
        status = mp_vulkan_validation_begin(vulkan, err);
    return status;
}

/* Whether the chosen device has what this client needs. */
static enum mp_status check_features(const struct mp_vulkan_device *vulkan,
                                     struct mp_error *err) {
    const char *missing = NULL;
    VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES};
    VkPhysicalDeviceFeatures2 features = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2, .pNext = &timeline};
    vulkan->vk.GetPhysicalDeviceFeatures2(vulkan->physical, &features);
    if (vulkan->properties.apiVersion < VK_API_VERSION_1_2)
        missing = "Vulkan 1.2";
    else if (!timeline.timelineSemaphore)
        missing = "timeline semaphores";
    else if (!mp_vulkan_has_extension(vulkan, VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME))
        missing = VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME;
    if (!missing)
        return MP_OK;
    return mp_error_set(err, MP_UNSUPPORTED, "the driver of %s has no %s",
                        vulkan->properties.deviceName, missing);
}

enum mp_status mp_vulkan_device_make(struct mp_vulkan_device *vulkan,
                                     struct mp_error *err) {
    static const char *const extensions[] = {VK_KHR_PUSH_DESCRIPTOR_EXTENSION_NAME,
                                             PORTABILITY_SUBSET};
    static const float priorities[MP_VULKAN_QUEUES_MAX] = {0};
    const VkPhysicalDeviceTimelineSemaphoreFeatures timeline = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_TIMELINE_SEMAPHORE_FEATURES,
        .timelineSemaphore = VK_TRUE,
    };
    const VkDeviceQueueCreateInfo queues = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO,
        .queueFamilyIndex = vulkan->family,
        .queueCount = vulkan->queue_count,
        .pQueuePriorities = priorities,
    };
    const VkDeviceCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO,
        .pNext = &timeline,
        .queueCreateInfoCount = 1,
        .pQueueCreateInfos = &queues,
        .enabledExtensionCount =
            mp_vulkan_has_extension(vulkan, PORTABILITY_SUBSET) ? 2 : 1,
        .ppEnabledExtensionNames = extensions,
    };
    VkResult result =
        vulkan->vk.CreateDevice(vulkan->physical, &info, NULL, &vulkan->device);
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(vulkan, "vkCreateDevice", result, err);
    enum mp_status status = mp_vulkan_calls_find(vulkan, MP_VULKAN_DEVICE, err);
    for (uint32_t i = 0; status == MP_OK && i < vulkan->queue_count; i++) {
        struct mp_vulkan_queue *queue = &vulkan->queue[i];
        vulkan->vk.GetDeviceQueue(vulkan->device, vulkan->family, i, &queue->queue);
        pthread_mutex_init(&queue->lock, NULL);
    }
    return status;
}

/* What else decides how a round goes, as words. Layers come from the environment only:
 * this client enables none. */
static void write_facts(struct mp_vulkan_device *vulkan, const char *via, bool cache) {
    VkPhysicalDeviceDriverProperties driver = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {
        .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &driver};
    const uint32_t api = vulkan->properties.apiVersion;
    const char *layers = getenv("VK_INSTANCE_LAYERS");
    VkQueueFamilyProperties family[MP_VULKAN_FAMILIES_MAX];
    uint32_t count = MP_VULKAN_FAMILIES_MAX;
    vulkan->vk.GetPhysicalDeviceProperties2(vulkan->physical, &properties);
    vulkan->vk.GetPhysicalDeviceQueueFamilyProperties(vulkan->physical, &count, family);
    snprintf(vulkan->facts, sizeof(vulkan->facts),
             "via=%s driver=%.40s %.60s api=%u.%u.%u family=%u/%u queues=%u/%u "
             "layers=%.60s cache=%s",
             via, driver.driverName, driver.driverInfo, VK_API_VERSION_MAJOR(api),
             VK_API_VERSION_MINOR(api), VK_API_VERSION_PATCH(api), vulkan->family, count,
             vulkan->queue_count, family[vulkan->family].queueCount,
             layers && layers[0] ? layers : "none", cache ? "on" : "off");
}

enum mp_status mp_vulkan_open(struct mp_vulkan_device *vulkan, const char *via,
                              const struct mp_option_values *settings,
                              struct mp_error *err) {
    char wanted[MP_OPTION_TEXT_MAX];
    snprintf(wanted, sizeof(wanted), "%s", mp_option_get(settings, "gpu")->text);
    /* A device is one word of a spec. */
    for (char *at = wanted; (at = strchr(at, '_')) != NULL;)
        *at = ' ';
    vulkan->is_named = wanted[0] != '\0';
    vulkan->queue_count = (uint32_t)mp_option_get(settings, "queues")->integer;
    /* Only a loader has layers. */
    bool is_validated = strcmp(via, "loader") == 0 && mp_vulkan_validation_is_wanted();
    enum mp_status status = create_instance(vulkan, is_validated, err);
    if (status == MP_OK)
        status = mp_vulkan_choose(vulkan, wanted, err);
    if (status == MP_OK)
        status = check_features(vulkan, err);
    if (status == MP_OK)
        status = mp_vulkan_device_make(vulkan, err);
    if (status == MP_OK)
        write_facts(vulkan, via, mp_option_get(settings, "cache")->integer != 0);
    else
        mp_vulkan_close(&vulkan->base);
    return status;
}

void mp_vulkan_close(struct mp_device *device) {
    struct mp_vulkan_device *vulkan = vulkan_of(device);
    mp_vulkan_pipelines_destroy(vulkan);
    if (vulkan->device && vulkan->vk.DestroyDevice)
        vulkan->vk.DestroyDevice(vulkan->device, NULL);
    mp_vulkan_validation_end(vulkan);
    if (vulkan->instance && vulkan->vk.DestroyInstance)
        vulkan->vk.DestroyInstance(vulkan->instance, NULL);
    vulkan->device = NULL;
    vulkan->instance = NULL;
    mp_vulkan_unlink(vulkan);
}

bool mp_vulkan_refuses_misuse(const struct mp_device *device) {
    const struct mp_vulkan_device *vulkan = (const void *)device;
    return vulkan->properties.deviceType != VK_PHYSICAL_DEVICE_TYPE_CPU &&
           !vulkan->is_named;
}

void mp_vulkan_info(struct mp_device *device, struct mp_driver *ret_driver) {
    const struct mp_vulkan_device *vulkan = vulkan_of(device);
    const void *address = NULL;
    snprintf(ret_driver->gpu, sizeof(ret_driver->gpu), "%.63s",
             vulkan->properties.deviceName);
    snprintf(ret_driver->facts, sizeof(ret_driver->facts), "%s", vulkan->facts);
    /* The library behind a call that vkGetDeviceProcAddr gave is the driver, or a layer
     * that stands before it. */
    memcpy(&address, &vulkan->vk.CmdDispatch, sizeof(address));
    mp_image_describe(address, ret_driver->path, sizeof(ret_driver->path), ret_driver->id,
                      sizeof(ret_driver->id));
}

/* Memory that the host sees without flushes, cached where there is such. */
static uint32_t find_memory_type(const struct mp_vulkan_device *vulkan, uint32_t among) {
    const VkMemoryPropertyFlags needed =
        VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;
    const VkMemoryPropertyFlags wanted = needed | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    VkPhysicalDeviceMemoryProperties memory;
    uint32_t found = VK_MAX_MEMORY_TYPES;
    vulkan->vk.GetPhysicalDeviceMemoryProperties(vulkan->physical, &memory);
    for (uint32_t i = memory.memoryTypeCount; i-- > 0;) {
        VkMemoryPropertyFlags flags = memory.memoryTypes[i].propertyFlags;
        bool is_usable = (among & (1u << i)) != 0 && (flags & needed) == needed;
        bool is_cached = (flags & wanted) == wanted;
        if (is_usable && (found == VK_MAX_MEMORY_TYPES || is_cached))
            found = i;
    }
    return found;
}

/* Gives the new `buffer` its memory. */
static enum mp_status back(struct mp_vulkan_device *vulkan,
                           struct mp_device_buffer *buffer, struct mp_error *err) {
    const struct mp_vulkan_calls *vk = &vulkan->vk;
    VkMemoryRequirements needs;
    vk->GetBufferMemoryRequirements(vulkan->device, buffer->buffer, &needs);
    const VkMemoryAllocateInfo info = {
        .sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO,
        .allocationSize = needs.size,
        .memoryTypeIndex = find_memory_type(vulkan, needs.memoryTypeBits),
    };
    if (info.memoryTypeIndex == VK_MAX_MEMORY_TYPES)
        return mp_error_set(err, MP_UNSUPPORTED,
                            "%s has no host-visible, host-coherent memory",
                            vulkan->properties.deviceName);
    VkResult result = vk->AllocateMemory(vulkan->device, &info, NULL, &buffer->memory);
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(vulkan, "vkAllocateMemory", result, err);
    result = vk->BindBufferMemory(vulkan->device, buffer->buffer, buffer->memory, 0);
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(vulkan, "vkBindBufferMemory", result, err);
    result = vk->MapMemory(vulkan->device, buffer->memory, 0, VK_WHOLE_SIZE, 0,
                           &buffer->contents);
    if (result != VK_SUCCESS)
        return mp_vulkan_fail(vulkan, "vkMapMemory", result, err);
    /* Mesa 25.0.7 reports success and gives what its mmap returned when it failed. */
    if (buffer->contents == NULL || buffer->contents == (void *)-1)
        return mp_error_set(err, MP_DEVICE,
                            "vkMapMemory returned VK_SUCCESS and the address %p",
                            buffer->contents);
    return MP_OK;
}

enum mp_status mp_vulkan_buffer_create(struct mp_device *device, size_t size,
                                       struct mp_device_buffer **ret_buffer,
                                       struct mp_error *err) {
    struct mp_vulkan_device *vulkan = vulkan_of(device);
    const VkBufferCreateInfo info = {
        .sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO,
        .size = size > 0 ? size : 1,
        .usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT,
        .sharingMode = VK_SHARING_MODE_EXCLUSIVE,
    };
    struct mp_device_buffer *buffer = mp_memory_zeroed(1, sizeof(*buffer));
    enum mp_status status = MP_OK;
    buffer->size = size;
    VkResult result =
        vulkan->vk.CreateBuffer(vulkan->device, &info, NULL, &buffer->buffer);
    if (result != VK_SUCCESS)
        status = mp_vulkan_fail(vulkan, "vkCreateBuffer", result, err);
    else
        status = back(vulkan, buffer, err);
    if (status == MP_OK)
        *ret_buffer = buffer;
    else
        mp_vulkan_buffer_destroy(device, buffer);
    return status;
}

void mp_vulkan_buffer_destroy(struct mp_device *device, struct mp_device_buffer *buffer) {
    const struct mp_vulkan_device *vulkan = vulkan_of(device);
    vulkan->vk.DestroyBuffer(vulkan->device, buffer->buffer, NULL);
    vulkan->vk.FreeMemory(vulkan->device, buffer->memory, NULL);
    free(buffer);
}

void *mp_vulkan_buffer_contents(struct mp_device_buffer *buffer) {
    return buffer->contents;
}
