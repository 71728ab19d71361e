/* Modules of a campaign and of a round.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/loaded.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "results/report/json.h"
#include "results/report/line.h"

#define SHOWN_MAX 16 /* modules loaded in only some rounds */

/* clang-format off */
#define MODULE(member, kind) MP_FIELD(struct mp_loaded_row, member, kind)
static const struct mp_field MODULE_TABLE[] = {
    MODULE(path, WORD), MODULE(module_id, TEXT), MODULE(role, WORD), MODULE(sha256, TEXT),
    MODULE(scenario, WORD), MODULE(arm, WORD), MODULE(methods, TEXT), MODULE(size, INTEGER),
    MODULE(first_round, INTEGER),
};
/* clang-format on */

static const struct mp_fields module_fields =
    MP_FIELDS(struct mp_loaded_row, MODULE_TABLE);

static void load(struct mp_loaded_list *list, struct mp_query *query, const char *sql,
                 int64_t id) {
    list->row = mp_fields_list(&module_fields, query, sql, id, 0, &list->count);
}

/* Members of all module sets of campaign ?1. */
#define MEMBERS                                                                          \
    "(SELECT m.cell_id, m.whole, m.first_round_id, s.* FROM cell_modules AS m"           \
    " JOIN module_set_member AS s ON s.module_set_id = m.module_set_id"                  \
    " WHERE m.campaign_id = ?1)"

void mp_loaded_load(struct mp_loaded *modules, struct mp_report *report) {
    struct mp_query *query = &report->query;
    int64_t id = report->campaign_id;
    load(
        &modules->fixes, query,
        "SELECT DISTINCT arm, path, module_id, sha256 FROM campaign_cell AS c"
        " JOIN fix_library AS f ON f.cell_id = c.cell_id JOIN cell ON cell.id = c.cell_id"
        " WHERE c.campaign_id = ?1 ORDER BY arm",
        id);
    load(&modules->outside, query,
         "SELECT DISTINCT path, module_id FROM " MEMBERS " WHERE role = 'outside'", id);
    load(&modules->several_builds, query,
         "SELECT path, id AS module_id, first AS first_round FROM (SELECT path,"
         " coalesce(module_id, 'no id') AS id, min(first_round_id) AS first, count(*)"
         " OVER (PARTITION BY path) AS n FROM " MEMBERS " GROUP BY path, id)"
         " WHERE n > 1 ORDER BY path, first, id",
         id);
    /* Of completed rounds. Different builds of the same file are listed above. */
    load(&modules->in_some_rounds, query,
         "SELECT DISTINCT scenario, arm, path FROM (SELECT cell_id, path,"
         " count(DISTINCT module_set_id) AS n FROM " MEMBERS
         " WHERE whole GROUP BY cell_id, path) AS p JOIN (SELECT cell_id,"
         " count(*) AS total FROM cell_modules WHERE campaign_id = ?1 AND whole"
         " GROUP BY cell_id) AS t ON t.cell_id = p.cell_id JOIN cell"
         " ON cell.id = p.cell_id WHERE n < total ORDER BY scenario, arm, path",
         id);
}

void mp_loaded_load_round(struct mp_loaded_list *list, struct mp_query *query,
                          int64_t round_id) {
    load(list, query,
         "SELECT m.* FROM round JOIN module_set_member AS m USING (module_set_id)"
         " WHERE round.id = ?1 ORDER BY path",
         round_id);
}

void mp_loaded_release_round(struct mp_loaded_list *list) {
    mp_fields_release(&module_fields, list->row, list->count);
    free(list->row);
}

void mp_loaded_release(struct mp_loaded *modules) {
    mp_loaded_release_round(&modules->fixes);
    mp_loaded_release_round(&modules->outside);
    mp_loaded_release_round(&modules->several_builds);
    mp_loaded_release_round(&modules->in_some_rounds);
}

/* "/usr/lib/libx.so (build 0123)" */
static void write_name(const struct mp_loaded_row *module, struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, module->path);
    if (module->module_id != NULL)
        mp_strbuf_addf(buf, " (build %s)", module->module_id);
}

/* Adds and clears the line; a title precedes the first. */
static void add_line(struct mp_text *text, bool *has_title, enum mp_style style,
                     struct mp_strbuf *line) {
    if (!*has_title)
        mp_line_title(text, "What was loaded");
    *has_title = true;
    mp_text_add(text, MP_PLAIN, "  ");
    mp_text_wrap(text, style, 2, line->text);
    mp_strbuf_clear(line);
}

/* From this row on, the rows of one path. */
static size_t count_builds(const struct mp_loaded_list *list, size_t at) {
    size_t end = at + 1;
    while (end < list->count && strcmp(list->row[end].path, list->row[at].path) == 0)
        end++;
    return end - at;
}

static void write_builds(const struct mp_loaded_row *build, size_t count,
                         struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%s had %zu builds: ", build->path, count);
    for (size_t i = 0; i < count; i++)
        mp_strbuf_addf(buf, "%s%s (first in round %" PRId64 ")", i > 0 ? ", " : "",
                       build[i].module_id, build[i].first_round);
    mp_strbuf_addstr(buf, "; these rounds did not test the same thing");
}

static void add_builds(const struct mp_loaded_list *list, struct json_object *to) {
    struct json_object *files = mp_json_add_array(to, "several_builds");
    size_t count;
    for (size_t i = 0; i < list->count; i += count) {
        count = count_builds(list, i);
        struct json_object *file = mp_json_add_object(files, NULL);
        mp_json_add_text(file, "path", list->row[i].path);
        mp_fields_add_list(&module_fields, &list->row[i], count, "module_id first_round",
                           file, "builds");
    }
}

void mp_loaded_add(const struct mp_loaded *modules, struct mp_text *text) {
    bool has_title = false;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < modules->fixes.count; i++) {
        mp_strbuf_addf(&line, "%s injects ", modules->fixes.row[i].arm);
        write_name(&modules->fixes.row[i], &line);
        add_line(text, &has_title, MP_PLAIN, &line);
    }
    for (size_t i = 0; i < modules->outside.count; i++) {
        mp_strbuf_addstr(&line, "injected from outside: ");
        write_name(&modules->outside.row[i], &line);
        mp_strbuf_addstr(&line, ", by the environment in which mpstress was started");
        add_line(text, &has_title, MP_WARN, &line);
    }
    const struct mp_loaded_list *builds = &modules->several_builds;
    size_t count;
    for (size_t i = 0; i < builds->count; i += count) {
        count = count_builds(builds, i);
        write_builds(&builds->row[i], count, &line);
        add_line(text, &has_title, MP_WARN, &line);
    }
    for (size_t i = 0; i < modules->in_some_rounds.count && i < SHOWN_MAX; i++) {
        const struct mp_loaded_row *row = &modules->in_some_rounds.row[i];
        mp_strbuf_addf(&line,
                       "in %s, arm %s: %s was loaded in some rounds and not in"
                       " others",
                       row->scenario, row->arm, row->path);
        add_line(text, &has_title, MP_WARN, &line);
    }
    mp_strbuf_release(&line);
}

void mp_loaded_add_json(const struct mp_loaded *modules, struct json_object *to) {
    struct json_object *object = mp_json_add_object(to, "modules");
    mp_fields_add_list(&module_fields, modules->fixes.row, modules->fixes.count,
                       "arm path module_id sha256", object, "fixes");
    mp_fields_add_list(&module_fields, modules->outside.row, modules->outside.count,
                       "path module_id", object, "outside");
    add_builds(&modules->several_builds, object);
    mp_fields_add_list(&module_fields, modules->in_some_rounds.row,
                       modules->in_some_rounds.count, "scenario arm path", object,
                       "in_some_rounds");
}

/* "; owns 14 of the driver's methods", or with all their names. */
static void write_methods(const struct mp_loaded_row *row, bool has_all,
                          struct mp_strbuf *buf) {
    unsigned count = row->methods != NULL;
    for (const char *at = row->methods; at != NULL && *at != '\0'; at++)
        count += *at == ',';
    if (count == 0)
        return;
    mp_strbuf_addf(buf, ", has %u of the driver's methods", count);
    if (!has_all)
        return;
    for (const char *at = row->methods; *at != '\0';) {
        size_t len = strcspn(at, ",");
        mp_strbuf_addf(buf, "%s%.*s", at == row->methods ? ": " : ", ", (int)len, at);
        at += len + (at[len] == ',');
    }
}

void mp_loaded_add_round(const struct mp_loaded_list *list, bool has_all,
                         struct mp_text *text) {
    static const struct {
        const char *role, *words;
    } roles[] = {{"driver", "driver"},
                 {"fix", "injected by the arm"},
                 {"outside", "injected from outside"},
                 {"", ""}};
    size_t others = 0;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    if (list->count > 0)
        mp_line_title(text, "Modules");
    for (size_t i = 0; i < MP_COUNT(roles); i++) {
        for (size_t j = 0; j < list->count; j++) {
            const struct mp_loaded_row *row = &list->row[j];
            bool is_plain = row->role[0] == '\0';
            if (strcmp(row->role, roles[i].role) != 0)
                continue;
            others += is_plain && !has_all;
            if (is_plain && !has_all)
                continue;
            write_name(row, &line);
            mp_strbuf_addf(&line, ", %lld bytes", (long long)row->size);
            write_methods(row, has_all, &line);
            mp_text_add(text, MP_PLAIN, "  ");
            mp_text_left(text, MP_DIM, 22, roles[i].words);
            mp_text_wrap(text, MP_PLAIN, 24, line.text);
            mp_strbuf_clear(&line);
        }
    }
    if (others > 0) {
        mp_text_add(text, MP_DIM, "  %zu %s; --modules shows all", others,
                    mp_plural(others, "other", "others"));
        mp_text_end(text);
    }
    mp_strbuf_release(&line);
}

void mp_loaded_add_round_json(const struct mp_loaded_list *list, struct json_object *to) {
    mp_fields_add_list(&module_fields, list->row, list->count,
                       "path size module_id role methods", to, "modules");
}
