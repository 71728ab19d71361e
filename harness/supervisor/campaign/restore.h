/* The plan of an interrupted campaign, from the database. It must mean the same to
 * today's round program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_RESTORE_H
#define MP_CAMPAIGN_RESTORE_H

#include "harness/base/status.h"
#include "harness/supervisor/campaign/plan.h"
#include "harness/wire/catalog.h"
#include "results/store/request.h"

/* Makes the plan again. MP_USAGE, naming the cell, if a name or value in it is no
 * longer valid, or if it now means another cell. Release with mp_plan_release. */
enum mp_status mp_plan_restore(const struct mp_saved_request *saved,
                               const struct mp_catalog *catalog, struct mp_plan *ret_plan,
                               struct mp_error *err);

#endif
