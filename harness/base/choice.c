/* Finds what a user means among names.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The index that `wanted` is, or -1. */
static long index_of(const char *wanted) {
    char *end = NULL;
    long index = strtol(wanted, &end, 10);
    return end != wanted && *end == '\0' && index >= 0 ? index : -1;
}

size_t mp_choice_find(const char *const *names, size_t count, const char *wanted,
                      bool *ret_is_ambiguous) {
    long index = index_of(wanted);
    size_t part = count;
    unsigned parts = 0;
    *ret_is_ambiguous = false;
    if (index >= 0)
        return (size_t)index < count ? (size_t)index : count;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], wanted) == 0)
            return i;
        if (strstr(names[i], wanted)) {
            part = i;
            parts++;
        }
    }
    *ret_is_ambiguous = parts > 1;
    return parts == 1 ? part : count;
}

void mp_choice_list(const char *const *names, size_t count, size_t but, char *buf,
                    size_t size) {
    size_t len = 0;
    buf[0] = '\0';
    for (size_t i = 0; i < count && len + 1 < size; i++)
        if (i != but)
            len += (size_t)snprintf(buf + len, size - len, "%s%zu %s",
                                    len > 0 ? ", " : "", i, names[i]);
}
