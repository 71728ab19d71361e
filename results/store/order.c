/* Orders of campaigns. Knows nothing of how rounds are run.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/order.h"

#include "harness/base/clock.h"
#include "results/store/database.h"

static int put_order(struct mp_store *store, int64_t campaign_id,
                     const struct mp_order *order) {
    struct mp_binder set = mp_binder_start(store, MP_SQL_SET_ORDER);
    mp_put_text(&set, order->command);
    if (order->has_round_seed)
        mp_put_hex(&set, order->round_seed);
    else
        mp_put_null(&set);
    mp_put_count(&set, order->duration_ns);
    mp_put_integer(&set, order->jobs);
    mp_put_integer(&set, order->captures);
    mp_put_integer(&set, order->keep.first);
    mp_put_integer(&set, order->keep.newest);
    mp_put_integer(&set, campaign_id);
    return mp_binder_run(&set);
}

int mp_database_put_supervisor(struct mp_store *store, int64_t campaign_id) {
    struct mp_identity self;
    mp_identity_self(&self);
    struct mp_binder set = mp_binder_start(store, MP_SQL_SET_SUPERVISOR);
    mp_put_text(&set, self.host);
    mp_put_foreign(&set, self.boot, 0);
    mp_put_foreign(&set, self.space, 0);
    mp_put_integer(&set, self.pid);
    mp_put_count(&set, self.started);
    mp_put_integer(&set, campaign_id);
    return mp_binder_run(&set);
}

static int put_cell(struct mp_store *store, int64_t campaign_id,
                    const struct mp_order_cell *cell, size_t place, int64_t *ret_id) {
    struct mp_strbuf spec;
    mp_strbuf_init(&spec);
    mp_round_spec_format(cell->spec, &spec);
    int code = mp_database_ensure_cell(store, cell->spec, ret_id);
    if (code == SQLITE_OK) {
        struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_ORDER_CELL);
        mp_put_integer(&add, campaign_id);
        mp_put_integer(&add, *ret_id);
        mp_put_text(&add, cell->role);
        mp_put_count(&add, place);
        mp_put_count(&add, cell->rounds);
        mp_put_text(&add, cell->seed_hash);
        mp_put_count(&add, cell->group);
        mp_put_foreign(&add, cell->title, 0);
        mp_put_foreign(&add, spec.text, 1);
        code = mp_binder_run(&add);
    }
    mp_strbuf_release(&spec);
    return code;
}

enum mp_status mp_store_order_begin(struct mp_store *store,
                                    const struct mp_campaign_row *row,
                                    const struct mp_order *order, int64_t *ret_id,
                                    int64_t *ret_cell_ids, struct mp_error *err) {
    int64_t id = 0;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        code = mp_database_add_campaign(store, row, &id);
        if (code == SQLITE_OK)
            code = put_order(store, id, order);
        if (code == SQLITE_OK)
            code = mp_database_put_supervisor(store, id);
        for (size_t i = 0; i < order->cell_count && code == SQLITE_OK; i++)
            code = put_cell(store, id, &order->cell[i], i, &ret_cell_ids[i]);
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "begin a campaign");
    *ret_id = id;
    return MP_OK;
}

enum mp_status mp_store_order_environment(struct mp_store *store, int64_t campaign_id,
                                          const struct mp_environment *env,
                                          struct mp_error *err) {
    int64_t id = 0;
    enum mp_status status = mp_store_environment(store, env, &id, err);
    if (status != MP_OK)
        return status;
    struct mp_binder set = mp_binder_start(store, MP_SQL_SET_ENVIRONMENT);
    mp_put_integer(&set, id);
    mp_put_integer(&set, campaign_id);
    int code = mp_binder_run(&set);
    return code == SQLITE_OK ? MP_OK
                             : mp_database_error(store, err, code, "record the driver");
}

enum mp_status mp_store_running(struct mp_store *store, const struct mp_running_row *row,
                                struct mp_error *err) {
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_RUNNING);
    mp_put_integer(&add, row->campaign_id);
    mp_put_count(&add, row->position);
    mp_put_integer(&add, row->cell_id);
    mp_put_hex(&add, row->seed);
    mp_put_utc(&add, row->started_wall_ns);
    int code = mp_binder_run(&add); /* a transaction of its own */
    return code == SQLITE_OK ? MP_OK
                             : mp_database_error(store, err, code, "begin a round");
}

enum mp_status mp_store_health(struct mp_store *store, const struct mp_health_row *row,
                               struct mp_error *err) {
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_HEALTH);
    mp_put_integer(&add, row->campaign_id);
    mp_put_count(&add, row->after_seq);
    mp_put_text(&add, row->device);
    mp_put_utc(&add, row->started_wall_ns);
    mp_put_count(&add, row->wall_ns);
    mp_put_text(&add, mp_outcome_name(row->outcome));
    mp_put_foreign(&add, row->detail, 0);
    int code = mp_binder_run(&add); /* a transaction of its own */
    return code == SQLITE_OK ? MP_OK
                             : mp_database_error(store, err, code, "record a canary");
}
