/* A library for arm fix that replaces nothing, and dies while it is loaded if FIX_DIES is
 * set: a setting that it reads from the environment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

__attribute__((constructor)) static void load(void) {
    if (getenv("FIX_DIES"))
        abort();
}
