/* Finds them by name. Knows no values.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/variables.h"

#include <stdio.h>
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

bool mp_variable_matters(const char *entry) {
    for (size_t i = 0; i < MP_COUNT(names); i++)
        if (strncmp(entry, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

bool mp_variables_find(char *ret_name, size_t size) {
    for (char **entry = environ; *entry != NULL; entry++) {
        if (mp_variable_matters(*entry)) {
            snprintf(ret_name, size, "%.*s", (int)strcspn(*entry, "="), *entry);
            return true;
        }
    }
    return false;
}
