/* The block of counts.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/counts.h"

__attribute__((visibility("default"))) struct mp_fix_counts mp_fix_counts = {
    .version = MP_FIX_COUNTS_VERSION,
    .size = sizeof(struct mp_fix_counts),
    .name = MP_FIX_NAME,
};
