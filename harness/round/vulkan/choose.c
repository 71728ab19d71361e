/* Which GPU of the machine the Vulkan client takes, and which family of its queues.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/choice.h"
#include "harness/round/vulkan/client.h"

#define GPUS_MAX       16
#define EXTENSIONS_MAX 512

const struct mp_option mp_vulkan_settings[] = {
    {.name = "gpu",
     .type = MP_OPTION_TEXT,
     .metavar = "NAME|INDEX",
     .help =
         "the GPU to use, by its index, its name or a part of it, with _ for a blank; "
         "default: a discrete one, else integrated, else any"},
    {.name = "queues",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .fallback = "1",
     .min = 1,
     .max = MP_VULKAN_QUEUES_MAX,
     .help = "queues that the streams share; never more than the family has"},
    {.name = "cache",
     .type = MP_OPTION_FLAG,
     .fallback = "off",
     .help = "lets the driver keep compiled kernels in files, which rounds then share"},
    {.name = NULL},
};

/* Lower is better. */
static int rank_of(VkPhysicalDeviceType type) {
    static const VkPhysicalDeviceType order[] = {
        VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU,
        VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU,
        VK_PHYSICAL_DEVICE_TYPE_VIRTUAL_GPU,
        VK_PHYSICAL_DEVICE_TYPE_CPU,
    };
    int rank = 0;
    while (rank < (int)MP_COUNT(order) && order[rank] != type)
        rank++;
    return rank;
}

/* The GPU that `wanted` names among `count`, or `count` with an error. */
static size_t choose_gpu(const VkPhysicalDeviceProperties2 *properties, size_t count,
                         const char *wanted, struct mp_error *err) {
    const char *names[GPUS_MAX];
    size_t best = 0;
    bool is_ambiguous = false;
    char all[256];
    for (size_t i = 0; i < count; i++) {
        names[i] = properties[i].properties.deviceName;
        if (rank_of(properties[i].properties.deviceType) <
            rank_of(properties[best].properties.deviceType))
            best = i;
    }
    if (wanted[0] != '\0')
        best = mp_choice_find(names, count, wanted, &is_ambiguous);
    if (best == count) {
        mp_choice_list(names, count, count, all, sizeof(all));
        mp_error_set(err, MP_UNSUPPORTED, "gpu=%.64s names %s GPU of this machine: %s",
                     wanted, is_ambiguous ? "more than one" : "no", all);
    }
    return best;
}

/* A family that only computes, else any that does: where a card has both, several queues
 * of a family that also draws are time-sliced (seen on NVIDIA 580). */
static enum mp_status choose_family(struct mp_vulkan_device *vulkan,
                                    struct mp_error *err) {
    VkQueueFamilyProperties family[MP_VULKAN_FAMILIES_MAX];
    uint32_t count = MP_VULKAN_FAMILIES_MAX, chosen = MP_VULKAN_FAMILIES_MAX;
    vulkan->vk.GetPhysicalDeviceQueueFamilyProperties(vulkan->physical, &count, family);
    for (uint32_t i = count; i-- > 0;) {
        bool computes = family[i].queueFlags & VK_QUEUE_COMPUTE_BIT;
        bool draws = family[i].queueFlags & VK_QUEUE_GRAPHICS_BIT;
        if (computes && (chosen == MP_VULKAN_FAMILIES_MAX || !draws))
            chosen = i;
    }
    if (chosen == MP_VULKAN_FAMILIES_MAX)
        return mp_error_set(err, MP_UNSUPPORTED, "%s has no queue for compute",
                            vulkan->properties.deviceName);
    vulkan->family = chosen;
    if (vulkan->queue_count > family[chosen].queueCount)
        vulkan->queue_count = family[chosen].queueCount;
    return MP_OK;
}

enum mp_status mp_vulkan_choose(struct mp_vulkan_device *vulkan, const char *wanted,
                                struct mp_error *err) {
    VkPhysicalDevice found[GPUS_MAX];
    VkPhysicalDeviceProperties2 properties[GPUS_MAX];
    uint32_t count = GPUS_MAX;
    VkResult result =
        vulkan->vk.EnumeratePhysicalDevices(vulkan->instance, &count, found);
    if (result != VK_SUCCESS && result != VK_INCOMPLETE)
        return mp_vulkan_fail(vulkan, "vkEnumeratePhysicalDevices", result, err);
    if (count == 0)
        return mp_error_set(
            err, MP_UNSUPPORTED,
            "Vulkan is installed, but none of its drivers has a GPU here");
    for (uint32_t i = 0; i < count; i++) {
        properties[i] = (VkPhysicalDeviceProperties2){
            .sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2};
        vulkan->vk.GetPhysicalDeviceProperties2(found[i], &properties[i]);
    }
    size_t chosen = choose_gpu(properties, count, wanted, err);
    if (chosen == count)
        return MP_UNSUPPORTED;
    vulkan->physical = found[chosen];
    vulkan->properties = properties[chosen].properties;
    return choose_family(vulkan, err);
}

bool mp_vulkan_has_extension(const struct mp_vulkan_device *vulkan, const char *name) {
    VkExtensionProperties extension[EXTENSIONS_MAX];
    uint32_t count = EXTENSIONS_MAX;
    VkResult result = vulkan->vk.EnumerateDeviceExtensionProperties(
        vulkan->physical, NULL, &count, extension);
    if (result != VK_SUCCESS && result != VK_INCOMPLETE)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(extension[i].extensionName, name) == 0)
            return true;
    return false;
}
