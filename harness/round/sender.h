/* Who sent the signal that ends the round, where no debugger sees it arrive.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_SENDER_H
#define MP_ROUND_SENDER_H

#include "harness/wire/round_page.h"

/* From now on, a signal that nothing else handles and that would end this process writes
 * number and sender into `page` before it does. How the process ends does not change.
 * Signals with a handler (a sanitizer's) and ignored ones keep what they have. */
void mp_sender_watch(struct mp_round_page *page);

#endif
