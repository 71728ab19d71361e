/* run --legality: each cell beside its lawful twin, and both under a validation layer,
 * so that one can tell whether a failure is the driver's fault or the caller's.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_LEGALITY_H
#define MP_CLI_LEGALITY_H

#include "harness/supervisor/cli/campaign_job.h"

/* Replaces every section of job->suite by up to four: as it is, its lawful twin (a stream
 * for each thread, synchronize on the queue), and both under validation, as controls. The
 * catalog must have been read. MP_USAGE: options that cannot be combined with it, or a
 * scenario that breaks no rule. */
enum mp_status mp_legality_expand(struct mp_campaign_job *job, struct mp_error *err);

#endif
