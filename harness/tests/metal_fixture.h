/* Opening metal@model for tests, below the checked layer of the device table.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_METAL_FIXTURE_H
#define MP_TESTS_METAL_FIXTURE_H

#include "harness/round/metal/client.h"

/* Opens metal@model with `settings` ("reader=U"). Owned by the caller. */
enum mp_status metal_fixture_open(const char *settings,
                                  struct mp_metal_device **ret_metal,
                                  struct mp_error *err);
/* The same, asserted, with defaults. */
struct mp_metal_device *metal_fixture_open_default(void);
void metal_fixture_close(struct mp_metal_device *metal);

/* Makes a buffer and fills it with `count` floats (zeros if `values` is NULL). */
struct mp_device_buffer *metal_fixture_buffer(struct mp_metal_device *metal,
                                              const float *values, size_t count);

#endif
