/* The rows of campaigns.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/clock.h"
#include "results/store/database.h"

int mp_database_add_campaign(struct mp_store *store, const struct mp_campaign_row *row,
                             int64_t *ret_id) {
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_CAMPAIGN);
    mp_bind_utc(&add, "started_at", mp_clock_wall_ns());
    mp_bind_foreign(&add, "argv", row->argv);
    mp_bind_hex(&add, "seed", row->seed);
    mp_bind_foreign(&add, "version", row->version);
    mp_bind_integer(&add, "environment_id", row->environment_id);
    mp_bind_integer_or_null(&add, "plan_id", row->plan_id != 0, row->plan_id);
    mp_bind_foreign_or_null(&add, "night", row->night);
    mp_bind_foreign_or_null(&add, "left_out", row->left_out);
    int code = mp_statement_run(&add);
    *ret_id = sqlite3_last_insert_rowid(store->db);
    if (code == SQLITE_OK && row->fleet != NULL && row->fleet[0] != '\0') {
        struct mp_statement join = mp_statement_start(store, MP_SQL_ADD_FLEET_MEMBER);
        mp_bind_integer(&join, "campaign_id", *ret_id);
        mp_bind_foreign(&join, "fleet", row->fleet);
        mp_bind_foreign(&join, "machine", row->machine);
        code = mp_statement_run(&join);
    }
    return code;
}

enum mp_status mp_store_campaign_begin(struct mp_store *store,
                                       const struct mp_campaign_row *row, int64_t *ret_id,
                                       struct mp_error *err) {
    int64_t id = 0;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        code = mp_database_add_campaign(store, row, &id);
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "start a campaign");
    *ret_id = id;
    return MP_OK;
}

enum mp_status mp_store_campaign_end(struct mp_store *store, int64_t campaign_id,
                                     const char *state, uint64_t used_ns,
                                     struct mp_error *err) {
    int64_t id = 0;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        struct mp_statement end = mp_statement_start(store, MP_SQL_END_CAMPAIGN);
        mp_bind_text(&end, "state", state);
        mp_bind_utc(&end, "ended_at", mp_clock_wall_ns());
        mp_bind_count(&end, "used_ns", used_ns);
        mp_bind_integer(&end, "id", campaign_id);
        code = mp_statement_query(&end, &id, 1);
        bool is_missing = code == SQLITE_DONE;
        code = mp_database_end(store, is_missing ? SQLITE_OK : code);
        if (code == SQLITE_OK && is_missing)
            return mp_error_set(err, MP_NOT_FOUND, "%s has no campaign %lld to end",
                                store->path, (long long)campaign_id);
    }
    return code == SQLITE_OK ? MP_OK
                             : mp_database_error(store, err, code, "end the campaign");
}

enum mp_status mp_store_campaign_find(struct mp_store *store, const char *text,
                                      int64_t *ret_id, struct mp_error *err) {
    sqlite3_stmt *stmt = NULL;
    int64_t count = 0, id = 0;
    int code = sqlite3_prepare_v2(
        store->db,
        "SELECT count(*), max(id) FROM campaign WHERE CAST(id AS TEXT) = ?1"
        " OR (length(?1) >= 4 AND substr(uuid, 1, length(?1)) = lower(?1))",
        -1, &stmt, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
    if (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        count = sqlite3_column_int64(stmt, 0);
        id = sqlite3_column_int64(stmt, 1);
    }
    sqlite3_finalize(stmt);
    if (code != SQLITE_ROW)
        return mp_database_error(store, err, code, "find a campaign");
    if (count != 1)
        return mp_error_set(
            err, MP_NOT_FOUND,
            "%s campaign '%s' in %s; 'mpstress report' shows the"
            " newest, 'sqlite3 %s \"SELECT id, uuid, started_at FROM campaign\"' all",
            count == 0 ? "there is no" : "more than one", text, store->path, store->path);
    *ret_id = id;
    return MP_OK;
}

enum mp_status mp_store_campaign_state(struct mp_store *store, int64_t campaign_id,
                                       const struct mp_campaign_state *state,
                                       size_t count, struct mp_error *err) {
    int code = mp_database_begin(store);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        struct mp_statement put = mp_statement_start(store, MP_SQL_PUT_CAMPAIGN_STATE);
        mp_bind_integer(&put, "campaign_id", campaign_id);
        mp_bind_text(&put, "name", state[i].name);
        mp_bind_foreign(&put, "text", state[i].text);
        code = mp_statement_run(&put);
    }
    code = mp_database_end(store, code);
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "record the state of the machine");
    return MP_OK;
}
