/* Kinds of failures over nights: which are new, and which are gone. Reads the rounds that
 * did not pass.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/nights_rows.h"

static struct mp_nights_kind *find_kind(struct mp_nights *nights, const char *key,
                                        const char *title) {
    for (size_t i = 0; i < nights->kind_count; i++) {
        struct mp_nights_kind *kind = &nights->kind[i];
        if (strcmp(kind->key, key) == 0 &&
            (key[0] != '\0' || strcmp(kind->title, title) == 0))
            return kind;
    }
    nights->kind =
        mp_memory_resize(nights->kind, nights->kind_count + 1, sizeof(*nights->kind));
    struct mp_nights_kind *kind = &nights->kind[nights->kind_count++];
    *kind = (struct mp_nights_kind){.key = mp_memory_copy_text(key),
                                    .title = mp_memory_copy_text(title),
                                    .last_row = SIZE_MAX};
    return kind;
}

static bool is_shown(const struct mp_nights *nights, int64_t cell_id) {
    for (size_t i = 0; i < nights->cell_count; i++)
        if (nights->cell[i].id == cell_id && nights->cell[i].is_shown)
            return true;
    return false;
}

static void load_campaign(struct mp_nights *nights,
                          const struct mp_nights_campaign *campaign) {
    nights->report.campaign_id = campaign->id;
    sqlite3_stmt *rows = mp_report_query(
        &nights->report,
        /* "<> 'pass'" leads to the index of these rounds. */
        "SELECT r.cell_id, ifnull(s.key, ''), ifnull(s.title, r.outcome || ': ' || "
        "o.words),"
        " count(DISTINCT r.id) FROM round AS r JOIN outcome AS o ON o.name = r.outcome"
        " JOIN campaign_cell AS cc ON cc.campaign_id = ?1 AND cc.cell_id = r.cell_id"
        " LEFT JOIN crash AS k ON k.round_id = r.id AND k.sample IS NOT 2"
        " LEFT JOIN signature AS s ON s.id = k.signature_id"
        " WHERE r.campaign_id = ?1 AND r.outcome <> 'pass' AND o.class = 'failure'"
        " AND cc.role = 'subject' GROUP BY 1, 2, 3 ORDER BY 2, 3",
        0);
    while (mp_report_next(&nights->report, rows)) {
        if (!is_shown(nights, sqlite3_column_int64(rows, 0)))
            continue;
        struct mp_nights_kind *kind =
            find_kind(nights, mp_report_column(rows, 1), mp_report_column(rows, 2));
        uint64_t count = (uint64_t)sqlite3_column_int64(rows, 3);
        if (campaign->row >= nights->newest) {
            kind->newest += count;
            continue;
        }
        kind->earlier += count;
        const char *night = nights->row[campaign->row].night;
        kind->nights += kind->last_row == SIZE_MAX ||
                        strcmp(nights->row[kind->last_row].night, night) != 0;
        kind->last_row = campaign->row;
    }
}

void mp_nights_load_kinds(struct mp_nights *nights) {
    uint64_t earlier = 0, newest = 0;
    for (size_t i = 0; i < nights->campaign_count; i++)
        load_campaign(nights, &nights->campaign[i]);
    for (size_t i = 0; i < nights->row_count; i++)
        *(i < nights->newest ? &earlier : &newest) += nights->row[i].rounds;
    for (size_t i = 0; i < nights->kind_count; i++) {
        struct mp_nights_kind *kind = &nights->kind[i];
        double rate =
            earlier > 0 ? fmin(1.0, (double)kind->earlier / (double)earlier) : 0.0;
        kind->chance = exp((double)newest * log1p(-fmin(rate, 1.0 - 1e-16)));
    }
}
