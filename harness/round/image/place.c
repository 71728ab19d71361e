/* Where code lies, as the loader of either system says it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE /* dladdr */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "harness/round/image/image.h"

bool mp_image_holds(const char *path, const void *address, uint64_t *ret_offset) {
    Dl_info info;
    char found[4096], wanted[4096];
    if (dladdr(address, &info) == 0 || info.dli_fname == NULL)
        return false;
    bool is_same = strcmp(info.dli_fname, path) == 0;
    if (!is_same && realpath(info.dli_fname, found) != NULL &&
        realpath(path, wanted) != NULL)
        is_same = strcmp(found, wanted) == 0;
    *ret_offset = (uint64_t)(uintptr_t)address - (uint64_t)(uintptr_t)info.dli_fbase;
    return is_same;
}
