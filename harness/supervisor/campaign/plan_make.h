/* Plans made of suites.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_PLAN_MAKE_H
#define MP_CAMPAIGN_PLAN_MAKE_H

#include "harness/base/status.h"
#include "harness/supervisor/campaign/plan.h"
#include "harness/supervisor/campaign/suite.h"
#include "harness/wire/catalog.h"

/* Spans the matrix of every section. Errors (MP_USAGE, MP_NOT_FOUND, MP_LIMIT) name the
 * offender, its file and line or its text, and the nearest valid name. Release with
 * mp_plan_release. */
enum mp_status mp_plan_make(const struct mp_suite *suite,
                            const struct mp_plan_settings *settings,
                            const struct mp_catalog *catalog, struct mp_plan *ret_plan,
                            struct mp_error *err);

#endif
