/* The two providers of Vulkan: what the system's loader offers, and Mesa's software
 * driver lavapipe without a loader.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/vulkan/client.h"

static struct mp_vulkan_device *vulkan_of(struct mp_device *device) {
    return (struct mp_vulkan_device *)(void *)device;
}

static enum mp_status open_loader(struct mp_device *device,
                                  const struct mp_option_values *settings,
                                  struct mp_error *err) {
    struct mp_vulkan_device *vulkan = vulkan_of(device);
    enum mp_status status = mp_vulkan_link_loader(settings, device->unloads, &vulkan->vk,
                                                  &vulkan->library, err);
    if (status == MP_OK)
        return mp_vulkan_open(vulkan, "loader", settings, err);
    mp_vulkan_unlink(vulkan);
    return status;
}

static enum mp_status open_lavapipe(struct mp_device *device,
                                    const struct mp_option_values *settings,
                                    struct mp_error *err) {
    struct mp_vulkan_device *vulkan = vulkan_of(device);
    enum mp_status status = mp_vulkan_link_lavapipe(settings, device->unloads,
                                                    &vulkan->vk, &vulkan->library, err);
    if (status == MP_OK)
        return mp_vulkan_open(vulkan, "direct", settings, err);
    mp_vulkan_unlink(vulkan);
    return status;
}

static enum mp_status probe_loader(struct mp_error *err) {
    struct mp_vulkan_calls calls = {0};
    void *stays = NULL;
    return mp_vulkan_link_loader(NULL, false, &calls, &stays, err);
}

static enum mp_status probe_lavapipe(struct mp_error *err) {
    struct mp_vulkan_calls calls = {0};
    void *stays = NULL;
    return mp_vulkan_link_lavapipe(NULL, false, &calls, &stays, err);
}

const struct mp_device_ops mp_vulkan_device = {
    .name = "vulkan",
    .summary = "Vulkan: a driver of this machine, by the system's loader",
    .how =
        "Compute on one family of queues. Each stream has a timeline semaphore; "
        "streams share the queues, each behind the lock that Vulkan asks of its "
        "client. Shader caches are off, and so are implicit layers; explicit ones "
        "are taken from VK_INSTANCE_LAYERS and stand in the facts. Controls that would "
        "submit torn command buffers run on a software driver only, or on a GPU that "
        "gpu= names.",
    .finders = "validation malloc_scribble",
    .probe = probe_loader,
    .open = open_loader,
    MP_VULKAN_SLOTS,
};

const struct mp_device_ops mp_vulkan_lavapipe_device = {
    .name = "vulkan@lavapipe",
    .summary = "Vulkan: Mesa's lavapipe, a real driver that runs kernels on the CPU",
    .how = "The driver's library is opened without the loader, so that neither layers "
           "nor other drivers matter; MPSTRESS_LAVAPIPE may name another build of it. "
           "It says nothing about the driver of a GPU.",
    .finders = "malloc_scribble",
    .probe = probe_lavapipe,
    .open = open_lavapipe,
    MP_VULKAN_SLOTS,
};
