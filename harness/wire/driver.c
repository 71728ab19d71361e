/* What follows from what a driver says of itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/driver.h"

#include <string.h>

bool mp_driver_is_virtual(const char *gpu) {
    return strstr(gpu, "Paravirtual") != NULL;
}
