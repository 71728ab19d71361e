/* The provider of "mps": Apple's frameworks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>

#include "harness/base/array.h"
#include "harness/round/mps/client.h"

#define FRAMEWORK(name) "/System/Library/Frameworks/" name ".framework/" name

static const struct mp_option settings[] = {
#include "harness/round/metal/settings.def"
#include "harness/round/mps/settings.def"
    {.name = NULL},
};

static enum mp_status load(struct mp_error *err) {
    static const char *const frameworks[] = {FRAMEWORK("MetalPerformanceShaders"),
                                             FRAMEWORK("MetalPerformanceShadersGraph")};
    for (size_t i = 0; i < MP_COUNT(frameworks); i++)
        if (!dlopen(frameworks[i], RTLD_NOW | RTLD_LOCAL))
            return mp_error_set(err, MP_UNSUPPORTED, "cannot load %s: %s", frameworks[i],
                                dlerror());
    return MP_OK;
}

static enum mp_status open_apple(struct mp_device *device,
                                 const struct mp_option_values *values,
                                 struct mp_error *err) {
    enum mp_status status = mp_metal_apple_open(device, values, err);
    if (status != MP_OK)
        return status;
    status = load(err);
    if (status != MP_OK)
        mp_metal_close(device);
    return status == MP_OK ? mp_mps_open((struct mp_mps_device *)device, values, err)
                           : status;
}

/* Opens and closes a device: frameworks that load do not imply a GPU. */
static enum mp_status probe(struct mp_error *err) {
    struct mp_mps_device mps = {.metal = {.device = NULL}};
    struct mp_option_values values;
    mp_option_values_init(&values, settings);
    enum mp_status status = open_apple(&mps.metal.base, &values, err);
    if (status == MP_OK)
        mp_mps_close(&mps.metal.base);
    return status;
}

const struct mp_device_ops mp_mps_device = {
    .name = "mps",
    .summary = "Apple's Metal Performance Shaders and graphs (macOS)",
    .settings = settings,
    .frames = MP_MPS_FRAMES,
    .finders = MP_METAL_FINDERS,
    .probe = probe,
    .open = open_apple,
    MP_MPS_SLOTS,
};
