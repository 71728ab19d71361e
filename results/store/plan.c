/* Writes plans as SQLite's JSON. The hash covers the text, so members and their order are
 * part of the format.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/plan.h"

#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/sha256.h"
#include "results/store/database.h"

static int add_cell(struct mp_store *store, const struct mp_cell *cell,
                    struct mp_strbuf *buf) {
    const struct mp_round_spec *spec = &cell->spec;
    char hash[17];
    struct mp_strbuf params;
    mp_strbuf_init(&params);
    mp_round_spec_cell_hash(spec, hash);
    int code = mp_database_params(store, spec, &params);
    if (code == SQLITE_OK) {
        struct mp_statement text = mp_statement_start(store, MP_SQL_PLAN_CELL);
        mp_bind_text(&text, "role", mp_role_name(cell->role));
        mp_bind_foreign(&text, "device", spec->device);
        mp_bind_foreign(&text, "scenario", spec->scenario);
        mp_bind_text(&text, "params", params.text);
        mp_bind_foreign(&text, "arm", spec->arm);
        mp_bind_count_or_null(&text, "rounds", cell->rounds > 0, cell->rounds);
        mp_bind_count(&text, "timeout_ms", spec->timeout_ms);
        mp_bind_count_or_null(&text, "silence_ms", spec->silence_ms > 0,
                              spec->silence_ms);
        mp_bind_integer(&text, "recorder", spec->recorder);
        mp_bind_text(&text, "spec_hash", hash);
        code = mp_statement_text(&text, buf);
    }
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

/* What the row and its JSON share. */
static void bind_common(struct mp_statement *statement, const struct mp_plan_row *row,
                        const char *claim) {
    bool has_claim = row->claim != NULL;
    uint64_t rounds = sum_rounds(row);
    mp_bind_text(statement, "kind", row->kind);
    mp_bind_text(statement, "claim", claim);
    mp_bind_text(statement, "counts", row->counts);
    mp_bind_real_or_null(statement, "target", has_claim,
                         has_claim ? row->claim->target : 0.0);
    mp_bind_real_or_null(statement, "confidence", has_claim,
                         has_claim ? 1.0 - row->claim->alpha : 0.0);
    mp_bind_real(statement, "prior_a", row->prior_a);
    mp_bind_real(statement, "prior_b", row->prior_b);
    mp_bind_hex(statement, "seed", row->seed);
    mp_bind_count_or_null(statement, "rounds", rounds > 0, rounds);
    mp_bind_count_or_null(statement, "duration_ns", row->duration_ns > 0,
                          row->duration_ns);
}

static int write_text(struct mp_store *store, const struct mp_plan_row *row,
                      const char *claim, const char *cells, struct mp_strbuf *buf) {
    struct mp_statement text = mp_statement_start(store, MP_SQL_PLAN_TEXT);
    bind_common(&text, row, claim);
    mp_bind_hex_or_null(&text, "round_seed", row->round_seed != NULL,
                        row->round_seed != NULL ? *row->round_seed : 0);
    mp_bind_text(&text, "cells", cells);
    return mp_statement_text(&text, buf);
}

static int add_plan(struct mp_store *store, const struct mp_plan_row *row,
                    const char *claim, const char *cells, const char *text,
                    int64_t *ret_id) {
    char hash[MP_SHA256_HEX_SIZE];
    mp_sha256_hex(text, strlen(text), hash);
    int code = mp_database_begin(store);
    if (code != SQLITE_OK)
        return code;
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_PLAN);
    bind_common(&add, row, claim);
    mp_bind_text(&add, "hash", hash);
    mp_bind_text(&add, "cells", cells);
    mp_bind_text(&add, "text", text);
    mp_bind_utc(&add, "created_at", mp_clock_wall_ns());
    code = mp_statement_run(&add);
    if (code == SQLITE_OK) {
        struct mp_statement find = mp_statement_start(store, MP_SQL_FIND_PLAN);
        mp_bind_text(&find, "hash", hash);
        code = mp_statement_query(&find, ret_id, 1);
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

enum mp_status mp_store_earlier_tries(struct mp_store *store,
                                      const struct mp_claim *claim, const char *spec_hash,
                                      int64_t campaign_id,
                                      const struct mp_environment *env,
                                      struct mp_evidence_earlier *ret_earlier,
                                      struct mp_error *err) {
    char text[MP_CLAIM_TEXT_MAX];
    int64_t found[5] = {0};
    mp_claim_format(claim, text);
    struct mp_statement find = mp_statement_start(store, MP_SQL_EARLIER_TRIES);
    mp_bind_text(&find, "claim", text);
    mp_bind_text(&find, "spec_hash", spec_hash);
    mp_bind_integer(&find, "campaign_id", campaign_id);
    mp_bind_foreign(&find, "os", env->os);
    mp_bind_foreign(&find, "os_build", env->os_build);
    mp_bind_foreign(&find, "cpu", env->cpu);
    int code = mp_statement_query(&find, found, 5);
    if (code != SQLITE_OK)
        return mp_database_error(store, err, code, "look for earlier tries of the claim");
    *ret_earlier = (struct mp_evidence_earlier){.campaigns = (uint64_t)found[0],
                                                .rounds = (uint64_t)found[1],
                                                .failures = (uint64_t)found[2],
                                                .no_overlap = (uint64_t)found[3],
                                                .no_verdict = (uint64_t)found[4]};
    return MP_OK;
}
