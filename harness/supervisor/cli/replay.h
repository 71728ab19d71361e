/* Replays: rounds of one seed, which stay out of the database of evidence.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_REPLAY_H
#define MP_CLI_REPLAY_H

#include "harness/supervisor/cli/campaign_job.h"

/* Refuses options incompatible with a replay; with --replay, sets the database it is
 * recorded in (job->database). */
enum mp_status mp_replay_prepare(struct mp_campaign_job *job, struct mp_error *err);
/* For a plan with --round-seed: how the replayed rounds ended, from the database of
 * evidence if there is one. */
enum mp_status mp_replay_find(struct mp_campaign_job *job, struct mp_error *err);

#endif
