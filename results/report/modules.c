/* Modules of a campaign and of a round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/modules.h"

/* Members of all sets that rounds of campaign ?1 ran with. */
#define MEMBERS                                                                          \
    "(SELECT m.cell_id, m.whole, m.first_round_id, s.* FROM cell_modules AS m"           \
    " JOIN module_set_member AS s ON s.module_set_id = m.module_set_id WHERE "           \
    "m.campaign_id = ?1)"

/* Rows of path, how many builds, the builds as text or JSON. */
#define BUILDS(aggregate)                                                                \
    "SELECT path, count(*) AS builds, " aggregate " AS ids FROM (SELECT path,"           \
    " coalesce(module_id, 'no id') AS id, min(first_round_id) AS first FROM " MEMBERS    \
    " GROUP BY path, id ORDER BY path, first) GROUP BY path HAVING count(*) > 1"

#define OUTSIDE "SELECT DISTINCT path, module_id FROM " MEMBERS " WHERE role = 'outside'"

#define FIXES                                                                            \
    "SELECT DISTINCT arm, path, module_id, sha256 FROM campaign_cell AS c JOIN "         \
    "fix_library AS f"                                                                   \
    " ON f.cell_id = c.cell_id JOIN cell ON cell.id = c.cell_id WHERE c.campaign_id = "  \
    "?1"                                                                                 \
    " ORDER BY arm"

/* Of rounds of one cell that came to their end: what some had loaded and others had not.
 * Another build of the same file is told of above. */
#define PARTLY                                                                           \
    "SELECT DISTINCT scenario, arm, path FROM (SELECT cell_id, path, count(DISTINCT "    \
    "module_set_id)"                                                                     \
    " AS n FROM " MEMBERS                                                                \
    " WHERE whole GROUP BY cell_id, path) AS p JOIN (SELECT cell_id,"                    \
    " count(*) AS total FROM cell_modules WHERE campaign_id = ?1 AND whole GROUP BY "    \
    "cell_id) AS t"                                                                      \
    " ON t.cell_id = p.cell_id JOIN cell ON cell.id = p.cell_id WHERE n < total"         \
    " ORDER BY scenario, arm, path"

#define NAMED "path || coalesce(' (build ' || module_id || ')', '')"

const char mp_report_modules_json[] =
    "(SELECT json_object('fixes', (SELECT json_group_array(json_object('arm', arm, "
    "'path', path,"
    " 'module_id', module_id, 'sha256', sha256)) FROM (" FIXES
    ")), 'outside', (SELECT json_group_array(json_object('path', path, 'module_id', "
    "module_id))"
    " FROM (" OUTSIDE
    ")), 'several_builds', (SELECT json_group_array(json_object('path', path,"
    " 'builds', json(ids))) FROM (" BUILDS(
        "json_group_array(json_object('module_id', id, "
        "'first_round', first))") "))"
                                  ", 'in_some_rounds', (SELECT "
                                  "json_group_array(json_object("
                                  "'scenario', scenario, 'arm', "
                                  "arm,"
                                  " 'path', path)) FROM (" PARTLY "))))";

const char mp_show_modules_json[] =
    "(SELECT json_group_array(json_object('path', path, 'size', size, 'module_id', "
    "module_id,"
    " 'role', role)) FROM round JOIN module_set_member AS m USING (module_set_id)"
    " WHERE round.id = ?2)";

/* One line for each row of `sql`, which gives its text; `title` stands before the
 * first. */
static bool add_lines(struct mp_report *report, struct mp_text *text, bool has_title,
                      enum mp_style style, const char *sql) {
    sqlite3_stmt *rows = mp_report_query(report, sql, 0);
    while (mp_report_next(report, rows)) {
        if (!has_title)
            mp_show_add_title(text, "What was loaded");
        has_title = true;
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, style, 2, mp_report_column(rows, 0));
    }
    return has_title;
}

void mp_report_add_modules(struct mp_report *report, struct mp_text *text) {
    bool has_title = add_lines(report, text, false, MP_PLAIN,
                               "SELECT arm || ' injects ' || " NAMED " FROM (" FIXES ")");
    has_title = add_lines(
        report, text, has_title, MP_WARN,
        "SELECT 'injected from outside: ' || " NAMED
        " || ', by the environment that mpstress was started in' FROM (" OUTSIDE ")");
    has_title = add_lines(
        report, text, has_title, MP_WARN,
        "SELECT path || ' was of ' || builds || ' builds: ' || ids || ': these rounds did"
        " not test the same thing' FROM (" BUILDS(
            "group_concat(id || ' (first in round ' || first || ')', ', ')") ")");
    add_lines(report, text, has_title, MP_WARN,
              "SELECT 'in ' || scenario || ', arm ' || arm || ': ' || path || ' was "
              "loaded in some"
              " rounds and not in others' FROM (" PARTLY ") LIMIT 16");
}

void mp_show_add_modules(struct mp_show *show, struct mp_text *text, bool has_all) {
    int64_t others = 0;
    bool has_title = false;
    sqlite3_stmt *rows = mp_report_query(
        &show->report,
        "SELECT CASE role WHEN 'driver' THEN 'driver' WHEN 'fix' THEN 'injected by the "
        "arm'"
        " WHEN 'outside' THEN 'injected from outside' ELSE '' END, " NAMED
        " || ', ' || size || ' bytes', role = '' FROM round JOIN module_set_member AS m"
        " USING (module_set_id) WHERE round.id = ?2 ORDER BY role = '', role, path",
        show->round_id);
    while (mp_report_next(&show->report, rows)) {
        bool is_plain = sqlite3_column_int(rows, 2) != 0;
        if (!has_title)
            mp_show_add_title(text, "Modules");
        has_title = true;
        others += is_plain && !has_all;
        if (!is_plain || has_all) {
            mp_text_add(text, MP_PLAIN, "  ");
            mp_text_left(text, MP_DIM, 22, mp_report_column(rows, 0));
            mp_text_wrap(text, MP_PLAIN, 24, mp_report_column(rows, 1));
        }
    }
    if (others > 0) {
        mp_text_add(text, MP_DIM, "  %lld other%s; --modules shows all",
                    (long long)others, others == 1 ? "" : "s");
        mp_text_end(text);
    }
}
