/* The provider of "mps@model": Metal Performance Shaders of the software model.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/mps/client.h"

static const struct mp_option settings[] = {
#include "harness/round/metal/model_settings.def"
#include "harness/round/mps/settings.def"
    {.name = NULL},
};

static enum mp_status open_model(struct mp_device *device,
                                 const struct mp_option_values *values,
                                 struct mp_error *err) {
    enum mp_status status = mp_metal_model_open(device, values, err);
    return status == MP_OK ? mp_mps_open((struct mp_mps_device *)device, values, err)
                           : status;
}

const struct mp_device_ops mp_mps_model_device = {
    .name = "mps@model",
    .summary = "the MPS client on a software model of the driver",
    .settings = settings,
    .planted = "defects=destroy_race,reader=U",
    .harmless = "defects=none,commit=locked,!validation=on,!scar",
    .frames = "libmpmodel " MP_MPS_FRAMES,
    .finders = "metal_validation malloc_scribble",
    .probe = mp_metal_model_probe,
    .open = open_model,
    MP_MPS_SLOTS,
};
