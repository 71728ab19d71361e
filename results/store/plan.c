/* Writes plans. The JSON is SQLite's; the hash is over its text, so its members and their
 * order are part of the format.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/plan.h"

#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/sha256.h"
#include "results/store/database.h"

static void put_count_or_null(struct mp_binder *binder, uint64_t value) {
    if (value > 0)
        mp_put_count(binder, value);
    else
        mp_put_null(binder);
}

static int add_cell(struct mp_store *store, const struct mp_plan_row_cell *cell,
                    struct mp_strbuf *buf) {
    char hash[17];
    struct mp_strbuf params;
    mp_strbuf_init(&params);
    mp_round_spec_cell_hash(cell->spec, hash);
    int code = mp_database_params(store, cell->spec, &params);
    struct mp_binder text = mp_binder_start(store, MP_SQL_PLAN_CELL);
    mp_put_text(&text, cell->role);
    mp_put_foreign(&text, cell->spec->device, 0);
    mp_put_foreign(&text, cell->spec->scenario, 0);
    mp_put_text(&text, params.text);
    mp_put_foreign(&text, cell->spec->arm, 0);
    put_count_or_null(&text, cell->rounds);
    mp_put_count(&text, cell->spec->timeout_ms);
    put_count_or_null(&text, cell->spec->silence_ms);
    mp_put_integer(&text, cell->spec->recorder);
    mp_put_text(&text, hash);
    code = code == SQLITE_OK ? mp_binder_text(&text, buf) : code;
    mp_strbuf_release(&params);
    return code;
}

static uint64_t sum_rounds(const struct mp_plan_row *row) {
    uint64_t sum = 0;
    for (size_t i = 0; i < row->cell_count; i++) {
        if (row->cell[i].rounds == 0)
            return 0;
        sum += row->cell[i].rounds;
    }
    return sum;
}

/* The members that the row and its text share, in the order of both statements. */
static void put_common(struct mp_binder *binder, const struct mp_plan_row *row,
                       const char *claim) {
    mp_put_text(binder, row->kind);
    mp_put_text(binder, claim);
    if (row->claim != NULL) {
        mp_put_real(binder, row->claim->target);
        mp_put_real(binder, 1.0 - row->claim->alpha);
    } else {
        mp_put_null(binder);
        mp_put_null(binder);
    }
    mp_put_real(binder, row->prior_a);
    mp_put_real(binder, row->prior_b);
    mp_put_hex(binder, row->seed);
    put_count_or_null(binder, sum_rounds(row));
    put_count_or_null(binder, row->duration_ns);
}

static int write_text(struct mp_store *store, const struct mp_plan_row *row,
                      const char *claim, const char *cells, struct mp_strbuf *buf) {
    struct mp_binder text = mp_binder_start(store, MP_SQL_PLAN_TEXT);
    put_common(&text, row, claim);
    if (row->round_seed != NULL)
        mp_put_hex(&text, *row->round_seed);
    else
        mp_put_null(&text);
    mp_put_text(&text, cells);
    return mp_binder_text(&text, buf);
}

static int add_plan(struct mp_store *store, const struct mp_plan_row *row,
                    const char *claim, const char *cells, const char *text,
                    int64_t *ret_id) {
    char hash[MP_SHA256_HEX_SIZE];
    mp_sha256_hex(text, strlen(text), hash);
    int code = mp_database_begin(store);
    if (code != SQLITE_OK)
        return code;
    struct mp_binder add = mp_binder_start(store, MP_SQL_ADD_PLAN);
    put_common(&add, row, claim);
    mp_put_text(&add, hash);
    mp_put_text(&add, cells);
    mp_put_text(&add, text);
    mp_put_utc(&add, mp_clock_wall_ns());
    code = mp_binder_run(&add);
    if (code == SQLITE_OK) {
        struct mp_binder find = mp_binder_start(store, MP_SQL_FIND_PLAN);
        mp_put_text(&find, hash);
        code = mp_binder_query(&find, ret_id, 1);
    }
    return mp_database_end(store, code);
}

enum mp_status mp_store_plan(struct mp_store *store, const struct mp_plan_row *row,
                             int64_t *ret_id, struct mp_error *err) {
    char claim[MP_CLAIM_TEXT_MAX] = "";
    struct mp_strbuf cells, text;
    mp_strbuf_init(&cells);
    mp_strbuf_init(&text);
    if (row->claim != NULL)
        mp_claim_format(row->claim, claim);
    const char *claimed = row->claim != NULL ? claim : NULL;
    int64_t id = 0;
    int code = SQLITE_OK;
    mp_strbuf_addch(&cells, '[');
    for (size_t i = 0; i < row->cell_count && code == SQLITE_OK; i++) {
        mp_strbuf_addstr(&cells, i > 0 ? "," : "");
        code = add_cell(store, &row->cell[i], &cells);
    }
    mp_strbuf_addch(&cells, ']');
    if (code == SQLITE_OK)
        code = write_text(store, row, claimed, cells.text, &text);
    if (code == SQLITE_OK)
        code = add_plan(store, row, claimed, cells.text, text.text, &id);
    mp_strbuf_release(&cells);
    mp_strbuf_release(&text);
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "record the plan");
    *ret_id = id;
    return MP_OK;
}
