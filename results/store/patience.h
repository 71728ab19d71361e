/* Internal to results/store: waiting for another program that holds the database.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_PATIENCE_H
#define MP_STORE_PATIENCE_H

#include "results/store/handle.h"

/* Lets all that this connection does wait. */
void mp_patience_impose(struct mp_store *store);
/* Sleeps a while after `tries` vain tries of one thing; false: it has waited long enough,
 * or was told to stop. Says once that it waits. */
bool mp_patience_wait(struct mp_store *store, int tries);
/* Whether whoever waits for this process has said twice that it is to stop. */
bool mp_patience_has_ended(const struct mp_store *store);

#endif
