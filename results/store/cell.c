/* The rows of cells, each of them once, and their roles in campaigns.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/cell.h"

#include <stdlib.h>
#include <string.h>

#include "results/store/database.h"
#include "results/store/pairs.h"

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
    return mp_pairs_to_json(store, pairs, spec->param_count, true, buf);
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
    if (!is_same_role)
        return mp_error_set(
            err, MP_USAGE,
            "%s on %s with arm %s is in this campaign twice, as %s and in another"
            " role; keep one of them",
            spec->scenario, spec->device, spec->arm, mp_role_name(role));
    *ret_id = id;
    return MP_OK;
}
