/* Writes requests, the rounds in flight and the canaries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/request.h"

#include "harness/base/clock.h"
#include "results/store/database.h"

static int set_request(struct mp_store *store, int64_t campaign_id,
                       const struct mp_request *request) {
    struct mp_statement set = mp_statement_start(store, MP_SQL_SET_REQUEST);
    mp_bind_text(&set, "command", request->command);
    mp_bind_hex_or_null(&set, "round_seed", request->has_round_seed, request->round_seed);
    mp_bind_count(&set, "duration_ns", request->duration_ns);
    mp_bind_integer(&set, "jobs", request->jobs);
    mp_bind_integer(&set, "reuse", request->reuse > 1 ? request->reuse : 1);
    mp_bind_integer(&set, "captures", request->captures);
    mp_bind_integer(&set, "keep_first", request->retention.first);
    mp_bind_integer(&set, "keep_newest", request->retention.newest);
    mp_bind_integer(&set, "id", campaign_id);
    return mp_statement_run(&set);
}

int mp_database_put_supervisor(struct mp_store *store, int64_t campaign_id) {
    struct mp_identity self;
    mp_identity_self(&self);
    struct mp_statement set = mp_statement_start(store, MP_SQL_SET_SUPERVISOR);
    mp_bind_text(&set, "host", self.host);
    mp_bind_foreign(&set, "boot", self.boot);
    mp_bind_foreign(&set, "space", self.space);
    mp_bind_integer(&set, "pid", self.pid);
    mp_bind_count(&set, "pid_started", self.started);
    mp_bind_integer(&set, "id", campaign_id);
    return mp_statement_run(&set);
}

static int add_cell(struct mp_store *store, int64_t campaign_id,
                    const struct mp_cell *cell, size_t place, int64_t *ret_id) {
    struct mp_strbuf spec;
    mp_strbuf_init(&spec);
    mp_round_spec_format(&cell->spec, &spec);
    int code = mp_database_ensure_cell(store, &cell->spec, ret_id);
    if (code == SQLITE_OK) {
        struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_REQUEST_CELL);
        mp_bind_integer(&add, "campaign_id", campaign_id);
        mp_bind_integer(&add, "cell_id", *ret_id);
        mp_bind_text(&add, "role", mp_role_name(cell->role));
        mp_bind_count(&add, "place", place);
        mp_bind_count(&add, "rounds", cell->rounds);
        mp_bind_text(&add, "seed_hash", cell->seed_hash);
        mp_bind_count(&add, "stratum", cell->stratum);
        mp_bind_foreign(&add, "title", cell->title);
        mp_bind_lines(&add, "spec", spec.text);
        mp_bind_foreign_or_null(&add, "replayed", cell->replayed);
        code = mp_statement_run(&add);
    }
    mp_strbuf_release(&spec);
    return code;
}

enum mp_status mp_store_request_begin(struct mp_store *store,
                                      const struct mp_campaign_row *row,
                                      const struct mp_request *request, int64_t *ret_id,
                                      int64_t *ret_cell_ids, struct mp_error *err) {
    int64_t id = 0;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        code = mp_database_add_campaign(store, row, &id);
        if (code == SQLITE_OK)
            code = set_request(store, id, request);
        if (code == SQLITE_OK)
            code = mp_database_put_supervisor(store, id);
        for (size_t i = 0; i < request->cell_count && code == SQLITE_OK; i++)
            code = add_cell(store, id, &request->cell[i], i, &ret_cell_ids[i]);
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "start a campaign");
    *ret_id = id;
    return MP_OK;
}

enum mp_status mp_store_campaign_environment(struct mp_store *store, int64_t campaign_id,
                                             const struct mp_environment *env,
                                             struct mp_error *err) {
    int64_t id = 0;
    enum mp_status status = mp_store_environment(store, env, &id, err);
    if (status != MP_OK)
        return status;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        struct mp_statement set = mp_statement_start(store, MP_SQL_SET_ENVIRONMENT);
        mp_bind_integer(&set, "environment_id", id);
        mp_bind_integer(&set, "id", campaign_id);
        code = mp_statement_run(&set);
        if (code == SQLITE_OK) /* its earlier rounds are of another build */
            code = mp_database_renew_limits(store->db, campaign_id);
        code = mp_database_end(store, code);
    }
    return code == SQLITE_OK ? MP_OK
                             : mp_database_error(store, err, code, "record the driver");
}

enum mp_status mp_store_round_begin(struct mp_store *store,
                                    const struct mp_running_row *row,
                                    struct mp_error *err) {
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_RUNNING);
    mp_bind_integer(&add, "campaign_id", row->campaign_id);
    mp_bind_count(&add, "position", row->position);
    mp_bind_integer(&add, "cell_id", row->cell_id);
    mp_bind_hex(&add, "seed", row->seed);
    mp_bind_utc(&add, "started_at", row->started_wall_ns);
    mp_bind_count(&add, "used_ns", row->used_ns);
    int code = mp_statement_run(&add); /* its own transaction */
    return code == SQLITE_OK
               ? MP_OK
               : mp_database_error(store, err, code, "record the start of a round");
}

enum mp_status mp_store_health(struct mp_store *store, const struct mp_health_row *row,
                               struct mp_error *err) {
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_HEALTH);
    mp_bind_integer(&add, "campaign_id", row->campaign_id);
    mp_bind_count(&add, "after_seq", row->after_seq);
    mp_bind_text(&add, "device", row->device);
    mp_bind_utc(&add, "started_at", row->started_wall_ns);
    mp_bind_count(&add, "wall_ns", row->wall_ns);
    mp_bind_text(&add, "outcome", mp_outcome_name(row->outcome));
    mp_bind_foreign(&add, "detail", row->detail);
    int code = mp_statement_run(&add); /* its own transaction */
    return code == SQLITE_OK ? MP_OK
                             : mp_database_error(store, err, code, "record a canary");
}
