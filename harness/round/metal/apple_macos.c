/* The provider of "metal": Apple's frameworks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>

#include "harness/base/array.h"
#include "harness/round/metal/client.h"
#include "harness/round/objc/send.h"

#define FRAMEWORK(name) "/System/Library/Frameworks/" name ".framework/" name

static enum mp_status load(struct mp_metal_link *ret_link, struct mp_error *err) {
    /* Without CoreGraphics a command-line tool may get no device (Apple's page of
     * MTLCreateSystemDefaultDevice). */
    static const char *const frameworks[] = {FRAMEWORK("CoreGraphics"),
                                             FRAMEWORK("Foundation"), FRAMEWORK("Metal")};
    struct mp_metal_link link = {.pool_library = NULL};
    void *framework = NULL;
    for (size_t i = 0; i < MP_COUNT(frameworks); i++) {
        framework = dlopen(frameworks[i], RTLD_NOW | RTLD_LOCAL);
        if (!framework)
            return mp_error_set(err, MP_UNSUPPORTED, "cannot load %s: %s", frameworks[i],
                                dlerror());
    }
    enum mp_status status = mp_objc_function_find(
        framework, "Metal", "MTLCreateSystemDefaultDevice", &link.create_device, err);
    if (status == MP_OK)
        status = mp_objc_function_find(framework, "Metal", "MTLCopyAllDevices",
                                       &link.copy_devices, err);
    if (status == MP_OK)
        *ret_link = link;
    return status;
}

enum mp_status mp_metal_apple_open(struct mp_device *device,
                                   const struct mp_option_values *values,
                                   struct mp_error *err) {
    struct mp_metal_link link;
    struct mp_metal_device *metal = (struct mp_metal_device *)device;
    enum mp_status status = load(&link, err);
    mp_metal_link_set(&link, values);
    mp_metal_form_read(values, &metal->form);
    if (metal->form.buffers == MP_METAL_BUFFERS_MPS)
        dlopen(FRAMEWORK("MetalPerformanceShaders"), RTLD_NOW | RTLD_LOCAL);
    if (status == MP_OK)
        status = mp_metal_open(metal, &link, err);
    return status;
}

/* Opens and closes a device: a framework that loads does not imply a GPU. */
static enum mp_status probe(struct mp_error *err) {
    struct mp_metal_device metal = {.device = NULL};
    enum mp_status status = mp_metal_apple_open(&metal.base, NULL, err);
    if (status == MP_OK)
        mp_metal_close(&metal.base);
    return status;
}

const struct mp_device_ops mp_metal_device = {
    .name = "metal",
    .summary = "Apple's Metal (macOS)",
    .settings = mp_metal_settings,
    .frames = MP_METAL_FRAMES,
    .finders = MP_METAL_FINDERS,
    .probe = probe,
    .open = mp_metal_apple_open,
    MP_METAL_SLOTS,
};
