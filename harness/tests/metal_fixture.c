/* Opening metal@model for tests.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/metal_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness/base/memory.h"
#include "harness/round/device.h"

enum mp_status metal_fixture_open(const char *settings,
                                  struct mp_metal_device **ret_metal,
                                  struct mp_error *err) {
    setenv("MPSTRESS_MODEL", MP_TEST_MODEL, 0);
    struct mp_option_values values;
    mp_option_values_init(&values, mp_metal_model_device.settings);
    enum mp_status status = mp_option_set_list(&values, settings, err);
    if (status != MP_OK)
        return status;
    struct mp_metal_device *metal =
        mp_memory_zeroed(1, mp_metal_model_device.device_size);
    metal->base.ops = &mp_metal_model_device;
    status = mp_metal_model_device.open(&metal->base, &values, err);
    if (status == MP_OK)
        *ret_metal = metal;
    else
        free(metal);
    return status;
}

struct mp_metal_device *metal_fixture_open_default(void) {
    struct mp_metal_device *metal = NULL;
    struct mp_error err = {""};
    if (metal_fixture_open("", &metal, &err) != MP_OK)
        fail_msg("cannot open metal@model: %s", err.text);
    return metal;
}

void metal_fixture_close(struct mp_metal_device *metal) {
    metal->base.ops->close(&metal->base);
    free(metal);
}

struct mp_device_buffer *metal_fixture_buffer(struct mp_metal_device *metal,
                                              const float *values, size_t count) {
    struct mp_device_buffer *buffer = NULL;
    struct mp_error err = {""};
    if (mp_metal_buffer_create(&metal->base, count * sizeof(float), &buffer, &err) !=
        MP_OK)
        fail_msg("no buffer: %s", err.text);
    if (values)
        memcpy(mp_metal_buffer_contents(buffer), values, count * sizeof(float));
    else
        memset(mp_metal_buffer_contents(buffer), 0, count * sizeof(float));
    return buffer;
}
