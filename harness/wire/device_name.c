/* Parses device names.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/device_name.h"

#include <stddef.h>
#include <string.h>

#include "harness/wire/program.h"
#include "harness/wire/round_spec.h"

/* Whether the `len` bytes at `text` are `word`. */
static bool is_word(const char *text, size_t len, const char *word) {
    return len == strlen(word) && memcmp(text, word, len) == 0;
}

bool mp_device_name_is_real(const char *device) {
    size_t len = strcspn(device, ":");
    return !is_word(device, len, "null") && !is_word(device, len, MP_PROGRAM_DEVICE) &&
           !mp_device_name_is_model(device);
}

bool mp_device_name_is_software(const char *device) {
    return mp_device_name_is_real(device) &&
           memchr(device, '@', strcspn(device, ":")) != NULL;
}

bool mp_device_name_uses_gpu(const char *device) {
    return mp_device_name_is_real(device) && !mp_device_name_is_software(device);
}

bool mp_device_name_is_of(const char *device, const char *client) {
    return is_word(device, strcspn(device, "@:"), client);
}

bool mp_device_name_is_program(const char *device) {
    return strcmp(device, MP_PROGRAM_DEVICE) == 0;
}

bool mp_device_name_is_model(const char *device) {
    size_t len = strcspn(device, ":");
    const char *provider = memchr(device, '@', len);
    return provider != NULL &&
           is_word(provider + 1, len - (size_t)(provider + 1 - device), "model");
}

enum mp_status mp_device_name_split(const char *device, char *ret_name,
                                    const char **ret_settings, struct mp_error *err) {
    size_t len = strcspn(device, ":");
    if (len == 0 || len >= MP_SPEC_NAME_MAX)
        return mp_error_set(err, MP_USAGE,
                            "'%.64s' is not a device: write NAME or "
                            "NAME:setting=value,...",
                            device);
    memcpy(ret_name, device, len);
    ret_name[len] = '\0';
    *ret_settings = device + len + (device[len] == ':');
    return MP_OK;
}
