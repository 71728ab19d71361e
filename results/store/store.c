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

/* Zeroes behind the ends of the texts take part, so that no two field splits look the
 * same. */
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
    int code = mp_database_json(store, pairs, count, 1, &facts);
    if (code == SQLITE_OK)
        code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_ENVIRONMENT);
        mp_put_text(&add, fingerprint);
        mp_put_foreign(&add, env->os, 0);
        mp_put_foreign(&add, env->os_build, 0);
        mp_put_foreign(&add, env->cpu, 0);
        mp_put_foreign(&add, env->gpu, 0);
        mp_put_foreign(&add, env->driver, 0);
        mp_put_foreign(&add, env->driver_id, 0);
        mp_put_text(&add, facts.text);
        code = mp_binder_run(&add);
        if (code == SQLITE_OK) {
            struct mp_binder find = mp_binder_start(store, MP_SQL_FIND_ENVIRONMENT);
            mp_put_text(&find, fingerprint);
            code = mp_binder_query(&find, &id, 1);
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
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_CAMPAIGN);
    mp_put_utc(&add, mp_clock_wall_ns());
    mp_put_foreign(&add, row->argv, 0);
    mp_put_hex(&add, row->seed);
    mp_put_foreign(&add, row->version, 0);
    mp_put_integer(&add, row->environment_id);
    mp_put_integer(&add, row->plan_id);
    mp_put_foreign_or_null(&add, row->night);
    int code = mp_binder_run(&add);
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
        return mp_database_error(store, err, code, "begin a campaign");
    *ret_id = id;
    return MP_OK;
}

enum mp_status mp_store_campaign_end(struct mp_store *store, int64_t campaign_id,
                                     const char *state, struct mp_error *err) {
    int64_t id = 0;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        struct mp_binder end = mp_binder_start(store, MP_SQL_END_CAMPAIGN);
        mp_put_text(&end, state);
        mp_put_utc(&end, mp_clock_wall_ns());
        mp_put_integer(&end, campaign_id);
        code = mp_binder_query(&end, &id, 1);
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
    return mp_database_json(store, pairs, spec->param_count, 1, buf);
}

static int find_cell(struct mp_store *store, const struct mp_round_spec *spec,
                     const char *params, int64_t *ret_id) {
    struct mp_binder find = mp_binder_start(store, MP_SQL_FIND_CELL);
    mp_put_foreign(&find, spec->device, 0);
    mp_put_foreign(&find, spec->scenario, 0);
    mp_put_text(&find, params);
    mp_put_foreign(&find, spec->arm, 0);
    return mp_binder_query(&find, ret_id, 1);
}

static int add_cell(struct mp_store *store, const struct mp_round_spec *spec,
                    const char *params, int64_t *ret_id) {
    char hash[17];
    mp_round_spec_cell_hash(spec, hash);
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_CELL);
    mp_put_foreign(&add, spec->device, 0);
    mp_put_foreign(&add, spec->scenario, 0);
    mp_put_text(&add, params);
    mp_put_foreign(&add, spec->arm, 0);
    mp_put_text(&add, hash);
    int code = mp_binder_run(&add);
    if (code == SQLITE_OK) {
        *ret_id = sqlite3_last_insert_rowid(store->db);
        struct mp_binder limit = mp_binder_start(store, MP_SQL_ADD_LIMIT);
        mp_put_integer(&limit, *ret_id);
        code = mp_binder_run(&limit);
    }
    if (code == SQLITE_OK && spec->fix[0] != '\0') {
        struct mp_binder fix = mp_binder_start(store, MP_SQL_ADD_FIX);
        mp_put_integer(&fix, *ret_id);
        mp_put_foreign(&fix, spec->fix, 0);
        mp_put_foreign_or_null(&fix, spec->fix_id);
        mp_put_foreign_or_null(&fix, spec->fix_sha256);
        code = mp_binder_run(&fix);
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
                             const struct mp_round_spec *spec, const char *role,
                             int64_t *ret_id, struct mp_error *err) {
    int64_t id = 0, is_same_role = 0;
    int code = mp_database_begin(store);
    if (code == SQLITE_OK) {
        code = mp_database_ensure_cell(store, spec, &id);
        if (code == SQLITE_OK) {
            struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_ROLE);
            mp_put_integer(&add, campaign_id);
            mp_put_integer(&add, id);
            mp_put_text(&add, role);
            code = mp_binder_run(&add);
        }
        if (code == SQLITE_OK) {
            struct mp_binder check = mp_binder_start(store, MP_SQL_CHECK_ROLE);
            mp_put_text(&check, role);
            mp_put_integer(&check, campaign_id);
            mp_put_integer(&check, id);
            code = mp_binder_query(&check, &is_same_role, 1);
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
            spec->scenario, spec->device, spec->arm, role);
    }
    *ret_id = id;
    return MP_OK;
}
