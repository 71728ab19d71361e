/* The answers as one JSON document: into tables of a database in memory, out of SQLite's
 * JSON functions.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <sqlite3.h>

#include "results/report/advice.h"
#include "results/stats/demonstration.h"

static const char TABLES[] =
    "CREATE TABLE fixed (allowed, rounds, tenth, half);"
    "CREATE TABLE looking (failures, rounds);"
    "CREATE TABLE known (name, rounds, failures, no_verdict, upper, upper_looking, log_e,"
    " clean_left, shown, met);"
    "CREATE TABLE more (known, what, rounds, upper)";

/* ?1 claim, ?2 target, ?3 confidence, ?4 log E needed, ?5 campaign, ?6 block_ns, ?7 from,
 * ?8 to, ?9 power wished, ?10 rounds per arm, ?11 power reached, ?12 time of both arms,
 * ?13 prior. */
#define TIME(rounds) "CAST(" rounds " * ?6 AS INTEGER)"
static const char DOCUMENT[] =
    "SELECT json_object('schema', 1, 'command', 'plan', 'verdict', 'planned', "
    "'exit_code', 0,"
    " 'claim', iif(?1 IS NULL, NULL, json_object('text', ?1, 'target', ?2, 'confidence', "
    "?3,"
    " 'log_e_needed', ?4, 'prior', json(?13),"
    " 'fixed', (SELECT json_group_array(json_object('allowed', allowed, 'rounds', rounds,"
    " 'time_ns', " TIME(
        "rounds") ", 'pass_at_tenth', tenth, 'pass_at_half', half)) FROM fixed),"
                  " 'looking', (SELECT json_group_array(json_object('failures', "
                  "failures, "
                  "'rounds', rounds,"
                  " 'time_ns', " TIME(
                      "rounds") ")) FROM looking))),"
                                " 'known', (SELECT json_group_array(json_object('cell', "
                                "name, "
                                "'rounds', rounds, 'failures',"
                                " failures, 'no_verdict', no_verdict, 'confidence', ?3, "
                                "'upper', "
                                "upper, 'upper_looking',"
                                " upper_looking, 'log_e', log_e, 'clean_rounds_needed', "
                                "clean_left, 'is_shown_if_fixed',"
                                " json(iif(shown, 'true', 'false')), 'is_met_looking', "
                                "json(iif(met, 'true', 'false')), 'more',"
                                " (SELECT json_group_array(json_object('what', what, "
                                "'rounds', "
                                "rounds, 'time_ns',"
                                " " TIME(
                                    "rounds") ", 'upper', upper)) FROM more WHERE known "
                                              "= "
                                              "k.rowid))) FROM known AS k),"
                                              " 'contrast', iif(?7 IS NULL, NULL, "
                                              "json_object('from', ?7, 'to', ?8, "
                                              "'power_wished', "
                                              "?9,"
                                              " 'confidence', 0.95, 'test', 'boschloo', "
                                              "'rounds_per_arm', ?10, 'power', ?11, "
                                              "'time_ns', "
                                              "?12)),"
                                              " 'speed', iif(?5 IS NULL, NULL, "
                                              "json_object('campaign_id', ?5, "
                                              "'block_ns', ?6)))";

struct writer {
    sqlite3 *db;
    int code; /* the first failure of SQLite */
};

static sqlite3_stmt *prepare(struct writer *writer, const char *sql) {
    sqlite3_stmt *stmt = NULL;
    if (writer->code == SQLITE_OK)
        writer->code = sqlite3_prepare_v2(writer->db, sql, -1, &stmt, NULL);
    return stmt;
}

static void finish(struct writer *writer, sqlite3_stmt *stmt) {
    if (writer->code == SQLITE_OK) {
        int code = sqlite3_step(stmt);
        writer->code = code == SQLITE_DONE ? SQLITE_OK : code;
    }
    sqlite3_finalize(stmt);
}

/* What never comes is NULL. */
static void put_rounds(sqlite3_stmt *stmt, int index, uint64_t rounds) {
    if (rounds != MP_ROUNDS_NEVER)
        sqlite3_bind_int64(stmt, index, (int64_t)rounds);
}

static void add_claim(struct writer *writer, const struct mp_advice *advice) {
    for (size_t i = 0; i < MP_ADVICE_FIXED; i++) {
        sqlite3_stmt *stmt = prepare(writer, "INSERT INTO fixed VALUES (?, ?, ?, ?)");
        sqlite3_bind_int64(stmt, 1, (int64_t)advice->fixed[i].allowed);
        put_rounds(stmt, 2, advice->fixed[i].rounds);
        sqlite3_bind_double(stmt, 3, advice->fixed[i].pass_tenth);
        sqlite3_bind_double(stmt, 4, advice->fixed[i].pass_half);
        finish(writer, stmt);
    }
    for (size_t i = 0; i < MP_ADVICE_LOOKING; i++) {
        sqlite3_stmt *stmt = prepare(writer, "INSERT INTO looking VALUES (?, ?)");
        sqlite3_bind_int64(stmt, 1, (int64_t)advice->looking[i].failures);
        put_rounds(stmt, 2, advice->looking[i].rounds);
        finish(writer, stmt);
    }
}

static void add_more(struct writer *writer, const struct mp_advice_known *known,
                     sqlite3_int64 parent) {
    static const char *const names[] = {"thousand", "as_many_again", "night"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (known->more[i].rounds > 0) {
            sqlite3_stmt *stmt = prepare(writer, "INSERT INTO more VALUES (?, ?, ?, ?)");
            sqlite3_bind_int64(stmt, 1, parent);
            sqlite3_bind_text(stmt, 2, names[i], -1, SQLITE_STATIC);
            put_rounds(stmt, 3, known->more[i].rounds);
            sqlite3_bind_double(stmt, 4, known->more[i].upper);
            finish(writer, stmt);
        }
    }
}

static void add_known(struct writer *writer, const struct mp_advice *advice,
                      const struct mp_advice_known *known) {
    sqlite3_stmt *stmt = prepare(
        writer, "INSERT INTO known VALUES (nullif(?, ''), ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    sqlite3_bind_text(stmt, 1, known->name, -1, SQLITE_STATIC);
    put_rounds(stmt, 2, known->rounds);
    put_rounds(stmt, 3, known->failures);
    put_rounds(stmt, 4, known->no_verdict);
    sqlite3_bind_double(stmt, 5, known->upper);
    sqlite3_bind_double(stmt, 6, known->upper_looking);
    if (advice->options.claim != NULL) {
        sqlite3_bind_double(stmt, 7, known->log_e);
        put_rounds(stmt, 8, known->clean_left);
        sqlite3_bind_int(stmt, 9, known->is_shown);
        sqlite3_bind_int(stmt, 10,
                         mp_eprocess_decides(known->log_e, advice->claim.alpha));
    }
    finish(writer, stmt);
    add_more(writer, known, sqlite3_last_insert_rowid(writer->db));
}

static void write_document(struct writer *writer, const struct mp_advice *advice,
                           struct mp_strbuf *buf) {
    char claim[MP_CLAIM_TEXT_MAX];
    const struct mp_advice_options *options = &advice->options;
    struct mp_beta_prior prior = mp_evidence_prior(options->claim);
    struct mp_strbuf prior_text;
    mp_strbuf_init(&prior_text);
    mp_strbuf_addf(&prior_text, "{\"a\":%.17g,\"b\":%.17g}", prior.a, prior.b);
    sqlite3_stmt *stmt = prepare(writer, DOCUMENT);
    if (options->claim != NULL) {
        mp_claim_format(&advice->claim, claim);
        sqlite3_bind_text(stmt, 1, claim, -1, SQLITE_STATIC);
        sqlite3_bind_double(stmt, 2, advice->claim.target);
        sqlite3_bind_double(stmt, 4, -log(advice->claim.alpha));
    }
    sqlite3_bind_double(stmt, 3, 1.0 - advice->claim.alpha);
    if (advice->campaign_id != 0) {
        sqlite3_bind_int64(stmt, 5, advice->campaign_id);
        put_rounds(stmt, 6, advice->block_ns);
    }
    if (options->has_contrast) {
        sqlite3_bind_double(stmt, 7, options->from);
        sqlite3_bind_double(stmt, 8, options->to);
        sqlite3_bind_double(stmt, 9, options->power);
        put_rounds(stmt, 10, advice->contrast.rounds_per_arm);
        sqlite3_bind_double(stmt, 11, advice->contrast.power);
        if (advice->campaign_id != 0 &&
            advice->contrast.rounds_per_arm != MP_ROUNDS_NEVER) {
            sqlite3_bind_double(stmt, 12,
                                2.0 * (double)advice->contrast.rounds_per_arm *
                                    (double)advice->round_ns);
        }
    }
    sqlite3_bind_text(stmt, 13, prior_text.text, -1, SQLITE_STATIC);
    if (writer->code == SQLITE_OK) {
        int code = sqlite3_step(stmt);
        writer->code = code == SQLITE_ROW ? SQLITE_OK : code;
        if (code == SQLITE_ROW)
            mp_strbuf_addf(buf, "%s\n", (const char *)sqlite3_column_text(stmt, 0));
    }
    sqlite3_finalize(stmt);
    mp_strbuf_release(&prior_text);
}

enum mp_status mp_advice_json(const struct mp_advice *advice, struct mp_strbuf *buf,
                              struct mp_error *err) {
    struct writer writer = {.code = SQLITE_OK};
    enum mp_status status = MP_OK;
    writer.code = sqlite3_open_v2(":memory:", &writer.db,
                                  SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (writer.code == SQLITE_OK)
        writer.code = sqlite3_exec(writer.db, TABLES, NULL, NULL, NULL);
    if (advice->options.claim != NULL)
        add_claim(&writer, advice);
    for (size_t i = 0; i < advice->known_count; i++)
        add_known(&writer, advice, &advice->known[i]);
    write_document(&writer, advice, buf);
    if (writer.code != SQLITE_OK) {
        status = mp_error_set(err, MP_STORE, "cannot write the plan as JSON: %s",
                              sqlite3_errmsg(writer.db));
    }
    sqlite3_close(writer.db);
    return status;
}
