/* Finds them by name. Knows no values.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/variables.h"

#include <stdbool.h>
#include <string.h>

#include "harness/base/array.h"

extern char **environ;

/* Whole names end in '='. */
static const char *const names[] = {
    "MTL_",
    "METAL_",
    "MPS_",
    "Malloc",
    "MALLOC_",
    "GLIBC_TUNABLES=",
    "OBJC_",
    "DYLD_",
    "VK_",
    "MESA_",
    "LP_NUM_THREADS=",
    "GALLIUM_",
    "MVK_",
    "__GL_",
    "MPSTRESS_LAVAPIPE=",
    "NSZombieEnabled=",
    "NSDeallocateZombies=",
};

static bool matters(const char *entry) {
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

const char *mp_variables_next(const char *last) {
    const char *next = NULL;
    for (char **at = environ; *at != NULL; at++) {
        bool is_later = last == NULL || strcmp(*at, last) > 0;
        if (is_later && (next == NULL || strcmp(*at, next) < 0) && matters(*at))
            next = *at;
    }
    return next;
}
