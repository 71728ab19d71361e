/* Reads the number of an arm.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/arm_text.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

enum mp_status mp_arm_text_read(const char *text, const struct mp_option *row,
                                unsigned *ret_number, struct mp_error *err) {
    int len = (int)strcspn(text, "=");
    if (row == NULL || row->name == NULL) {
        *ret_number = 1;
        return text[len] == '\0'
                   ? MP_OK
                   : mp_error_set(err, MP_USAGE, "arm '%s' takes no value: write %.*s",
                                  text, len, text);
    }
    if (text[len] == '\0')
        return mp_error_set(err, MP_USAGE, "arm %s wants a number, as in %s=2 (%s)", text,
                            text, row->help);
    /* A round's stack may be small. */
    struct mp_option_values *values = mp_memory_zeroed(1, sizeof(*values));
    mp_option_values_init(values, row);
    enum mp_status status = mp_option_set(values, row->name, text + len + 1, err);
    if (status == MP_OK)
        *ret_number = (unsigned)values->value[0].integer;
    else
        mp_error_prefix(err, "arm %.*s", len, text);
    free(values);
    return status;
}

bool mp_arm_text_spawns(const char *text) {
    return strncmp(text, "processes=", strlen("processes=")) == 0;
}
