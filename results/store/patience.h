/* Internal to results/store: waiting for another program that holds the database.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_PATIENCE_H
#define MP_STORE_PATIENCE_H

#include "results/store/handle.h"

/* Makes every call on this connection wait. */
void mp_patience_impose(struct mp_store *store);
/* Sleeps a while after `tries` failed attempts at one thing; false: it has waited long
 * enough, or was told to stop. Says once that it waits. */
bool mp_patience_wait(struct mp_store *store, int tries);
/* Whether this process was told twice to stop. */
bool mp_patience_has_ended(const struct mp_store *store);

#endif
