/* Looks up the functions of calls.def. A function is stored by its place in the struct.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/round/vulkan/client.h"

static const struct {
    enum mp_vulkan_scope scope;
    size_t offset;
    const char *name;
} calls[] = {
#define MP_VK_GLOBAL(name)                                                               \
    {MP_VULKAN_GLOBAL, offsetof(struct mp_vulkan_calls, name), "vk" #name},
#define MP_VK_INSTANCE(name)                                                             \
    {MP_VULKAN_INSTANCE, offsetof(struct mp_vulkan_calls, name), "vk" #name},
#define MP_VK_DEVICE(name)                                                               \
    {MP_VULKAN_DEVICE, offsetof(struct mp_vulkan_calls, name), "vk" #name},
#include "harness/round/vulkan/calls.def"
#undef MP_VK_GLOBAL
#undef MP_VK_INSTANCE
#undef MP_VK_DEVICE
};

enum mp_status mp_vulkan_calls_find(struct mp_vulkan_device *vulkan,
                                    enum mp_vulkan_scope scope, struct mp_error *err) {
    struct mp_vulkan_calls *vk = &vulkan->vk;
    for (size_t i = 0; i < MP_COUNT(calls); i++) {
        PFN_vkVoidFunction function = NULL;
        if (calls[i].scope != scope)
            continue;
        if (scope == MP_VULKAN_DEVICE)
            function = vk->GetDeviceProcAddr(vulkan->device, calls[i].name);
        else
            function = vk->GetInstanceProcAddr(vulkan->instance, calls[i].name);
        if (!function)
            return mp_error_set(err, MP_UNSUPPORTED, "the driver has no %s",
                                calls[i].name);
        memcpy((char *)vk + calls[i].offset, &function, sizeof(function));
    }
    return MP_OK;
}
