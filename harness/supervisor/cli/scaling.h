/* run --scaling: speed against the number of threads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_SCALING_H
#define MP_CLI_SCALING_H

#include "harness/supervisor/cli/campaign_job.h"

/* Checks that each section of job->suite has a list of thread counts (or of n), and has
 * scenarios that can warm up do so before the time is taken. The catalog must have been
 * read. MP_USAGE: no list, or options that cannot be combined with it. */
enum mp_status mp_scaling_prepare(struct mp_campaign_job *job, struct mp_error *err);

#endif
