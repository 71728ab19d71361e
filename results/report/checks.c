/* A table of checks.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/checks.h"

#include <sqlite3.h>
#include <string.h>

#include "results/report/text.h"

#define STATE_WIDTH 9
#define NAME_WIDTH  12

static const char TABLE[] =
    "CREATE TABLE item (name TEXT, state TEXT, words TEXT, todo TEXT) STRICT";
static const char ADD[] = "INSERT INTO item VALUES (?, ?, ?, nullif(?, ''))";
static const char DOCUMENT[] =
    "SELECT json_object('schema', 1, 'command', 'doctor', 'check', 'machine', 'verdict', "
    "?,"
    " 'exit_code', ?, 'checks', (SELECT json_group_array(json_object('name', name, "
    "'state', state,"
    " 'words', words, 'todo', todo)) FROM (SELECT * FROM item ORDER BY rowid)))";

static const char *state_name(enum mp_check_state state) {
    static const char *const names[] = {"ok", "careful", "bad"};
    return names[state];
}

void mp_checks_text(const struct mp_check *check, size_t count, bool use_colour,
                    unsigned width, struct mp_strbuf *buf) {
    static const enum mp_style styles[] = {MP_GOOD, MP_WARN, MP_BAD};
    static const char *const words[] = {"ok", "careful", "not ok"};
    struct mp_text text = {
        .buf = buf, .use_colour = use_colour, .width = width == 0 ? 100 : width};
    for (size_t i = 0; i < count; i++) {
        mp_text_left(&text, styles[check[i].state], STATE_WIDTH, words[check[i].state]);
        mp_text_left(&text, MP_BOLD, NAME_WIDTH, check[i].name);
        mp_text_wrap(&text, MP_PLAIN, STATE_WIDTH + NAME_WIDTH, check[i].words);
        if (check[i].todo[0] != '\0') {
            mp_text_left(&text, MP_PLAIN, STATE_WIDTH + NAME_WIDTH, "");
            mp_text_add(&text, MP_PLAIN, "-> ");
            mp_text_wrap(&text, MP_PLAIN, STATE_WIDTH + NAME_WIDTH + 3, check[i].todo);
        }
    }
}

static int add_check(sqlite3_stmt *add, const struct mp_check *check) {
    const char *texts[] = {check->name, state_name(check->state), check->words,
                           check->todo};
    struct mp_strbuf safe;
    mp_strbuf_init(&safe);
    for (int i = 0; i < 4; i++) {
        mp_strbuf_clear(&safe);
        mp_strbuf_add_escaped(&safe, texts[i], strlen(texts[i]), 0);
        sqlite3_bind_text(add, i + 1, safe.text, -1, SQLITE_TRANSIENT);
    }
    mp_strbuf_release(&safe);
    int code = sqlite3_step(add);
    sqlite3_reset(add);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

static int write_document(sqlite3 *db, enum mp_check_state worst, int exit_code,
                          struct mp_strbuf *buf) {
    sqlite3_stmt *document = NULL;
    int code = sqlite3_prepare_v2(db, DOCUMENT, -1, &document, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(document, 1, state_name(worst), -1, SQLITE_STATIC);
        sqlite3_bind_int(document, 2, exit_code);
        code = sqlite3_step(document);
    }
    if (code == SQLITE_ROW) {
        mp_strbuf_addf(buf, "%s\n", mp_report_column(document, 0));
        code = SQLITE_OK;
    }
    sqlite3_finalize(document);
    return code;
}

enum mp_status mp_checks_json(const struct mp_check *check, size_t count, int exit_code,
                              struct mp_strbuf *buf, struct mp_error *err) {
    sqlite3 *db = NULL;
    sqlite3_stmt *add = NULL;
    enum mp_check_state worst = MP_CHECK_OK;
    enum mp_status status = MP_OK;
    int code = sqlite3_open_v2(":memory:", &db,
                               SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_exec(db, TABLE, NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = sqlite3_prepare_v2(db, ADD, -1, &add, NULL);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        worst = check[i].state > worst ? check[i].state : worst;
        code = add_check(add, &check[i]);
    }
    if (code == SQLITE_OK)
        code = write_document(db, worst, exit_code, buf);
    if (code != SQLITE_OK) {
        status = mp_error_set(err, MP_STORE, "cannot make the JSON of the checks: %s",
                              sqlite3_errmsg(db));
    }
    sqlite3_finalize(add);
    sqlite3_close(db);
    return status;
}
