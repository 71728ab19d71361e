/* The table of rows.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/fix/row.h"

const struct mp_fix_row mp_fix_row[MP_FIX_ROWS] = {
#define MP_FIX(kind, name, selector, role, shape)                                        \
    {MP_FIX_##kind, MP_FIX_ROLE_##role, (selector)},
#define MP_FIX_OPEN(kind, name, selector, shape)                                         \
    {MP_FIX_##kind, MP_FIX_ROLE_OPEN, (selector)},
#include "repro/fix/selector.def"
#undef MP_FIX
#undef MP_FIX_OPEN
};
