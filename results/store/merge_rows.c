/* Rows that are in both databases: conflicts, campaigns resumed since, shared signatures
 * and reports. A recorded round never changes, except a pass overruled by a report.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "results/store/merge.h"
#include "results/store/patience.h"

#define SAY_MIN 100000 /* rounds; about 1 s */

/* Immutable columns of a campaign; the others are its state. */
static const char *const FIXED[] = {"started_at", "argv", "seed", "plan_id"};

/* The first row of merge->sql, a printf(), as text; "" if there is none. No printf() is
 * NULL but for lack of memory. */
static int query_text(struct mp_merge *merge, char *ret_text, size_t size) {
    sqlite3_stmt *stmt = NULL;
    ret_text[0] = '\0';
    int code = sqlite3_prepare_v2(merge->db, merge->sql.text, -1, &stmt, NULL);
    if (code == SQLITE_OK && (code = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *text = (const char *)sqlite3_column_text(stmt, 0);
        snprintf(ret_text, size, "%s", text == NULL ? "" : text);
        code = text == NULL ? SQLITE_NOMEM : SQLITE_DONE;
    }
    sqlite3_finalize(stmt);
    mp_strbuf_clear(&merge->sql);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static bool is_fixed(const char *column) {
    for (size_t i = 0; i < sizeof(FIXED) / sizeof(FIXED[0]); i++)
        if (strcmp(FIXED[i], column) == 0)
            return true;
    return false;
}

/* Adds an expression: the names of the columns in which s and m differ, "" if in none. */
static void add_differences(struct mp_merge *merge, const struct mp_merge_table *table,
                            bool only_fixed) {
    mp_strbuf_addstr(&merge->sql, "(''");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mp_merge_column *column = &table->column[i];
        if (!only_fixed || is_fixed(column->name)) {
            mp_strbuf_addf(&merge->sql, " || iif(m.\"%s\" IS ", column->name);
            mp_merge_value(merge, column, &merge->sql);
            mp_strbuf_addf(&merge->sql, ", '', ' %s')", column->name);
        }
    }
    mp_strbuf_addstr(&merge->sql, ")");
}

/* Adds the rows that are in both files: s in the other one, m here. */
static void add_both(struct mp_merge *merge, const char *table) {
    mp_strbuf_addf(&merge->sql,
                   " FROM temp.map_%s AS k CROSS JOIN %s.\"%s\" AS s ON s.id = k.old"
                   " CROSS JOIN main.\"%s\" AS m ON m.id = k.new WHERE NOT k.fresh",
                   table, merge->schema, table, table);
}

/* A report of the system may have turned a pass into a crash (mp_store_os_report),
 * perhaps in only one of the files. */
#define OVERRULED(pass, crash)                                                           \
    "(" pass ".outcome = 'pass' AND " crash ".outcome = 'crash' AND substr(" crash       \
    ".detail, -"                                                                         \
    "length(': ' || " pass ".detail)) = ': ' || " pass ".detail)"

static int overrule_passes(struct mp_merge *merge) {
    mp_strbuf_addf(
        &merge->sql,
        "UPDATE main.round AS m SET outcome = s.outcome, detail = s.detail,"
        " signature_id = (SELECT new FROM temp.map_signature WHERE old = s.signature_id) FROM"
        " temp.map_round AS k, %s.round AS s WHERE s.id = k.old AND m.id = k.new"
        " AND NOT k.fresh AND " OVERRULED("m", "s"),
        merge->schema);
    return mp_merge_run(merge);
}

/* Says which campaign is not the same in both files, and in what; "" if all are. */
static int find_campaign_conflict(struct mp_merge *merge, char *ret_words, size_t size) {
    mp_strbuf_addstr(&merge->sql,
                     "SELECT printf('campaign %s differs in%s', uuid, d) FROM"
                     " (SELECT s.uuid AS uuid, ");
    add_differences(merge, mp_merge_find_table(merge, "campaign"), true);
    mp_strbuf_addstr(&merge->sql, " AS d");
    add_both(merge, "campaign");
    mp_strbuf_addstr(&merge->sql, ") WHERE d <> '' LIMIT 1");
    return query_text(merge, ret_words, size);
}

static int find_role_conflict(struct mp_merge *merge, char *ret_words, size_t size) {
    mp_strbuf_addf(
        &merge->sql,
        "SELECT printf('campaign %%s differs in the role of %%s, arm %%s: %%s and %%s',"
        " c.uuid, l.scenario, l.arm, m.role, s.role) FROM %s.campaign_cell AS s"
        " JOIN main.campaign_cell AS m ON m.campaign_id = (SELECT new FROM"
        " temp.map_campaign WHERE old = s.campaign_id) AND m.cell_id = (SELECT new FROM"
        " temp.map_cell WHERE old = s.cell_id) JOIN main.campaign AS c ON"
        " c.id = m.campaign_id JOIN main.cell AS l ON l.id = m.cell_id"
        " WHERE m.role <> s.role LIMIT 1",
        merge->schema);
    return query_text(merge, ret_words, size);
}

static int find_round_conflict(struct mp_merge *merge, char *ret_words, size_t size) {
    mp_strbuf_addf(
        &merge->sql,
        "SELECT printf('campaign %%s differs in round %%d:%%s', (SELECT uuid FROM"
        " main.campaign WHERE id = c), seq, d)"
        " FROM (SELECT m.campaign_id AS c, s.seq AS seq, ");
    add_differences(merge, mp_merge_find_table(merge, "round"), false);
    mp_strbuf_addstr(&merge->sql, " AS d");
    add_both(merge, "round");
    mp_strbuf_addstr(&merge->sql, " AND NOT " OVERRULED("m", "s") " AND NOT " OVERRULED(
                                      "s", "m") ") WHERE d <> '' LIMIT 1");
    int code = query_text(merge, ret_words, size);
    if (code != SQLITE_OK || ret_words[0] != '\0')
        return code;
    /* Each has rounds that the other lacks: it was resumed in both. */
    mp_strbuf_addf(
        &merge->sql,
        "WITH both AS MATERIALIZED (SELECT s.campaign_id AS c, count(*) AS n FROM"
        " temp.map_round AS k CROSS JOIN %s.round AS s ON s.id = k.old"
        " WHERE NOT k.fresh GROUP BY 1)"
        " SELECT printf('campaign %%s went on in both: each has rounds that the other"
        " has not', (SELECT uuid FROM main.campaign WHERE id = k.new))"
        " FROM temp.map_campaign AS k LEFT JOIN both ON both.c = k.old WHERE NOT k.fresh"
        " AND ifnull(n, 0) < (SELECT count(*) FROM %s.round WHERE campaign_id = k.old)"
        " AND ifnull(n, 0) < (SELECT count(*) FROM main.round WHERE campaign_id = k.new)"
        " LIMIT 1",
        merge->schema, merge->schema);
    return query_text(merge, ret_words, size);
}

/* A campaign that is in both gets the state of the file that has more of it: more rounds,
 * else the later end or resumption. */
static int update_campaigns(struct mp_merge *merge) {
    const struct mp_merge_table *table = mp_merge_find_table(merge, "campaign");
    struct mp_strbuf *sql = &merge->sql;
    mp_strbuf_addstr(sql, "UPDATE main.campaign AS m SET uuid = m.uuid");
    for (size_t i = 0; i < table->column_count; i++) {
        const struct mp_merge_column *column = &table->column[i];
        if (strcmp(column->name, "uuid") != 0 && !is_fixed(column->name)) {
            mp_strbuf_addf(sql, ", \"%s\" = ", column->name);
            mp_merge_value(merge, column, sql);
        }
    }
    mp_strbuf_addf(
        sql,
        " FROM %s.campaign AS s, temp.map_campaign AS k WHERE k.old = s.id AND k.new ="
        " m.id AND NOT k.fresh AND"
        " ((SELECT count(*) FROM %s.round WHERE campaign_id = s.id),"
        " max(ifnull(s.ended_at, ''), ifnull(s.resumed_at, '')), s.ended_at IS NOT NULL)"
        " > ((SELECT count(*) FROM main.round WHERE campaign_id = m.id),"
        " max(ifnull(m.ended_at, ''), ifnull(m.resumed_at, '')), m.ended_at IS NOT NULL)",
        merge->schema, merge->schema);
    return mp_merge_run(merge);
}

/* A signature takes the first of its two titles in the alphabet, so that the order of
 * merging does not matter; a report is linked if either file knew its round. */
static int unite_signatures(struct mp_merge *merge) {
    mp_strbuf_addf(
        &merge->sql,
        "UPDATE main.signature AS m SET title = min(m.title, s.title),"
        " family = min(m.family, s.family) FROM %s.signature AS s WHERE m.key = s.key"
        " AND (s.title < m.title OR s.family < m.family)",
        merge->schema);
    return mp_merge_run(merge);
}

static int unite_reports(struct mp_merge *merge) {
    mp_strbuf_addf(
        &merge->sql,
        "UPDATE main.os_report AS m SET round_id = (SELECT new FROM temp.map_round"
        " WHERE old = s.round_id) FROM %s.os_report AS s, temp.map_os_report AS k"
        " WHERE k.old = s.id AND k.new = m.id AND m.round_id IS NULL"
        " AND s.round_id IS NOT NULL",
        merge->schema);
    return mp_merge_run(merge);
}

/* Of two words on a signature the later stands, whichever file is merged into which. */
static int unite_known(struct mp_merge *merge) {
    mp_strbuf_addf(
        &merge->sql,
        "UPDATE main.known_failure AS m SET issue = s.issue, until = s.until,"
        " is_removed = s.is_removed, changed_at = s.changed_at FROM %s.known_failure AS s"
        " WHERE m.key = s.key AND (s.changed_at, s.is_removed, s.until, s.issue) >"
        " (m.changed_at, m.is_removed, m.until, m.issue)",
        merge->schema);
    return mp_merge_run(merge);
}

/* What a table needs in addition to new rows. `ret_words`: a conflict, "" none. */
static int reconcile(struct mp_merge *merge, const struct mp_merge_table *table,
                     char *ret_words, size_t size) {
    if (strcmp(table->name, "campaign") == 0) {
        int code = find_campaign_conflict(merge, ret_words, size);
        return code == SQLITE_OK ? update_campaigns(merge) : code;
    }
    if (strcmp(table->name, "round") == 0) {
        int code = find_round_conflict(merge, ret_words, size);
        return code == SQLITE_OK ? overrule_passes(merge) : code;
    }
    if (strcmp(table->name, "campaign_cell") == 0)
        return find_role_conflict(merge, ret_words, size);
    if (strcmp(table->name, "signature") == 0)
        return unite_signatures(merge);
    if (strcmp(table->name, "known_failure") == 0)
        return unite_known(merge);
    return strcmp(table->name, "os_report") == 0 ? unite_reports(merge) : SQLITE_OK;
}

static void say(const struct mp_merge *merge, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static void say(const struct mp_merge *merge, const char *format, ...) {
    if (merge->watch == NULL || merge->watch->tell == NULL || merge->rounds < SAY_MIN)
        return; /* done in a moment */
    char words[512];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof(words), format, args);
    va_end(args);
    merge->watch->tell(merge->watch->context, words);
}

static int count_campaigns(struct mp_merge *merge, struct mp_merge_counts *counts) {
    int64_t n[5] = {0};
    mp_strbuf_addf(
        &merge->sql,
        "WITH grown AS (SELECT DISTINCT s.campaign_id AS c FROM temp.map_round AS k"
        " CROSS JOIN %s.round AS s ON s.id = k.old WHERE k.fresh)"
        " SELECT count(*) FILTER (WHERE fresh),"
        " count(*) FILTER (WHERE NOT fresh AND old IN grown),"
        " count(*) FILTER (WHERE NOT fresh AND old NOT IN grown),"
        " (SELECT count(*) FROM temp.map_round WHERE fresh),"
        " (SELECT count(*) FROM temp.map_round WHERE NOT fresh) FROM temp.map_campaign",
        merge->schema);
    int code = mp_database_query(merge->db, merge->sql.text, n, 5);
    mp_strbuf_clear(&merge->sql);
    *counts = (struct mp_merge_counts){(uint64_t)n[0], (uint64_t)n[1], (uint64_t)n[2],
                                       (uint64_t)n[3], (uint64_t)n[4]};
    return code;
}

/* Saves the reason for mp_database_error, before what follows makes SQLite forget it. */
static void note_reason(struct mp_merge *merge, int code) {
    struct mp_store *store = merge->store;
    if (store->reason[0] == '\0' && !mp_patience_has_ended(store))
        snprintf(store->reason, sizeof(store->reason), "%s",
                 sqlite3_errcode(merge->db) == SQLITE_OK ? sqlite3_errstr(code)
                                                         : mp_store_why(merge->db, code));
}

int mp_merge_take(struct mp_merge *merge, struct mp_merge_counts *ret_counts,
                  char *ret_words, size_t size) {
    int code = mp_merge_read_tables(merge);
    struct mp_merge_table *table = NULL;
    if (code == SQLITE_OK) {
        mp_strbuf_addf(&merge->sql, "SELECT ifnull(sum(rounds), 0) FROM %s.round_count",
                       merge->schema);
        code = mp_database_query(merge->db, merge->sql.text, &merge->rounds, 1);
        mp_strbuf_clear(&merge->sql);
    }
    ret_words[0] = '\0';
    while (code == SQLITE_OK && ret_words[0] == '\0' &&
           (table = mp_merge_next_table(merge)) != NULL) {
        bool is_round = strcmp(table->name, "round") == 0;
        if (is_round)
            say(merge, "%s: comparing its rounds with the existing ones", merge->path);
        code = table->has_id ? mp_merge_map(merge, table) : SQLITE_OK;
        if (code == SQLITE_OK)
            code = reconcile(merge, table, ret_words, size);
        if (code == SQLITE_OK && ret_words[0] == '\0' && is_round) {
            code = count_campaigns(merge, ret_counts);
            say(merge, "%s: adding %llu rounds", merge->path,
                (unsigned long long)ret_counts->rounds_new);
        }
        if (code == SQLITE_OK && ret_words[0] == '\0')
            code = mp_merge_add(merge, table);
        table->is_done = true;
    }
    if (code != SQLITE_OK)
        note_reason(merge, code);
    mp_strbuf_clear(&merge->sql);
    for (size_t i = 0; i < merge->table_count; i++)
        mp_strbuf_addf(&merge->sql, "DROP TABLE IF EXISTS temp.map_%s;",
                       merge->table[i].name);
    int dropped = mp_merge_run(merge);
    return code == SQLITE_OK ? dropped : code;
}
