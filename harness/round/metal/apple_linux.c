/* The provider of "metal" on systems without Apple's frameworks: reports just that.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/metal/client.h"

static enum mp_status probe(struct mp_error *err) {
    return mp_error_set(err, MP_UNSUPPORTED,
                        "Apple's Metal exists on macOS only; use metal@model");
}

static enum mp_status open_apple(struct mp_device *device,
                                 const struct mp_option_values *values,
                                 struct mp_error *err) {
    (void)device, (void)values;
    return probe(err);
}

const struct mp_device_ops mp_metal_device = {
    .name = "metal",
    .summary = "Apple's Metal (macOS)",
    .settings = mp_metal_settings,
    .frames = MP_METAL_FRAMES,
    .finders = MP_METAL_FINDERS,
    .probe = probe,
    .open = open_apple,
    MP_METAL_SLOTS,
};
