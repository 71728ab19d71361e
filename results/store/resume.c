/* Campaigns that were interrupted: what a dead supervisor left in flight is recorded as
 * lost, and the request is read again.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "results/store/database.h"
#include "results/store/request.h"

static const char *text_column(sqlite3_stmt *rows, int column) {
    const char *text = (const char *)sqlite3_column_text(rows, column);
    return text == NULL ? "" : text;
}

static void copy_text(sqlite3_stmt *rows, int column, char *ret_text, size_t size) {
    snprintf(ret_text, size, "%s", text_column(rows, column));
}

static uint64_t hex_column(sqlite3_stmt *rows, int column) {
    return strtoull(text_column(rows, column), NULL, 16);
}

/* Prepares a query and binds :campaign_id, if it has one. */
static int prepare(struct mp_store *store, const char *sql, int64_t campaign_id,
                   sqlite3_stmt **ret_rows) {
    *ret_rows = NULL;
    int code = sqlite3_prepare_v2(store->db, sql, -1, ret_rows, NULL);
    int at = sqlite3_bind_parameter_index(*ret_rows, ":campaign_id");
    return code == SQLITE_OK && at > 0 ? sqlite3_bind_int64(*ret_rows, at, campaign_id)
                                       : code;
}

void mp_database_read_identity(sqlite3_stmt *rows, int column,
                               struct mp_identity *ret_identity) {
    struct mp_identity *to = ret_identity;
    memset(to, 0, sizeof(*to));
    copy_text(rows, column, to->host, sizeof(to->host));
    copy_text(rows, column + 1, to->boot, sizeof(to->boot));
    copy_text(rows, column + 2, to->space, sizeof(to->space));
    to->pid = sqlite3_column_int64(rows, column + 3);
    to->started = (uint64_t)sqlite3_column_int64(rows, column + 4);
}

/* The first campaign whose supervisor is gone, 0: none. */
static int find_orphan(struct mp_store *store, int64_t *ret_id) {
    sqlite3_stmt *rows = NULL;
    int code = prepare(store,
                       "SELECT id, host, boot, space, pid, pid_started FROM campaign"
                       " WHERE state = 'running' AND host IS NOT NULL ORDER BY id",
                       0, &rows);
    *ret_id = 0;
    while (code == SQLITE_OK && *ret_id == 0 &&
           (code = sqlite3_step(rows)) == SQLITE_ROW) {
        struct mp_identity supervisor;
        mp_database_read_identity(rows, 1, &supervisor);
        if (mp_identity_life(&supervisor) == MP_LIFE_GONE)
            *ret_id = sqlite3_column_int64(rows, 0);
        code = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* The last sign of life of a campaign: when it was interrupted. */
static int find_last_sign(struct mp_store *store, int64_t id, struct mp_strbuf *buf) {
    struct mp_statement find = mp_statement_start(store, MP_SQL_LAST_SIGN);
    mp_bind_integer(&find, "campaign_id", id);
    return mp_statement_text(&find, buf);
}

static int run_for(struct mp_store *store, enum mp_statement_id id, int64_t campaign_id) {
    struct mp_statement statement = mp_statement_start(store, id);
    mp_bind_integer(&statement, "campaign_id", campaign_id);
    return mp_statement_run(&statement);
}

static int lose(struct mp_store *store, int64_t id, uint64_t *ret_rounds) {
    struct mp_strbuf ended;
    mp_strbuf_init(&ended);
    int64_t ignored = 0, used_ns = 0;
    int code = find_last_sign(store, id, &ended);
    if (code == SQLITE_OK) {
        struct mp_statement used = mp_statement_start(store, MP_SQL_LAST_USED);
        mp_bind_integer(&used, "campaign_id", id);
        code = mp_statement_query(&used, &used_ns, 1);
    }
    if (code == SQLITE_OK) {
        code = run_for(store, MP_SQL_LOSE_RUNNING, id);
        *ret_rounds = (uint64_t)sqlite3_changes(store->db);
    }
    if (code == SQLITE_OK)
        code = run_for(store, MP_SQL_LOSE_TEXT, id);
    if (code == SQLITE_OK)
        code = run_for(store, MP_SQL_CLEAR_RUNNING, id);
    if (code == SQLITE_OK) {
        struct mp_statement end = mp_statement_start(store, MP_SQL_END_CAMPAIGN);
        mp_bind_text(&end, "state", "interrupted");
        mp_bind_text(&end, "ended_at", ended.text);
        mp_bind_integer(&end, "used_ns", used_ns);
        mp_bind_integer(&end, "id", id);
        code = mp_statement_query(&end, &ignored, 1);
    }
    mp_strbuf_release(&ended);
    return code;
}

enum mp_status mp_store_recover(struct mp_store *store, struct mp_lost_campaign *ret_lost,
                                struct mp_error *err) {
    struct mp_lost_campaign lost = {0};
    /* Searched under the lock, so that two processes do not both find it. */
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        code = find_orphan(store, &lost.campaign_id);
        if (code == SQLITE_OK && lost.campaign_id != 0)
            code = lose(store, lost.campaign_id, &lost.rounds);
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "close campaigns that were killed");
    *ret_lost = lost;
    return MP_OK;
}

/* MP_OK, or why this campaign cannot be resumed. */
static enum mp_status check_saved(struct mp_store *store, sqlite3_stmt *rows,
                                  const char *command,
                                  const struct mp_saved_request *saved,
                                  struct mp_error *err) {
    long long id = (long long)saved->campaign_id;
    const char *state = text_column(rows, 1), *made_by = text_column(rows, 2);
    if (made_by[0] == '\0')
        return mp_error_set(err, MP_USAGE,
                            "campaign %lld in %s was recorded without its request; it"
                            " cannot be resumed",
                            id, store->path);
    if (strcmp(made_by, command) != 0)
        return mp_error_set(err, MP_USAGE,
                            "campaign %lld in %s belongs to 'mpstress %s', which cannot "
                            "be resumed; start it again",
                            id, store->path, made_by);
    if (strcmp(state, "interrupted") != 0)
        return mp_error_set(
            err, MP_USAGE,
            "campaign %lld in %s is %s; only an interrupted one can be resumed", id,
            store->path, state);
    if ((uint64_t)sqlite3_column_int64(rows, 11) != saved->rounds)
        return mp_error_set(
            err, MP_USAGE,
            "the rounds of campaign %lld in %s do not follow its order; 'mpstress doctor "
            "--db %s' shows details",
            id, store->path, store->path);
    return MP_OK;
}

static void read_campaign(sqlite3_stmt *rows, struct mp_saved_request *saved) {
    saved->campaign_id = sqlite3_column_int64(rows, 0);
    saved->argv = mp_memory_copy_text(text_column(rows, 3));
    saved->seed = hex_column(rows, 4);
    saved->has_round_seed = sqlite3_column_type(rows, 5) != SQLITE_NULL;
    saved->round_seed = hex_column(rows, 5);
    saved->duration_ns = (uint64_t)sqlite3_column_int64(rows, 6);
    saved->used_ns = (uint64_t)sqlite3_column_int64(rows, 7);
    saved->jobs = (unsigned)sqlite3_column_int64(rows, 8);
    saved->captures = sqlite3_column_int64(rows, 9) != 0;
    saved->rounds = (uint64_t)sqlite3_column_int64(rows, 10);
    saved->claim = mp_memory_copy_text(text_column(rows, 12));
    saved->kind = mp_memory_copy_text(text_column(rows, 15));
    saved->counts = mp_memory_copy_text(text_column(rows, 16));
    saved->retention.first = (unsigned)sqlite3_column_int64(rows, 13);
    saved->retention.newest = (unsigned)sqlite3_column_int64(rows, 14);
    saved->reuse = (unsigned)sqlite3_column_int64(rows, 17);
}

static void read_cell(sqlite3_stmt *rows, struct mp_saved_cell *ret_cell) {
    struct mp_cell *cell = &ret_cell->cell;
    copy_text(rows, 2, cell->hash, sizeof(cell->hash));
    copy_text(rows, 3, cell->seed_hash, sizeof(cell->seed_hash));
    copy_text(rows, 4, cell->title, sizeof(cell->title));
    cell->role = mp_role_find(text_column(rows, 5));
    cell->rounds = (uint64_t)sqlite3_column_int64(rows, 6);
    cell->stratum = (size_t)sqlite3_column_int64(rows, 7);
    ret_cell->id = sqlite3_column_int64(rows, 0);
    ret_cell->passed = (uint64_t)sqlite3_column_int64(rows, 8);
    ret_cell->failures = (uint64_t)sqlite3_column_int64(rows, 9);
    ret_cell->hidden = (uint64_t)sqlite3_column_int64(rows, 10);
    ret_cell->skipped = (uint64_t)sqlite3_column_int64(rows, 11);
    ret_cell->no_overlap = (uint64_t)sqlite3_column_int64(rows, 12);
}

static enum mp_status read_cells(struct mp_store *store, struct mp_saved_request *saved,
                                 struct mp_error *err) {
    sqlite3_stmt *rows = NULL;
    enum mp_status status = MP_OK;
    int code = prepare(
        store,
        "SELECT c.cell_id, spec, spec_hash, seed_hash, title, role, c.rounds, stratum,"
        " count(*) FILTER (WHERE o.class = 'pass'),"
        " count(*) FILTER (WHERE o.class = 'failure'),"
        " count(*) FILTER (WHERE o.class = 'no_verdict' AND o.name <> 'skip'),"
        " count(*) FILTER (WHERE o.name = 'skip'),"
        " count(*) FILTER (WHERE o.name = 'no_overlap')"
        " FROM campaign_cell AS c JOIN cell ON cell.id = c.cell_id"
        " LEFT JOIN round AS r ON r.campaign_id = c.campaign_id AND r.cell_id = c.cell_id"
        " LEFT JOIN outcome AS o ON o.name = r.outcome"
        " WHERE c.campaign_id = :campaign_id GROUP BY c.cell_id ORDER BY place",
        saved->campaign_id, &rows);
    while (code == SQLITE_OK && status == MP_OK &&
           (code = sqlite3_step(rows)) == SQLITE_ROW) {
        const char *spec = text_column(rows, 1);
        saved->cell =
            mp_memory_resize(saved->cell, saved->cell_count + 1, sizeof(*saved->cell));
        struct mp_saved_cell *cell = &saved->cell[saved->cell_count++];
        *cell = (struct mp_saved_cell){0};
        read_cell(rows, cell);
        status =
            mp_round_spec_parse(spec, strlen(spec), store->path, &cell->cell.spec, err);
        code = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    if (code != SQLITE_OK && code != SQLITE_DONE)
        status = mp_database_error(store, err, code, "read the request");
    return status;
}

enum mp_status mp_store_request_load(struct mp_store *store, int64_t campaign_id,
                                     const char *command,
                                     struct mp_saved_request *ret_saved,
                                     struct mp_error *err) {
    sqlite3_stmt *rows = NULL;
    enum mp_status status = MP_OK;
    memset(ret_saved, 0, sizeof(*ret_saved));
    int code = prepare(
        store,
        "SELECT id, state, command, argv, seed, round_seed, duration_ns, used_ns, jobs,"
        " captures, (SELECT count(*) FROM round WHERE campaign_id = c.id),"
        " (SELECT ifnull(max(ifnull(position, seq)), 0) FROM round"
        " WHERE campaign_id = c.id), (SELECT claim FROM plan WHERE plan.id = plan_id),"
        " ifnull(keep_first, 0), ifnull(keep_newest, 1),"
        " (SELECT kind FROM plan WHERE plan.id = plan_id),"
        " (SELECT counts FROM plan WHERE plan.id = plan_id), reuse"
        " FROM campaign AS c WHERE CASE WHEN :campaign_id <> 0"
        " THEN id = :campaign_id ELSE state = 'interrupted' AND command = :command END"
        " ORDER BY id DESC LIMIT 1",
        campaign_id, &rows);
    if (code == SQLITE_OK)
        code = sqlite3_bind_text(rows, sqlite3_bind_parameter_index(rows, ":command"),
                                 command, -1, SQLITE_STATIC);
    if (code == SQLITE_OK)
        code = sqlite3_step(rows);
    if (code == SQLITE_ROW) {
        read_campaign(rows, ret_saved);
        status = check_saved(store, rows, command, ret_saved, err);
    } else if (code == SQLITE_DONE) {
        status = mp_error_set(err, MP_NOT_FOUND, "%s has no interrupted run to resume",
                              store->path);
    } else {
        status = mp_database_error(store, err, code, "read the request");
    }
    sqlite3_finalize(rows);
    if (status == MP_OK)
        status = read_cells(store, ret_saved, err);
    return status;
}

void mp_saved_request_release(struct mp_saved_request *saved) {
    free(saved->cell);
    free(saved->argv);
    free(saved->claim);
    free(saved->kind);
    free(saved->counts);
    memset(saved, 0, sizeof(*saved));
}

/* Adds the names of what differs between the environment of the campaign and that one. */
static int find_differences(struct mp_store *store, int64_t campaign_id,
                            int64_t environment_id, struct mp_strbuf *buf) {
    struct mp_statement find = mp_statement_start(store, MP_SQL_DIFFERENCES);
    mp_bind_integer(&find, "environment_id", environment_id);
    mp_bind_integer(&find, "campaign_id", campaign_id);
    return mp_statement_text(&find, buf);
}

static int take_campaign(struct mp_store *store, int64_t campaign_id, int64_t *ret_id) {
    struct mp_statement resume = mp_statement_start(store, MP_SQL_RESUME_CAMPAIGN);
    mp_bind_utc(&resume, "resumed_at", mp_clock_wall_ns());
    mp_bind_integer(&resume, "id", campaign_id);
    int code = mp_statement_query(&resume, ret_id, 1);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static enum mp_status refuse_system(const struct mp_store *store, int64_t campaign_id,
                                    const struct mp_strbuf *differences,
                                    struct mp_error *err) {
    struct mp_strbuf names;
    mp_strbuf_init(&names);
    mp_strbuf_add_escaped(&names, differences->text, differences->len, 0);
    mp_error_set(
        err, MP_USAGE,
        "campaign %lld in %s was started on another machine or under another "
        "system (what differs: %s); rounds of two systems are never mixed: start "
        "a new run",
        (long long)campaign_id, store->path, names.text);
    mp_strbuf_release(&names);
    return MP_USAGE;
}

enum mp_status mp_store_resume(struct mp_store *store, int64_t campaign_id,
                               int64_t environment_id, struct mp_error *err) {
    struct mp_strbuf differences;
    enum mp_status status = MP_OK;
    int64_t id = 0;
    mp_strbuf_init(&differences);
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        code = find_differences(store, campaign_id, environment_id, &differences);
        if (code == SQLITE_OK && differences.len == 0)
            code = take_campaign(store, campaign_id, &id);
        if (code == SQLITE_OK && id != 0)
            code = mp_database_put_supervisor(store, id);
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        status = mp_database_error(store, err, code, "resume a campaign");
    else if (differences.len > 0)
        status = refuse_system(store, campaign_id, &differences, err);
    else if (id == 0)
        status =
            mp_error_set(err, MP_USAGE, "another process is running campaign %lld in %s",
                         (long long)campaign_id, store->path);
    mp_strbuf_release(&differences);
    return status;
}

enum mp_status mp_store_cell_driver(struct mp_store *store, int64_t campaign_id,
                                    int64_t cell_id, struct mp_strbuf *buf,
                                    struct mp_error *err) {
    struct mp_statement find = mp_statement_start(store, MP_SQL_CELL_DRIVER);
    mp_bind_integer(&find, "cell_id", cell_id);
    mp_bind_integer(&find, "campaign_id", campaign_id);
    int code = mp_statement_text(&find, buf);
    return code == SQLITE_OK || code == SQLITE_DONE
               ? MP_OK
               : mp_database_error(store, err, code, "find the driver of a cell");
}

enum mp_status mp_store_campaign_rounds(struct mp_store *store, int64_t campaign_id,
                                        void (*take)(void *arg, int64_t cell_id,
                                                     uint64_t seed,
                                                     enum mp_outcome outcome),
                                        void *arg, struct mp_error *err) {
    sqlite3_stmt *rows = NULL;
    int code = prepare(store,
                       "SELECT cell_id, seed, outcome FROM round"
                       " WHERE campaign_id = :campaign_id ORDER BY seq",
                       campaign_id, &rows);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        take(arg, sqlite3_column_int64(rows, 0), hex_column(rows, 1),
             mp_outcome_find(text_column(rows, 2)));
        code = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE
               ? MP_OK
               : mp_database_error(store, err, code, "read the rounds so far");
}

enum mp_status mp_store_campaign_outcomes(struct mp_store *store, int64_t campaign_id,
                                          void (*take)(void *arg, enum mp_role role,
                                                       enum mp_outcome outcome,
                                                       uint64_t rounds),
                                          void *arg, struct mp_error *err) {
    sqlite3_stmt *rows = NULL;
    int code = prepare(store,
                       "SELECT role, outcome, count(*) FROM round JOIN campaign_cell"
                       " USING (campaign_id, cell_id) WHERE campaign_id = :campaign_id"
                       " GROUP BY 1, 2",
                       campaign_id, &rows);
    while (code == SQLITE_OK && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        take(arg, mp_role_find(text_column(rows, 0)),
             mp_outcome_find(text_column(rows, 1)),
             (uint64_t)sqlite3_column_int64(rows, 2));
        code = SQLITE_OK;
    }
    sqlite3_finalize(rows);
    return code == SQLITE_DONE
               ? MP_OK
               : mp_database_error(store, err, code, "count the rounds so far");
}
