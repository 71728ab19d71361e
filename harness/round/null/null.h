/* The device without a driver: ops run on the CPU, and on request it fails like a broken
 * driver. The test bed for everything that watches rounds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_NULL_NULL_H
#define MP_NULL_NULL_H

#include "harness/round/device.h"

extern const struct mp_device_ops mp_null_device;

#endif
