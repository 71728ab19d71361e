/* A library for arm fix that replaces nothing. It dies while it is loaded if FIX_DIES is
 * set, a setting that it reads from the environment, and ends the process with the code
 * that FIX_LEAVES says, or FIX_LEAVES_LATE, in its destructor.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

__attribute__((constructor)) static void load(void) {
    const char *code = getenv("FIX_LEAVES");
    if (getenv("FIX_DIES"))
        abort();
    if (code)
        exit((int)strtol(code, NULL, 10));
}

__attribute__((destructor)) static void unload(void) {
    const char *code = getenv("FIX_LEAVES_LATE");
    if (code)
        _exit((int)strtol(code, NULL, 10));
}
