/* One call that comes through the library: what stands between it and the driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_FIX_CALL_H
#define MP_FIX_CALL_H

#include <stdbool.h>

#include "repro/fix/entry.h"
#include "repro/fix/row.h"
#include "repro/fix/runtime.h"

struct mp_fix_call {
    struct mp_fix_entry *entry; /* NULL: there was no memory for it */
    bool is_last, has_lock;
};

/* Before a call of row `number`. Returns the driver's method, with the lock of `self`
 * taken; waits for other calls on `self` for MP_FIX_WAIT_NS and then lets the call
 * through without it. NULL: the call is late and must not be made. To be followed by
 * mp_fix_leave in any case. */
mp_fix_imp *mp_fix_enter(struct mp_fix_call *call, id self, enum mp_fix_row_id number);
void mp_fix_leave(struct mp_fix_call *call);

/* The call returned `encoder` as an open one; nil is fine. */
void mp_fix_opened(struct mp_fix_call *call, id encoder);

#endif
