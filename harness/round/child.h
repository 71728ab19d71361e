/* Notices when a process that the round started dies of a fault, even if it is not traced
 * and the driver waits for it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_CHILD_H
#define MP_ROUND_CHILD_H

#include "harness/wire/round_page.h"

/* Marks such a death in `page` until mp_child_unwatch. Installs a SIGCHLD handler,
 * which a library may replace. Of two children that die at the same moment one may be
 * missed. */
void mp_child_watch(struct mp_round_page *page);
void mp_child_unwatch(void);

#endif
