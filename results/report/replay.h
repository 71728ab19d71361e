/* A replay: how many rounds of one seed ended like the replayed round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_REPLAY_H
#define MP_REPORT_REPLAY_H

#include "harness/base/text.h"
#include "results/report/query.h"

struct json_object;

/* One cell. Texts are owned. */
struct mp_replay_row {
    char *cell;    /* "mm:n=256,threads=8" */
    char *title;   /* of the signature, else the outcome */
    bool is_known; /* how the replayed round ended; else how most did */
    int64_t rounds, same;
};

struct mp_replay {
    struct mp_replay_row *row;
    size_t row_count; /* 0: the campaign is not a replay */
};

void mp_replay_load(struct mp_replay *replay, struct mp_query *query,
                    int64_t campaign_id);
void mp_replay_release(struct mp_replay *replay);

/* "19 of 20 rounds under this signature: ..." for each cell; nothing for no replay. */
void mp_replay_add(const struct mp_replay *replay, struct mp_text *text);
void mp_replay_add_json(const struct mp_replay *replay, struct json_object *to);

#endif
