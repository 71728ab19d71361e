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
    case MP_EXIT_KEPT:
        return "kept";
    case MP_EXIT_NOT_STARTED:
        return "not_started";
    }
    return "unknown";
}

static void bind_driver(struct mp_statement *statement, const struct mp_driver *driver) {
    mp_bind_foreign(statement, "name", driver->name);
    mp_bind_foreign(statement, "gpu", driver->gpu);
    mp_bind_foreign(statement, "path", driver->path);
    mp_bind_foreign(statement, "build_id", driver->id);
    mp_bind_foreign(statement, "facts", driver->facts);
}

/* Usually the row of the previous round. */
static int ensure_driver(struct mp_store *store, const struct mp_driver *driver) {
    bool is_same = store->driver_id != 0 &&
                   memcmp(driver, &store->driver, sizeof(store->driver)) == 0;
    if (driver->name[0] == '\0' || is_same)
        return SQLITE_OK;
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_DRIVER);
    bind_driver(&add, driver);
    int code = mp_statement_run(&add);
    if (code == SQLITE_OK) {
        struct mp_statement find = mp_statement_start(store, MP_SQL_FIND_DRIVER);
        bind_driver(&find, driver);
        code = mp_statement_query(&find, &store->driver_id, 1);
        store->driver = *driver;
    }
    return code;
}

static bool has_host_state(const struct mp_round_row *row) {
    return row->host_state != NULL && row->host_state[0] != '\0';
}

/* Usually the row of the previous round. */
static int ensure_host_state(struct mp_store *store, const struct mp_round_row *row) {
    bool is_same = store->host_id != 0 && store->host_campaign_id == row->campaign_id;
    if (!has_host_state(row) ||
        (is_same && strcmp(row->host_state, store->host.text) == 0))
        return SQLITE_OK;
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_HOST_STATE);
    mp_bind_integer(&add, "campaign_id", row->campaign_id);
    mp_bind_foreign(&add, "text", row->host_state);
    int code = mp_statement_run(&add);
    if (code == SQLITE_OK) {
        struct mp_statement find = mp_statement_start(store, MP_SQL_FIND_HOST_STATE);
        mp_bind_integer(&find, "campaign_id", row->campaign_id);
        mp_bind_foreign(&find, "text", row->host_state);
        code = mp_statement_query(&find, &store->host_id, 1);
        store->host_campaign_id = row->campaign_id;
        mp_strbuf_clear(&store->host);
        mp_strbuf_addstr(&store->host, row->host_state);
    }
    return code;
}

static void bind_gpu_error(struct mp_statement *add, const struct mp_page_summary *page) {
    const struct mp_gpu_error *error = &page->gpu_error;
    bool has_error = page->gpu_blame != MP_GPU_NO_ERROR;
    mp_bind_foreign(add, "gpu_error_domain", has_error ? error->domain : NULL);
    mp_bind_integer_or_null(add, "gpu_error_code", has_error, error->code);
    mp_bind_integer_or_null(add, "gpu_error_callback", has_error && error->callback != 0,
                            error->callback);
    mp_bind_foreign(add, "gpu_error_text", has_error ? error->text : NULL);
}

static void bind_page(struct mp_statement *add, const struct mp_page_summary *page) {
    mp_bind_text(add, "phase", mp_page_phase_name(page->phase));
    mp_bind_count(add, "ops_planned", page->ops_planned);
    mp_bind_count(add, "ops_started", page->ops_started);
    mp_bind_count(add, "ops_done", page->ops_done);
    mp_bind_count(add, "ops_wrong", page->ops_wrong);
    mp_bind_count(add, "ops_dropped", page->ops_dropped);
    mp_bind_count(add, "ops_device", page->ops_device);
    mp_bind_count(add, "buffers_failed", page->buffers_failed);
    bind_gpu_error(add, page);
    mp_bind_count(add, "hostile_syncs", page->hostile_syncs);
    mp_bind_integer(add, "threads_started", page->threads_started);
    mp_bind_integer(add, "threads_unfinished", page->threads_unfinished);
    mp_bind_integer(add, "max_overlap", page->overlap_max);
}

static void bind_exit(struct mp_statement *add, const struct mp_exit *exit) {
    mp_bind_text(add, "exit_kind", exit_kind_name(exit->kind));
    mp_bind_integer_or_null(add, "exit_code", exit->kind == MP_EXIT_CODE, exit->code);
    mp_bind_integer_or_null(add, "signal", exit->kind == MP_EXIT_SIGNAL, exit->signal);
    mp_bind_integer(add, "leaked", exit->leaked);
}

/* What a round may have said, in numbers that JSON can say. */
#define FIGURE_MAX ((UINT64_C(1) << 53) - 1)

/* The figures as JSON; nothing if there are none, as of most rounds. */
static void write_figures(const struct mp_page_summary *page, struct mp_strbuf *buf) {
    for (int i = 0; i < MP_FIGURES; i++) {
        uint64_t value = page->figure[i] < FIGURE_MAX ? page->figure[i] : FIGURE_MAX;
        bool says_zero = i == MP_FIGURE_ARM_PASSES && page->arm_acts;
        if (value > 0 || says_zero)
            mp_strbuf_addf(buf, "%c\"%s\":%llu", buf->len == 0 ? '{' : ',',
                           mp_figure_kind((enum mp_figure)i)->name,
                           (unsigned long long)value);
    }
    if (buf->len > 0)
        mp_strbuf_addch(buf, '}');
}

/* The one mapping of a round's members to columns. */
static int add_round(struct mp_store *store, const struct mp_round_row *row,
                     int64_t signature_id, int64_t *ret_id) {
    bool is_traced = row->trace == MP_TRACE_ON;
    bool has_position = row->position != 0 && row->position != row->seq;
    bool has_driver = row->page->driver.name[0] != '\0';
    struct mp_strbuf figures;
    mp_strbuf_init(&figures);
    write_figures(row->page, &figures);
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_ROUND);
    mp_bind_integer(&add, "campaign_id", row->campaign_id);
    mp_bind_integer(&add, "cell_id", row->cell_id);
    mp_bind_count(&add, "seq", row->seq);
    mp_bind_count_or_null(&add, "position", has_position, row->position);
    mp_bind_hex(&add, "seed", row->seed);
    mp_bind_integer(&add, "recorder", row->recorder);
    mp_bind_utc(&add, "started_at", row->started_wall_ns);
    mp_bind_count(&add, "wall_ns", row->wall_ns);
    mp_bind_count(&add, "run_ns", row->page->run_ns);
    mp_bind_text(&add, "outcome", mp_outcome_name(row->outcome));
    mp_bind_foreign(&add, "detail", row->detail == NULL ? "" : row->detail);
    bind_page(&add, row->page);
    mp_bind_real_or_null(&add, "load", row->load >= 0.0, row->load);
    mp_bind_integer_or_null(&add, "host_state_id", has_host_state(row), store->host_id);
    mp_bind_integer_or_null(&add, "pid", row->pid > 0, row->pid);
    mp_bind_integer(&add, "turn", row->turn > 1 ? row->turn : 1);
    bind_exit(&add, row->exit);
    mp_bind_integer(&add, "was_traced", is_traced);
    mp_bind_text(&add, "untraced", is_traced ? NULL : mp_trace_name(row->trace));
    mp_bind_integer_or_null(&add, "driver_id", has_driver, store->driver_id);
    mp_bind_integer_or_null(&add, "module_set_id", store->modules_id != 0,
                            store->modules_id);
    mp_bind_text(&add, "figures", figures.len > 0 ? figures.text : NULL);
    mp_bind_integer_or_null(&add, "signature_id", signature_id != 0, signature_id);
    int code = mp_statement_run(&add);
    mp_strbuf_release(&figures);
    if (code == SQLITE_OK)
        *ret_id = sqlite3_last_insert_rowid(store->db);
    return code;
}

/* The round is no longer in flight. */
static int end_running(struct mp_store *store, const struct mp_round_row *row) {
    if (row->position == 0)
        return SQLITE_OK;
    struct mp_statement end = mp_statement_start(store, MP_SQL_END_RUNNING);
    mp_bind_integer(&end, "campaign_id", row->campaign_id);
    mp_bind_count(&end, "position", row->position);
    return mp_statement_run(&end);
}

static int add_text(struct mp_store *store, int64_t round_id,
                    const struct mp_round_row *row) {
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_TEXT);
    mp_bind_integer(&add, "round_id", round_id);
    mp_bind_lines(&add, "spec", row->spec_text);
    mp_bind_lines(&add, "stderr", row->stderr_text);
    size_t kept = row->stderr_text != NULL ? strlen(row->stderr_text) : 0;
    mp_bind_integer_or_null(&add, "stderr_bytes", row->stderr_total > kept,
                            (int64_t)row->stderr_total);
    return mp_statement_run(&add);
}

/* The last events, and for each thread a row numbered 0 that says who it is; see
 * schema.sql. */
static int add_flight(struct mp_store *store, int64_t round_id,
                      const struct mp_flight *flight) {
    int code = SQLITE_OK;
    for (size_t i = 0; i < flight->thread_count && code == SQLITE_OK; i++) {
        const struct mp_flight_thread *thread = &flight->thread[i];
        struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_EVENT);
        mp_bind_integer(&add, "round_id", round_id);
        mp_bind_integer(&add, "thread", thread->thread);
        mp_bind_integer(&add, "seq", 0);
        mp_bind_integer(&add, "t_ns", 0);
        mp_bind_text(&add, "op", "thread");
        mp_bind_text(&add, "phase", thread->has_half_written_record ? "recording" : "");
        mp_bind_count(&add, "object", thread->tid);
        mp_bind_integer(&add, "arg", thread->recorded);
        code = mp_statement_run(&add);
    }
    for (size_t i = 0; i < flight->event_count && code == SQLITE_OK; i++) {
        const struct mp_flight_event *event = &flight->event[i];
        struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_EVENT);
        mp_bind_integer(&add, "round_id", round_id);
        mp_bind_integer(&add, "thread", event->thread);
        mp_bind_integer(&add, "seq", event->seq);
        mp_bind_count(&add, "t_ns", event->time_ns);
        mp_bind_text(&add, "op", mp_page_op_name(event->op));
        mp_bind_text(&add, "phase", event->is_leave ? "leave" : "enter");
        mp_bind_count(&add, "object", event->object);
        mp_bind_count(&add, "arg", event->arg);
        code = mp_statement_run(&add);
    }
    return code;
}

/* Detail of a round that did not pass, and of a crash or hang whatever the outcome. */
static int add_detail(struct mp_store *store, int64_t id, const struct mp_round_row *row,
                      const struct mp_crash *crash, int64_t signature_id,
                      const struct mp_signature_row *signature) {
    const char *other_key = signature != NULL ? signature->other_key : NULL;
    bool has_passed = row->outcome == MP_OUTCOME_PASS;
    int code = has_passed ? SQLITE_OK : add_text(store, id, row);
    if (code == SQLITE_OK && !has_passed && row->flight != NULL)
        code = add_flight(store, id, row->flight);
    if (code == SQLITE_OK && crash != NULL)
        code = mp_database_put_crash(store, id, mp_outcome_name(row->outcome), crash,
                                     signature_id, other_key);
    if (code == SQLITE_OK && row->second_sample != NULL)
        code = mp_database_put_crash(store, id, "hang", row->second_sample, 0, NULL);
    if (code == SQLITE_OK && !has_passed && row->retention != NULL)
        code = mp_database_retain(store, row, id);
    return code;
}

enum mp_status mp_store_round(struct mp_store *store, const struct mp_round_row *row,
                              const struct mp_crash *crash,
                              const struct mp_signature_row *signature, int64_t *ret_id,
                              struct mp_error *err) {
    int64_t id = 0, signature_id = 0;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        code = ensure_driver(store, &row->page->driver);
        if (code == SQLITE_OK)
            code = ensure_host_state(store, row);
        if (code == SQLITE_OK)
            code = mp_database_ensure_modules(store, row->modules);
        if (code == SQLITE_OK && signature != NULL && signature->key != NULL)
            code = mp_database_ensure_signature(store, signature, &signature_id);
        if (code == SQLITE_OK)
            code = add_round(store, row, signature_id, &id);
        if (code == SQLITE_OK)
            code = end_running(store, row);
        if (code == SQLITE_OK)
            code = mp_database_note_modules(store, row, id);
        if (code == SQLITE_OK)
            code = mp_database_count_round(store, row->campaign_id, row->cell_id,
                                           row->outcome);
        if (code == SQLITE_OK)
            code = add_detail(store, id, row, crash, signature_id, signature);
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "record a round");
    *ret_id = id;
    return MP_OK;
}

enum mp_status mp_store_median_time(struct mp_store *store, int64_t cell_id,
                                    uint64_t *ret_median_ns, uint64_t *ret_count,
                                    struct mp_error *err) {
    int64_t found[2] = {0, 0};
    struct mp_statement ask = mp_statement_start(store, MP_SQL_USUAL_TIME);
    mp_bind_integer(&ask, "cell_id", cell_id);
    int code = mp_statement_query(&ask, found, 2);
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code,
                                 "read how long the rounds of a cell took");
    *ret_median_ns = (uint64_t)found[0];
    *ret_count = (uint64_t)found[1];
    return MP_OK;
}
