/* Whether what a round is about to ask for fits on this machine, so that a size that is
 * too large is refused in words before anything is allocated or computed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_FOOTPRINT_H
#define MP_SCENARIOS_FOOTPRINT_H

#include "harness/base/status.h"

/* Multiplications and additions that references may take before the threads start: some
 * ten seconds of one core. */
#define MP_FOOTPRINT_WORK_MAX 2e10

/* MP_UNSUPPORTED if `bytes` are more than half of this machine's memory. */
enum mp_status mp_footprint_check_bytes(double bytes, struct mp_error *err);
/* MP_UNSUPPORTED if `work` is more than MP_FOOTPRINT_WORK_MAX. */
enum mp_status mp_footprint_check_work(double work, struct mp_error *err);

#endif
