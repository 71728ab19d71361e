/* Notices when a process that the round started dies of a fault, also where nobody traces
 * it and the driver waits for it itself.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_CHILD_H
#define MP_ROUND_CHILD_H

#include "harness/wire/round_page.h"

/* From now on such a death is marked in `page`, until mp_child_unwatch. Takes SIGCHLD; a
 * library that takes it too takes it away. Of two children that die in one moment one may
 * be missed. */
void mp_child_watch(struct mp_round_page *page);
void mp_child_unwatch(void);

#endif
