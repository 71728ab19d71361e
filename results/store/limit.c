/* The limits stored with the counts of cell_rate; see cell_limit in schema.sql.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "results/stats/binomial.h"
#include "results/stats/percent.h"
#include "results/store/database.h"

#define ALPHA 0.05

struct counts {
    uint64_t failures, rounds, tried;
};

/* The number printed by reports, as a rate. */
static double read_percent(const char *text) {
    return strtod(text, NULL) / 100.0;
}

/* Each end takes its worst case: passes without power neither lower an upper limit nor
 * raise a lower one. */
static struct mp_interval find_limits(struct counts counts) {
    char low[MP_PERCENT_SIZE], high[MP_PERCENT_SIZE];
    struct mp_interval limits = {.low = 0.0, .high = 1.0}, all = limits;
    if (counts.failures == 0 && counts.rounds > 0) {
        limits.high = mp_binomial_upper(0, counts.rounds, ALPHA);
    } else if (counts.failures > 0) {
        limits = mp_binomial_clopper_pearson(counts.failures, counts.rounds, ALPHA);
        all = counts.tried == counts.rounds
                  ? limits
                  : mp_binomial_clopper_pearson(counts.failures, counts.tried, ALPHA);
    }
    mp_percent_lower(all.low, low, sizeof(low));
    mp_percent_upper(limits.high, high, sizeof(high));
    return (struct mp_interval){.low = read_percent(low), .high = read_percent(high)};
}

/* Writes missing limits of all groups. */
static int fill(sqlite3 *db) {
    sqlite3_stmt *rows = NULL, *add = NULL;
    int code = sqlite3_prepare_v2(
        db,
        "SELECT r.cell_id, r.role, r.environment_id, r.version, r.failures, r.rounds,"
        " r.rounds + r.without_power FROM cell_rate AS r WHERE r.rounds + r.without_power"
        " > 0 AND NOT EXISTS (SELECT 1 FROM cell_limit AS k WHERE k.cell_id = r.cell_id"
        " AND k.role = r.role AND k.environment_id = r.environment_id"
        " AND k.version = r.version)",
        -1, &rows, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(
            db, "INSERT INTO cell_limit VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &add,
            NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        struct counts counts = {(uint64_t)sqlite3_column_int64(rows, 4),
                                (uint64_t)sqlite3_column_int64(rows, 5),
                                (uint64_t)sqlite3_column_int64(rows, 6)};
        struct mp_interval limits = find_limits(counts);
        for (int i = 0; i < 7; i++)
            sqlite3_bind_value(add, i + 1, sqlite3_column_value(rows, i));
        sqlite3_bind_double(add, 8, limits.low);
        sqlite3_bind_double(add, 9, limits.high);
        code = sqlite3_step(add);
        code = code == SQLITE_DONE ? SQLITE_OK : code;
        sqlite3_reset(add);
    }
    sqlite3_finalize(rows);
    sqlite3_finalize(add);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

int mp_database_renew_limits(sqlite3 *db, int64_t campaign_id) {
    sqlite3_stmt *drop = NULL;
    int code = sqlite3_prepare_v2(db,
                                  "DELETE FROM cell_limit WHERE ?1 = 0 OR cell_id IN"
                                  " (SELECT cell_id FROM campaign_cell"
                                  " WHERE campaign_id = ?1)",
                                  -1, &drop, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_int64(drop, 1, campaign_id);
        code = sqlite3_step(drop);
    }
    sqlite3_finalize(drop);
    return code == SQLITE_DONE ? fill(db) : code;
}

static int count_more(struct mp_store *store, int64_t campaign_id, int64_t cell_id,
                      bool is_failure) {
    int64_t now[3] = {0, 0, 0};
    struct mp_statement count = mp_statement_start(store, MP_SQL_COUNT_ROUND);
    mp_bind_integer(&count, "is_failure", is_failure);
    mp_bind_integer(&count, "campaign_id", campaign_id);
    mp_bind_integer(&count, "cell_id", cell_id);
    int code = mp_statement_query(&count, now, 3);
    if (code != SQLITE_OK)
        return code == SQLITE_DONE ? SQLITE_OK : code; /* replays are not pooled */
    struct mp_interval limits = find_limits(
        (struct counts){(uint64_t)now[0], (uint64_t)now[1], (uint64_t)now[2]});
    struct mp_statement put = mp_statement_start(store, MP_SQL_PUT_LIMIT);
    mp_bind_integer(&put, "failures", now[0]);
    mp_bind_integer(&put, "rounds", now[1]);
    mp_bind_integer(&put, "tried", now[2]);
    mp_bind_real(&put, "low", limits.low);
    mp_bind_real(&put, "high", limits.high);
    mp_bind_integer(&put, "campaign_id", campaign_id);
    mp_bind_integer(&put, "cell_id", cell_id);
    return mp_statement_run(&put);
}

int mp_database_count_round(struct mp_store *store, int64_t campaign_id, int64_t cell_id,
                            enum mp_outcome outcome) {
    enum mp_outcome_class class = mp_outcome_class(outcome);
    int64_t changes_power = 0;
    struct mp_statement ask = mp_statement_start(store, MP_SQL_CHANGES_POWER);
    mp_bind_integer(&ask, "is_failure", class == MP_CLASS_FAILURE);
    mp_bind_integer(&ask, "is_skip", outcome == MP_OUTCOME_SKIP);
    mp_bind_integer(&ask, "campaign_id", campaign_id);
    mp_bind_integer(&ask, "cell_id", cell_id);
    int code = mp_statement_query(&ask, &changes_power, 1);
    if (code != SQLITE_OK)
        return code;
    if (changes_power)
        return mp_database_renew_limits(store->db, campaign_id);
    return class == MP_CLASS_NO_VERDICT
               ? SQLITE_OK
               : count_more(store, campaign_id, cell_id, class == MP_CLASS_FAILURE);
}
