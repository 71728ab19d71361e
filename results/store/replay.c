/* Finds the round to replay. Only reads.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "results/store/database.h"
#include "results/store/request.h"

/* Rounds of campaigns before those of replays, failures before passes. */
#define FIND                                                                             \
    "SELECT ifnull((SELECT key FROM signature WHERE id = signature_id), outcome)"        \
    " FROM cell"                                                                         \
    " JOIN round ON round.cell_id = cell.id"                                             \
    " JOIN campaign ON campaign.id = round.campaign_id"                                  \
    " JOIN outcome ON outcome.name = round.outcome WHERE device = ?1 AND scenario = ?2"  \
    " AND params = ?3 AND arm = ?4 AND round.seed = ?5 AND class <> 'no_verdict'"        \
    " ORDER BY is_replay, class = 'failure' DESC, round.id DESC LIMIT 1"

enum mp_status mp_store_find_replayed(struct mp_store *store, uint64_t seed,
                                      struct mp_cell *cell, struct mp_error *err) {
    char hex[24];
    sqlite3_stmt *row = NULL;
    struct mp_strbuf params;
    mp_strbuf_init(&params);
    snprintf(hex, sizeof(hex), "0x%llx", (unsigned long long)seed);
    int code = mp_database_params(store, &cell->spec, &params);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(store->db, FIND, -1, &row, NULL);
    const char *const key[] = {cell->spec.device, cell->spec.scenario, params.text,
                               cell->spec.arm, hex};
    for (int i = 0; i < 5 && code == SQLITE_OK; i++)
        code = sqlite3_bind_text(row, i + 1, key[i], -1, SQLITE_STATIC);
    if (code == SQLITE_OK && (code = sqlite3_step(row)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(row, 0);
        snprintf(cell->replayed, sizeof(cell->replayed), "%s", text == NULL ? "" : text);
        code = SQLITE_DONE;
    }
    sqlite3_finalize(row);
    mp_strbuf_release(&params);
    return code == SQLITE_DONE
               ? MP_OK
               : mp_database_error(store, err, code, "find the round to be replayed");
}
