/* The methods that stand in for the driver's, one for each row.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_HOOK_H
#define MP_FIX_HOOK_H

#include "repro/fix/row.h"
#include "repro/fix/runtime.h"

extern mp_fix_imp *const mp_fix_hook[MP_FIX_ROWS];

#endif
