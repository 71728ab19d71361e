/* The plan of a campaign that was interrupted, from what its database keeps. What the
 * round program means by it today must be what it meant then.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_RESTORE_H
#define MP_CAMPAIGN_RESTORE_H

#include "harness/base/status.h"
#include "harness/supervisor/campaign/plan.h"
#include "harness/wire/catalog.h"
#include "results/store/request.h"

/* Makes the plan anew. MP_USAGE, with the cell, if a name or value in it is none any
 * more, or if it means another cell than then. Release with mp_plan_release. */
enum mp_status mp_plan_restore(const struct mp_saved_request *saved,
                               const struct mp_catalog *catalog, struct mp_plan *ret_plan,
                               struct mp_error *err);

#endif
