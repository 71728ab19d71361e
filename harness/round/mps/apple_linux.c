/* The provider of "mps" on systems without Apple's frameworks: reports just that.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/mps/client.h"

static const struct mp_option settings[] = {
#include "harness/round/metal/settings.def"
#include "harness/round/mps/settings.def"
    {.name = NULL},
};

static enum mp_status probe(struct mp_error *err) {
    return mp_error_set(err, MP_UNSUPPORTED,
                        "Apple's Metal Performance Shaders exist on macOS only; use "
                        "mps@model");
}

static enum mp_status open_apple(struct mp_device *device,
                                 const struct mp_option_values *values,
                                 struct mp_error *err) {
    (void)device, (void)values;
    return probe(err);
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
