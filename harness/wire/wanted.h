/* Which failures a hunt is after.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_WANTED_H
#define MP_WIRE_WANTED_H

#include <stdbool.h>
#include <string.h>

/* Whether a failure with this signature is wanted: `wanted` is a part of its key or
 * title; NULL: every failure is. Key and title are NULL without a signature. */
static inline bool mp_wanted(const char *wanted, const char *key, const char *title) {
    return wanted == NULL || (key != NULL && strstr(key, wanted) != NULL) ||
           (title != NULL && strstr(title, wanted) != NULL);
}

#endif
