/* Internal to results/store: what a file may ask of this process. The views, triggers
 * and numbers in a file are whatever its writer put there.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_BUDGET_H
#define MP_STORE_BUDGET_H

#include "results/store/handle.h"
#include "results/store/store.h"

/* Prepares a connection that has just been opened: the file's schema may call no function
 * that does more than compute, and cannot be written past SQLite; a reader changes
 * nothing. Sets the bound below. SQLite's code. */
int mp_budget_impose(struct mp_store *store, enum mp_store_mode mode);
/* Grants a budget to what follows, by the size of the file: statements that exceed it end
 * with SQLITE_INTERRUPT. A reader has one for all that it reads, a writer one for each
 * transaction. */
void mp_budget_grant(struct mp_store *store);
/* The same for another file that is read as well. */
void mp_budget_add(struct mp_store *store, const char *path);

#endif
