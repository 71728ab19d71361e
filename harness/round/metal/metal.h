/* The Metal client as two rows of the device table: one client in plain C, two providers.
 * Whatever is common to all devices (stream pool, arms, checks) is not here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_METAL_METAL_H
#define MP_ROUND_METAL_METAL_H

#include "harness/round/device.h"

/* "metal@model": the driver is the software model, libmpmodel. Searched for at
 * $MPSTRESS_MODEL, then next to the program, then in ../lib/mpstress. */
extern const struct mp_device_ops mp_metal_model_device;

/* "metal": Apple's frameworks. On other systems than macOS probe and open return
 * MP_UNSUPPORTED. */
extern const struct mp_device_ops mp_metal_device;

#endif
