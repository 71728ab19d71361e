/* Reads --vary.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/variants.h"

#include <stdio.h>
#include <string.h>

enum mp_status mp_variants_read(const char *text, char (*ret_arm)[MP_SPEC_ARM_MAX],
                                size_t max, size_t *ret_count, struct mp_error *err) {
    int len = (int)strcspn(text, "=");
    const char *at = text + len;
    size_t count = 0;
    if (len == 0 || strchr(at, '|') == NULL)
        return mp_error_set(err, MP_USAGE,
                            "--vary '%.80s' is not written NAME=VALUE|VALUE, the control "
                            "first",
                            text);
    for (; *at != '\0'; at += strcspn(at + 1, "|") + 1) {
        size_t size = strcspn(at + 1, "|");
        if (count == max)
            return mp_error_set(err, MP_LIMIT, "--vary has more than %zu values", max);
        if (size == 0 || (size_t)len + size + 6 > MP_SPEC_ARM_MAX)
            return mp_error_set(err, MP_USAGE, "--vary '%.80s': value %zu is %s", text,
                                count + 1, size == 0 ? "empty" : "too long");
        snprintf(ret_arm[count++], MP_SPEC_ARM_MAX, "set:%.*s=%.*s", len, text, (int)size,
                 at + 1);
    }
    *ret_count = count;
    return MP_OK;
}
