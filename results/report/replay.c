/* Reads and writes the result of a replay.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/replay.h"

#include <stdlib.h>

#include "results/report/fields.h"
#include "results/report/json.h"
#include "results/report/line.h"

/* clang-format off */
#define ROW(member, kind) MP_FIELD(struct mp_replay_row, member, kind)
static const struct mp_field ROW_TABLE[] = {
    ROW(cell, WORD), ROW(title, WORD), ROW(is_known, TRUTH), ROW(rounds, INTEGER),
    ROW(same, INTEGER),
};
/* clang-format on */
static const struct mp_fields fields = MP_FIELDS(struct mp_replay_row, ROW_TABLE);

void mp_replay_load(struct mp_replay *replay, struct mp_query *query,
                    int64_t campaign_id) {
    /* If it is unknown what is repeated: the most frequent kind, failures first. */
    replay->row = mp_fields_list(
        &fields, query,
        "WITH ended AS (SELECT r.cell_id, ifnull((SELECT key FROM signature"
        " WHERE id = r.signature_id), r.outcome) AS kind, outcome.class = 'failure' AS"
        " failed"
        " FROM round AS r JOIN outcome ON outcome.name = r.outcome"
        " WHERE r.campaign_id = ?1),"
        " wanted AS (SELECT cell_id, replayed IS NOT NULL AS is_known, ifnull(replayed,"
        " (SELECT kind FROM ended WHERE cell_id = m.cell_id GROUP BY kind"
        " ORDER BY max(failed) DESC, count(*) DESC, kind LIMIT 1)) AS kind"
        " FROM campaign_cell AS m JOIN campaign ON campaign.id = m.campaign_id"
        " WHERE campaign.id = ?1 AND is_replay)"
        " SELECT t.title AS cell, is_known, ifnull((SELECT title FROM signature"
        " WHERE key = w.kind), w.kind) AS title, count(e.kind) AS rounds,"
        " count(*) FILTER (WHERE e.kind = w.kind) AS same FROM wanted AS w"
        " JOIN cell_title AS t ON t.cell_id = w.cell_id"
        " JOIN ended AS e ON e.cell_id = w.cell_id GROUP BY w.cell_id ORDER BY w.cell_id",
        campaign_id, 0, &replay->row_count);
}

void mp_replay_release(struct mp_replay *replay) {
    mp_fields_release(&fields, replay->row, replay->row_count);
    free(replay->row);
}

void mp_replay_add(const struct mp_replay *replay, struct mp_text *text) {
    for (size_t i = 0; i < replay->row_count; i++) {
        const struct mp_replay_row *row = &replay->row[i];
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        if (replay->row_count > 1)
            mp_strbuf_addf(&line, "%s: ", row->cell);
        mp_strbuf_addf(
            &line, "%lld of %lld %s under this signature%s: %s", (long long)row->same,
            (long long)row->rounds, mp_plural((uint64_t)row->rounds, "round", "rounds"),
            row->is_known ? ", that of the round run again" : ", the most frequent",
            row->title);
        mp_line_add(text, i == 0 ? "replay" : "", MP_BOLD, line.text);
        mp_strbuf_release(&line);
    }
    if (replay->row_count > 0)
        mp_line_add(text, "", MP_DIM,
                    "Rounds of one seed: they are in no rate and in no night.");
}

void mp_replay_add_json(const struct mp_replay *replay, struct json_object *to) {
    mp_fields_add_list(&fields, replay->row, replay->row_count, NULL, to, "replay");
}
