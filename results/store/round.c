/* One round, one transaction.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "results/store/database.h"

static const char *exit_kind_name(enum mp_exit_kind kind) {
    switch (kind) {
    case MP_EXIT_CODE:
        return "code";
    case MP_EXIT_SIGNAL:
        return "signal";
    case MP_EXIT_DEADLINE:
        return "deadline";
    case MP_EXIT_STOPPED:
        return "stopped";
    case MP_EXIT_NOT_STARTED:
        return "not_started";
    }
    return "unknown";
}

static void put_driver(struct mp_binder *binder, const struct mp_driver *driver) {
    mp_put_foreign(binder, driver->name, 0);
    mp_put_foreign(binder, driver->gpu, 0);
    mp_put_foreign(binder, driver->path, 0);
    mp_put_foreign(binder, driver->id, 0);
    mp_put_foreign(binder, driver->facts, 0);
}

/* The row of what the driver said of itself: nearly always the same one as for the last
 * round. */
static int ensure_driver(struct mp_store *store, const struct mp_driver *driver) {
    bool is_same = store->driver_id != 0 &&
                   memcmp(driver, &store->driver, sizeof(store->driver)) == 0;
    if (driver->name[0] == '\0' || is_same)
        return SQLITE_OK;
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_DRIVER);
    put_driver(&add, driver);
    int code = mp_binder_run(&add);
    if (code == SQLITE_OK) {
        struct mp_binder find = mp_binder_start(store, MP_SQL_FIND_DRIVER);
        put_driver(&find, driver);
        code = mp_binder_query(&find, &store->driver_id, 1);
        store->driver = *driver;
    }
    return code;
}

static bool has_host_state(const struct mp_round_row *row) {
    return row->host_state != NULL && row->host_state[0] != '\0';
}

/* The row of what the machine was like: mostly the one of the round before. */
static int ensure_host_state(struct mp_store *store, const struct mp_round_row *row) {
    bool is_same = store->host_id != 0 && store->host_campaign_id == row->campaign_id;
    if (!has_host_state(row) ||
        (is_same && strcmp(row->host_state, store->host.text) == 0))
        return SQLITE_OK;
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_HOST_STATE);
    mp_put_integer(&add, row->campaign_id);
    mp_put_foreign(&add, row->host_state, 0);
    int code = mp_binder_run(&add);
    if (code == SQLITE_OK) {
        struct mp_binder find = mp_binder_start(store, MP_SQL_FIND_HOST_STATE);
        mp_put_integer(&find, row->campaign_id);
        mp_put_foreign(&find, row->host_state, 0);
        code = mp_binder_query(&find, &store->host_id, 1);
        store->host_campaign_id = row->campaign_id;
        mp_strbuf_clear(&store->host);
        mp_strbuf_addstr(&store->host, row->host_state);
    }
    return code;
}

static void put_page(struct mp_binder *add, const struct mp_page_summary *page) {
    mp_put_text(add, mp_page_phase_name(page->phase));
    mp_put_count(add, page->ops_planned);
    mp_put_count(add, page->ops_started);
    mp_put_count(add, page->ops_done);
    mp_put_count(add, page->ops_wrong);
    mp_put_count(add, page->ops_dropped);
    mp_put_count(add, page->ops_device);
    mp_put_count(add, page->buffers_failed);
    mp_put_count(add, page->hostile_syncs);
    mp_put_integer(add, page->threads_started);
    mp_put_integer(add, page->threads_unfinished);
    mp_put_integer(add, page->overlap_max);
}

static void put_exit(struct mp_binder *add, const struct mp_exit *exit) {
    mp_put_text(add, exit_kind_name(exit->kind));
    if (exit->kind == MP_EXIT_CODE)
        mp_put_integer(add, exit->code);
    else
        mp_put_null(add);
    if (exit->kind == MP_EXIT_SIGNAL)
        mp_put_integer(add, exit->signal);
    else
        mp_put_null(add);
    mp_put_integer(add, exit->leaked);
}

static int add_round(struct mp_store *store, const struct mp_round_row *row,
                     int64_t *ret_id) {
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_ROUND);
    mp_put_integer(&add, row->campaign_id);
    mp_put_integer(&add, row->cell_id);
    mp_put_count(&add, row->seq);
    mp_put_hex(&add, row->seed);
    mp_put_utc(&add, row->started_wall_ns);
    mp_put_count(&add, row->wall_ns);
    mp_put_count(&add, row->page->run_ns);
    mp_put_text(&add, mp_outcome_name(row->outcome));
    mp_put_foreign(&add, row->detail == NULL ? "" : row->detail, 0);
    put_page(&add, row->page);
    if (row->load >= 0.0)
        mp_put_real(&add, row->load);
    else
        mp_put_null(&add);
    put_exit(&add, row->exit);
    mp_put_integer(&add, row->trace == MP_TRACE_ON);
    if (row->trace == MP_TRACE_ON)
        mp_put_null(&add);
    else
        mp_put_text(&add, mp_trace_name(row->trace));
    if (row->pid > 0)
        mp_put_integer(&add, row->pid);
    else
        mp_put_null(&add);
    if (row->page->driver.name[0] != '\0')
        mp_put_integer(&add, store->driver_id);
    else
        mp_put_null(&add);
    if (row->position != 0 && row->position != row->seq)
        mp_put_count(&add, row->position);
    else
        mp_put_null(&add);
    if (has_host_state(row))
        mp_put_integer(&add, store->host_id);
    else
        mp_put_null(&add);
    if (store->modules_id != 0)
        mp_put_integer(&add, store->modules_id);
    else
        mp_put_null(&add);
    mp_put_integer(&add, row->recorder);
    int code = mp_binder_run(&add);
    if (code == SQLITE_OK)
        *ret_id = sqlite3_last_insert_rowid(store->db);
    return code;
}

/* What was in flight has come down. */
static int end_running(struct mp_store *store, const struct mp_round_row *row) {
    if (row->position == 0)
        return SQLITE_OK;
    struct mp_binder end = mp_binder_start(store, MP_SQL_END_RUNNING);
    mp_put_integer(&end, row->campaign_id);
    mp_put_count(&end, row->position);
    return mp_binder_run(&end);
}

static int add_text(struct mp_store *store, int64_t round_id,
                    const struct mp_round_row *row) {
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_TEXT);
    mp_put_integer(&add, round_id);
    mp_put_foreign(&add, row->spec_text, 1);
    mp_put_foreign(&add, row->stderr_text, 1);
    return mp_binder_run(&add);
}

/* The last events, and for each thread a row numbered 0 that says who it is; see
 * schema.sql. */
static int add_flight(struct mp_store *store, int64_t round_id,
                      const struct mp_flight *flight) {
    int code = SQLITE_OK;
    for (size_t i = 0; i < flight->thread_count && code == SQLITE_OK; i++) {
        const struct mp_flight_thread *thread = &flight->thread[i];
        struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_EVENT);
        mp_put_integer(&add, round_id);
        mp_put_integer(&add, thread->thread);
        mp_put_integer(&add, 0);
        mp_put_integer(&add, 0);
        mp_put_text(&add, "thread");
        mp_put_text(&add, thread->has_half_written_record ? "recording" : "");
        mp_put_count(&add, thread->tid);
        mp_put_integer(&add, thread->recorded);
        code = mp_binder_run(&add);
    }
    for (size_t i = 0; i < flight->event_count && code == SQLITE_OK; i++) {
        const struct mp_flight_event *event = &flight->event[i];
        struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_EVENT);
        mp_put_integer(&add, round_id);
        mp_put_integer(&add, event->thread);
        mp_put_integer(&add, event->seq);
        mp_put_count(&add, event->time_ns);
        mp_put_text(&add, mp_page_op_name(event->op));
        mp_put_text(&add, event->is_leave ? "leave" : "enter");
        mp_put_count(&add, event->object);
        mp_put_count(&add, event->arg);
        code = mp_binder_run(&add);
    }
    return code;
}

/* Keeps the limits of the cell in step; see cell_limit in schema.sql. */
static int count_round(struct mp_store *store, int64_t cell_id, bool is_failure) {
    struct mp_binder count = mp_binder_start(store, MP_SQL_COUNT_ROUND);
    mp_put_integer(&count, is_failure);
    mp_put_integer(&count, cell_id);
    return mp_database_set_limits(&count, cell_id);
}

/* What is kept of a round that did not pass, and of a crash or hang whatever became of
 * its round.
 */
static int add_detail(struct mp_store *store, int64_t id, const struct mp_round_row *row,
                      const struct mp_crash *crash,
                      const struct mp_signature_row *signature) {
    bool has_passed = mp_outcome_class(row->outcome) == MP_CLASS_PASS;
    int code = has_passed ? SQLITE_OK : add_text(store, id, row);
    if (code == SQLITE_OK && !has_passed && row->flight != NULL)
        code = add_flight(store, id, row->flight);
    if (code == SQLITE_OK && crash != NULL) {
        code = mp_database_put_crash(store, id, mp_outcome_name(row->outcome), crash,
                                     signature);
    }
    if (code == SQLITE_OK && row->second_sample != NULL)
        code = mp_database_put_crash(store, id, "hang", row->second_sample, NULL);
    if (code == SQLITE_OK && !has_passed && row->keep != NULL)
        code = mp_database_keep_evidence(store, row, id);
    return code;
}

enum mp_status mp_store_round(struct mp_store *store, const struct mp_round_row *row,
                              const struct mp_crash *crash,
                              const struct mp_signature_row *signature, int64_t *ret_id,
                              struct mp_error *err) {
    int64_t id = 0;
    enum mp_outcome_class class = mp_outcome_class(row->outcome);
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        code = ensure_driver(store, &row->page->driver);
        if (code == SQLITE_OK)
            code = ensure_host_state(store, row);
        if (code == SQLITE_OK)
            code = mp_database_ensure_modules(store, row->modules);
        if (code == SQLITE_OK)
            code = add_round(store, row, &id);
        if (code == SQLITE_OK)
            code = end_running(store, row);
        if (code == SQLITE_OK)
            code = mp_database_note_modules(store, row, id);
        if (code == SQLITE_OK && class != MP_CLASS_NO_VERDICT)
            code = count_round(store, row->cell_id, class == MP_CLASS_FAILURE);
        if (code == SQLITE_OK)
            code = add_detail(store, id, row, crash, signature);
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "record a round");
    *ret_id = id;
    return MP_OK;
}

enum mp_status mp_store_usual_time(struct mp_store *store, int64_t cell_id,
                                   uint64_t *ret_median_ns, uint64_t *ret_count,
                                   struct mp_error *err) {
    int64_t found[2] = {0, 0};
    struct mp_binder ask = mp_binder_start(store, MP_SQL_USUAL_TIME);
    mp_put_integer(&ask, cell_id);
    int code = mp_binder_query(&ask, found, 2);
    if (code != SQLITE_OK) {
        return mp_database_error(store, err, code,
                                 "read how long the rounds of a cell took");
    }
    *ret_median_ns = (uint64_t)found[0];
    *ret_count = (uint64_t)found[1];
    return MP_OK;
}
