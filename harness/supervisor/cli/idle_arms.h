/* Arms that change nothing in the cells of a plan: said before any round, refused where
 * such a one would be compared with none.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_IDLE_ARMS_H
#define MP_CLI_IDLE_ARMS_H

#include "harness/supervisor/campaign/plan.h"
#include "harness/wire/catalog.h"

/* MP_USAGE: an arm set:NAME=VALUE is what the device has anyway, and arm none runs the
 * same cell. Warns of one that stands alone, and of processes=K with one thread. */
enum mp_status mp_idle_arms_check(const struct mp_plan *plan,
                                  const struct mp_catalog *catalog, struct mp_error *err);

#endif
