/* Puts one judged round into the database. Decides nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_RECORD_H
#define MP_CAMPAIGN_RECORD_H

#include "harness/base/status.h"
#include "harness/supervisor/campaign/judgement.h"
#include "harness/wire/round_spec.h"
#include "results/store/store.h"

/* Adds to the judgement of a hang how long the cell's own passing rounds took, if any are
 * known. */
enum mp_status mp_record_compare_with_last_hang(struct mp_store *store, int64_t cell_id,
                                                const struct mp_round_end *end,
                                                struct mp_judgement *judgement,
                                                struct mp_error *err);

/* Completes `row`, whose campaign, cell, seq and load the caller has set, from the end
 * and its judgement, and records it; with `spec`, to repeat it, if it did not pass. */
enum mp_status mp_record_round(struct mp_store *store, struct mp_round_row *row,
                               const struct mp_round_spec *spec,
                               const struct mp_round_end *end,
                               const struct mp_judgement *judgement,
                               struct mp_error *err);

#endif
