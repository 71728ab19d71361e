/* Environments, campaigns and cells: the rows that rounds refer to.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/rng.h"
#include "results/store/database.h"

/* "key=value" lines as pairs; cuts `lines` apart. */
static size_t split_facts(char *lines, struct mp_pair *pairs, size_t max) {
    size_t count = 0;
    char *rest = NULL;
    for (char *line = strtok_r(lines, "\n", &rest); line != NULL && count < max;
         line = strtok_r(NULL, "\n", &rest)) {
        char *equals = strchr(line, '=');
        if (equals != NULL) {
            *equals = '\0';
            pairs[count++] = (struct mp_pair){.name = line, .value = equals + 1};
        }
    }
    return count;
}

/* The NUL of each text takes part, so that "a" + "bc" and "ab" + "c" differ. */
static void make_fingerprint(const struct mp_environment *env, char ret_text[17]) {
    struct mp_strbuf all;
    mp_strbuf_init(&all);
    const char *fields[] = {env->os,     env->os_build,  env->cpu,  env->gpu,
                            env->driver, env->driver_id, env->facts};
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        mp_strbuf_add(&all, fields[i], strlen(fields[i]) + 1);
    snprintf(ret_text, 17, "%016llx",
             (unsigned long long)mp_rng_hash_bytes(all.text, all.len));
    mp_strbuf_release(&all);
}

enum mp_status mp_store_environment(struct mp_store *store,
                                    const struct mp_environment *env, int64_t *ret_id,
                                    struct mp_error *err) {
    char fingerprint[17], lines[sizeof(env->facts)];
    make_fingerprint(env, fingerprint);
    memcpy(lines, env->facts, sizeof(lines));
    struct mp_pair pairs[MP_STORE_PAIRS_MAX];
    size_t count = split_facts(lines, pairs, MP_STORE_PAIRS_MAX);
    struct mp_strbuf facts;
    mp_strbuf_init(&facts);
    int64_t id = 0;
    int code = mp_database_json(store, pairs, count, true, &facts);
    if (code == SQLITE_OK)
        code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_ENVIRONMENT);
        mp_bind_text(&add, "fingerprint", fingerprint);
        mp_bind_foreign(&add, "os", env->os);
        mp_bind_foreign(&add, "os_build", env->os_build);
        mp_bind_foreign(&add, "cpu", env->cpu);
        mp_bind_foreign(&add, "gpu", env->gpu);
        mp_bind_foreign(&add, "driver", env->driver);
        mp_bind_foreign(&add, "driver_id", env->driver_id);
        mp_bind_text(&add, "facts", facts.text);
        code = mp_statement_run(&add);
        if (code == SQLITE_OK) {
            struct mp_statement find = mp_statement_start(store, MP_SQL_FIND_ENVIRONMENT);
            mp_bind_text(&find, "fingerprint", fingerprint);
            code = mp_statement_query(&find, &id, 1);
        }
        code = mp_database_end(store, code);
    }
    mp_strbuf_release(&facts);
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "record the environment");
    *ret_id = id;
    return MP_OK;
}

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
    int code = mp_statement_run(&add);
    *ret_id = sqlite3_last_insert_rowid(store->db);
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
                                     const char *state, struct mp_error *err) {
    int64_t id = 0;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        struct mp_statement end = mp_statement_start(store, MP_SQL_END_CAMPAIGN);
        mp_bind_text(&end, "state", state);
        mp_bind_utc(&end, "ended_at", mp_clock_wall_ns());
        mp_bind_integer(&end, "id", campaign_id);
        code = mp_statement_query(&end, &id, 1);
        bool is_missing = code == SQLITE_DONE;
        code = mp_database_end(store, is_missing ? SQLITE_OK : code);
        if (code == SQLITE_OK && is_missing) {
            return mp_error_set(err, MP_NOT_FOUND, "%s has no campaign %lld to end",
                                store->path, (long long)campaign_id);
        }
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
    if (count != 1) {
        return mp_error_set(
            err, MP_NOT_FOUND,
            "%s campaign '%s' in %s; 'mpstress report' shows the"
            " newest, 'sqlite3 %s \"SELECT id, uuid, started_at FROM campaign\"' all",
            count == 0 ? "there is no" : "more than one", text, store->path, store->path);
    }
    *ret_id = id;
    return MP_OK;
}

static int compare_pairs(const void *left, const void *right) {
    return strcmp(((const struct mp_pair *)left)->name,
                  ((const struct mp_pair *)right)->name);
}

int mp_database_params(struct mp_store *store, const struct mp_round_spec *spec,
                       struct mp_strbuf *buf) {
    struct mp_pair pairs[MP_SPEC_PARAMS_MAX];
    for (size_t i = 0; i < spec->param_count; i++) {
        pairs[i] =
            (struct mp_pair){.name = spec->param[i].name, .value = spec->param[i].value};
    }
    qsort(pairs, spec->param_count, sizeof(pairs[0]), compare_pairs);
    return mp_database_json(store, pairs, spec->param_count, true, buf);
}

static int find_cell(struct mp_store *store, const struct mp_round_spec *spec,
                     const char *params, int64_t *ret_id) {
    struct mp_statement find = mp_statement_start(store, MP_SQL_FIND_CELL);
    mp_bind_foreign(&find, "device", spec->device);
    mp_bind_foreign(&find, "scenario", spec->scenario);
    mp_bind_text(&find, "params", params);
    mp_bind_foreign(&find, "arm", spec->arm);
    return mp_statement_query(&find, ret_id, 1);
}

static int add_cell(struct mp_store *store, const struct mp_round_spec *spec,
                    const char *params, int64_t *ret_id) {
    char hash[17];
    mp_round_spec_cell_hash(spec, hash);
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_CELL);
    mp_bind_foreign(&add, "device", spec->device);
    mp_bind_foreign(&add, "scenario", spec->scenario);
    mp_bind_text(&add, "params", params);
    mp_bind_foreign(&add, "arm", spec->arm);
    mp_bind_text(&add, "spec_hash", hash);
    int code = mp_statement_run(&add);
    if (code == SQLITE_OK)
        *ret_id = sqlite3_last_insert_rowid(store->db);
    if (code == SQLITE_OK && spec->fix[0] != '\0') {
        struct mp_statement fix = mp_statement_start(store, MP_SQL_ADD_FIX);
        mp_bind_integer(&fix, "cell_id", *ret_id);
        mp_bind_foreign(&fix, "path", spec->fix);
        mp_bind_foreign_or_null(&fix, "module_id", spec->fix_id);
        mp_bind_foreign_or_null(&fix, "sha256", spec->fix_sha256);
        code = mp_statement_run(&fix);
    }
    return code;
}

int mp_database_ensure_cell(struct mp_store *store, const struct mp_round_spec *spec,
                            int64_t *ret_id) {
    struct mp_strbuf params;
    mp_strbuf_init(&params);
    int code = mp_database_params(store, spec, &params);
    if (code == SQLITE_OK)
        code = find_cell(store, spec, params.text, ret_id);
    if (code == SQLITE_DONE)
        code = add_cell(store, spec, params.text, ret_id);
    mp_strbuf_release(&params);
    return code;
}

enum mp_status mp_store_cell(struct mp_store *store, int64_t campaign_id,
                             const struct mp_round_spec *spec, enum mp_role role,
                             int64_t *ret_id, struct mp_error *err) {
    int64_t id = 0, is_same_role = 0;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        code = mp_database_ensure_cell(store, spec, &id);
        if (code == SQLITE_OK) {
            struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_ROLE);
            mp_bind_integer(&add, "campaign_id", campaign_id);
            mp_bind_integer(&add, "cell_id", id);
            mp_bind_text(&add, "role", mp_role_name(role));
            code = mp_statement_run(&add);
        }
        if (code == SQLITE_OK) {
            struct mp_statement check = mp_statement_start(store, MP_SQL_CHECK_ROLE);
            mp_bind_text(&check, "role", mp_role_name(role));
            mp_bind_integer(&check, "campaign_id", campaign_id);
            mp_bind_integer(&check, "cell_id", id);
            code = mp_statement_query(&check, &is_same_role, 1);
        }
        code = mp_database_end(store, code);
    }
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "record a cell");
    if (!is_same_role) {
        return mp_error_set(
            err, MP_USAGE,
            "%s on %s with arm %s is in this campaign twice, as %s and in another"
            " role; keep one of them",
            spec->scenario, spec->device, spec->arm, mp_role_name(role));
    }
    *ret_id = id;
    return MP_OK;
}
