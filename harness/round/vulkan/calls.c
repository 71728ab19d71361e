/* Looks up the functions of calls.def, and says where they are. A function is stored by
 * its place in the struct.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/round/image/image.h"
#include "harness/round/vulkan/client.h"
#include "harness/wire/method_list.h"

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

enum mp_status mp_vulkan_list_entries(struct mp_device *device, const char *path,
                                      struct mp_strbuf *buf, struct mp_error *err) {
    const struct mp_vulkan_device *vulkan = (const void *)device;
    bool has_head = false;
    for (size_t i = 0; i < MP_COUNT(calls); i++) {
        char found[4096], build[MP_CRASH_ID_MAX];
        const void *address = NULL;
        uint64_t offset = 0;
        memcpy(&address, (const char *)&vulkan->vk + calls[i].offset, sizeof(address));
        if (!mp_image_holds(path, address, &offset))
            continue;
        if (!has_head) {
            mp_image_describe(address, found, sizeof(found), build, sizeof(build));
            mp_method_list_write_head(build, buf);
        }
        has_head = true;
        mp_method_list_write(offset, calls[i].name, buf);
    }
    if (!has_head)
        return mp_error_set(err, MP_NOT_FOUND,
                            "%.200s holds no function that device %s calls", path,
                            device->ops->name);
    mp_method_list_write_end(buf);
    return MP_OK;
}
