/* What a VkResult means: its name, and the status that it is for the harness.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "harness/base/array.h"
#include "harness/round/vulkan/client.h"

#define NAMED(result)                                                                    \
    { result, #result }

static const struct {
    VkResult result;
    const char *name;
} names[] = {
    NAMED(VK_NOT_READY),
    NAMED(VK_TIMEOUT),
    NAMED(VK_INCOMPLETE),
    NAMED(VK_ERROR_OUT_OF_HOST_MEMORY),
    NAMED(VK_ERROR_OUT_OF_DEVICE_MEMORY),
    NAMED(VK_ERROR_INITIALIZATION_FAILED),
    NAMED(VK_ERROR_DEVICE_LOST),
    NAMED(VK_ERROR_MEMORY_MAP_FAILED),
    NAMED(VK_ERROR_LAYER_NOT_PRESENT),
    NAMED(VK_ERROR_EXTENSION_NOT_PRESENT),
    NAMED(VK_ERROR_FEATURE_NOT_PRESENT),
    NAMED(VK_ERROR_INCOMPATIBLE_DRIVER),
    NAMED(VK_ERROR_TOO_MANY_OBJECTS),
    NAMED(VK_ERROR_INVALID_SHADER_NV),
    NAMED(VK_ERROR_UNKNOWN),
};

const char *mp_vulkan_result_name(VkResult result, char *buf, size_t size) {
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (names[i].result == result)
            return names[i].name;
    snprintf(buf, size, "VkResult %d", (int)result);
    return buf;
}

enum mp_status mp_vulkan_fail(struct mp_vulkan_device *vulkan, const char *call,
                              VkResult result, struct mp_error *err) {
    char buf[32];
    const char *name = mp_vulkan_result_name(result, buf, sizeof(buf));
    bool is_memory =
        result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY;
    if (result == VK_ERROR_DEVICE_LOST)
        atomic_store(&vulkan->is_lost, true);
    if (!is_memory)
        mp_round_page_note_error(vulkan->base.gpu_error, "VkResult", result, name);
    return mp_error_set(err, is_memory ? MP_LIMIT : MP_DEVICE, "%s returned %s", call,
                        name);
}
