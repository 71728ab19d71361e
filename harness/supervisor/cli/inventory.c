/* What can be run, as text and as JSON. All texts of the catalog are escaped: they come
 * from another program and, in part, from a driver.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/inventory.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/text.h"
#include "harness/supervisor/campaign/suite.h"
#include "harness/supervisor/cli/document.h"
#include "harness/wire/finder.h"
#include "results/report/json.h"

#define NAME_COLUMN    20
#define SETTING_COLUMN 30
#define FACT_COLUMN    12
#define OWNERS_MAX     4 /* more are counted */
#define WIDTH          100

static void add_safe(struct mp_strbuf *buf, const char *text) {
    mp_strbuf_add_escaped(buf, text != NULL ? text : "", text != NULL ? strlen(text) : 0,
                          0);
}

/* Adds words at `column`, wrapped at blanks and after bars; continuation lines begin
 * at `indent`. */
static void add_wrapped(struct mp_strbuf *buf, const char *words, size_t column,
                        size_t indent) {
    struct mp_text text = {.buf = buf, .width = WIDTH};
    mp_text_wrap_at(&text, MP_PLAIN, column, indent, "|", words);
}

/* Adds "name=default", or the name alone if there is no default. */
static void add_assignment(struct mp_strbuf *buf, const struct mp_option *row) {
    add_safe(buf, row->name);
    mp_strbuf_addstr(buf, row->fallback != NULL ? "=" : "");
    add_safe(buf, row->fallback);
}

/* Adds "name=default   help (range)", and whose it is unless that is "". */
static void add_setting_of(struct mp_strbuf *buf, const struct mp_option *row,
                           const char *owners) {
    struct mp_strbuf words;
    size_t begin = buf->len;
    mp_strbuf_pad(buf, ' ', 6);
    add_assignment(buf, row);
    size_t used = buf->len - begin;
    mp_strbuf_pad(buf, ' ', used < SETTING_COLUMN ? SETTING_COLUMN - used : 2);
    mp_strbuf_init(&words);
    mp_strbuf_addf(&words, "%s (", row->help != NULL ? row->help : "");
    mp_document_row_range(row, &words);
    mp_strbuf_addf(&words, ")%s%s", owners[0] != '\0' ? "; of " : "", owners);
    add_wrapped(buf, words.text, buf->len - begin, SETTING_COLUMN);
    mp_strbuf_release(&words);
}

static void add_setting(struct mp_strbuf *buf, const struct mp_option *row) {
    add_setting_of(buf, row, "");
}

/* Adds all settings with default and range, as many per line as fit. */
static void add_settings_short(struct mp_strbuf *buf, const struct mp_option *row) {
    const size_t indent = NAME_COLUMN + 4;
    size_t column = 0;
    for (; row != NULL && row->name != NULL; row++) {
        struct mp_strbuf item;
        mp_strbuf_init(&item);
        add_assignment(&item, row);
        size_t name_len = item.len;
        mp_strbuf_addstr(&item, " (");
        mp_document_row_range(row, &item);
        mp_strbuf_addch(&item, ')');
        if (indent + item.len > WIDTH) {
            item.len = name_len;
            mp_strbuf_addstr(&item, " (...)");
        }
        if (column == 0 || column + 2 + item.len > WIDTH) {
            mp_strbuf_addstr(buf, column == 0 ? "" : "\n");
            mp_strbuf_pad(buf, ' ', indent);
            column = indent;
        } else {
            mp_strbuf_addstr(buf, "  ");
            column += 2;
        }
        add_safe(buf, item.text);
        column += item.len;
        mp_strbuf_release(&item);
    }
    mp_strbuf_addstr(buf, column > 0 ? "\n" : "");
}

static void add_line(struct mp_strbuf *buf, const char *name, const char *words) {
    size_t begin = buf->len;
    mp_strbuf_addstr(buf, "  ");
    add_safe(buf, name);
    size_t used = buf->len - begin;
    mp_strbuf_pad(buf, ' ', used < NAME_COLUMN + 2 ? NAME_COLUMN + 2 - used : 1);
    add_safe(buf, words);
}

static void add_kind(const struct mp_catalog *catalog, enum mp_catalog_kind kind,
                     const char *heading, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%s\n", heading);
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mp_catalog_item *item = &catalog->item[i];
        if (item->kind != kind)
            continue;
        add_line(buf, item->name, item->summary);
        mp_strbuf_addch(buf, '\n');
        if (kind == MP_CATALOG_DEVICE) {
            mp_strbuf_pad(buf, ' ', NAME_COLUMN + 4);
            mp_strbuf_addf(buf, "%s: ", mp_catalog_presence(item));
            add_safe(buf, item->detail);
            mp_strbuf_addch(buf, '\n');
        }
        add_settings_short(buf, item->rows);
    }
    mp_strbuf_addch(buf, '\n');
}

static enum mp_status read_suite(const char *name, struct mp_suite *suite,
                                 struct mp_error *err) {
    char path[4096];
    enum mp_status status = mp_suite_find(name, path, sizeof(path), err);
    if (status == MP_OK)
        status = mp_suite_read(suite, path, err);
    return status;
}

/* The title of a readable suite, else a note. Owned by `suite`. */
static const char *suite_title(const char *name, struct mp_suite *suite) {
    struct mp_error ignored;
    if (read_suite(name, suite, &ignored) != MP_OK)
        return "(cannot be read)";
    const struct mp_suite_key *title = mp_suite_key(&suite->header, "title");
    return title != NULL ? title->value : "";
}

static void add_suites(struct mp_strbuf *buf) {
    char suites[MP_SUITE_NAMES_MAX][MP_SUITE_NAME_MAX];
    size_t count = mp_suite_names(suites, MP_SUITE_NAMES_MAX);
    mp_strbuf_addstr(buf, "Suites (--suite NAME)\n");
    for (size_t i = 0; i < count; i++) {
        struct mp_suite suite;
        mp_suite_init(&suite);
        add_line(buf, suites[i], suite_title(suites[i], &suite));
        mp_strbuf_addch(buf, '\n');
        mp_suite_release(&suite);
    }
    if (count == 0)
        mp_strbuf_addstr(
            buf, "  none found; $MPSTRESS_SUITES may name a directory of .ini files\n");
}

/* The kinds of what is listed; suites are no items of the catalog. */
static const struct {
    const char *name, *heading;
    enum mp_catalog_kind kind;
} kinds[] = {
    {"devices", "Devices (--device NAME:setting=value,...)", MP_CATALOG_DEVICE},
    {"scenarios", "Scenarios (NAME:param=value|value,...)", MP_CATALOG_SCENARIO},
    {"arms", "Arms (--arm NAME)", MP_CATALOG_ARM},
};

void mp_inventory_text(const struct mp_catalog *catalog, struct mp_strbuf *buf) {
    for (size_t i = 0; i < MP_COUNT(kinds); i++)
        add_kind(catalog, kinds[i].kind, kinds[i].heading, buf);
    add_suites(buf);
}

/* Whether two items have the row in common, which is then shown once. */
static bool has_row(const struct mp_catalog_item *item, enum mp_catalog_kind kind,
                    const struct mp_option *wanted) {
    const struct mp_option *row = item->kind == kind ? item->rows : NULL;
    for (; row != NULL && row->name != NULL; row++)
        if (strcmp(row->name, wanted->name) == 0 &&
            strcmp(row->help != NULL ? row->help : "",
                   wanted->help != NULL ? wanted->help : "") == 0)
            return true;
    return false;
}

/* Adds a row with all items that have it, unless an item before has it too. */
static void add_owned(const struct mp_catalog *catalog, size_t index,
                      const struct mp_option *row, struct mp_strbuf *buf) {
    const enum mp_catalog_kind kind = catalog->item[index].kind;
    struct mp_strbuf owners;
    size_t count = 0;
    for (size_t i = 0; i < index; i++)
        if (has_row(&catalog->item[i], kind, row))
            return;
    mp_strbuf_init(&owners);
    for (size_t i = index; i < catalog->count; i++) {
        if (!has_row(&catalog->item[i], kind, row))
            continue;
        mp_strbuf_addstr(&owners, count++ > 0 ? ", " : "");
        add_safe(&owners, catalog->item[i].name);
    }
    if (count > OWNERS_MAX) {
        mp_strbuf_clear(&owners);
        mp_strbuf_addf(&owners, "%zu %s", count,
                       kind == MP_CATALOG_DEVICE ? "devices" : "scenarios");
    }
    add_setting_of(buf, row, owners.text);
    mp_strbuf_release(&owners);
}

static void add_rows_of_kind(const struct mp_catalog *catalog, enum mp_catalog_kind kind,
                             const char *heading, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "%s\n", heading);
    for (size_t i = 0; i < catalog->count; i++)
        for (const struct mp_option *row = catalog->item[i].rows;
             catalog->item[i].kind == kind && row != NULL && row->name != NULL; row++)
            add_owned(catalog, i, row, buf);
    mp_strbuf_addch(buf, '\n');
}

bool mp_inventory_kind(const struct mp_catalog *catalog, const char *name,
                       struct mp_strbuf *buf) {
    for (size_t i = 0; i < MP_COUNT(kinds); i++) {
        if (strcmp(kinds[i].name, name) == 0) {
            add_kind(catalog, kinds[i].kind, kinds[i].heading, buf);
            return true;
        }
    }
    if (strcmp(name, "settings") == 0)
        add_rows_of_kind(catalog, MP_CATALOG_DEVICE,
                         "Settings of devices (--device NAME:setting=value,...)", buf);
    else if (strcmp(name, "parameters") == 0)
        add_rows_of_kind(catalog, MP_CATALOG_SCENARIO,
                         "Parameters of scenarios (NAME:param=value|value,...)", buf);
    else if (strcmp(name, "suites") == 0)
        add_suites(buf);
    else
        return false;
    return true;
}

static void add_fact(struct mp_strbuf *buf, const char *what, const char *text) {
    if (text != NULL && *text != '\0') {
        mp_strbuf_addf(buf, "  %-*s", FACT_COLUMN - 2, what);
        add_wrapped(buf, text, FACT_COLUMN, FACT_COLUMN);
    }
}

/* Keys before any section that describe the suite, after its title. */
static const char *const descriptions[] = {"shows", "takes"};

static bool is_description(const char *name) {
    for (size_t i = 0; i < MP_COUNT(descriptions); i++)
        if (strcmp(descriptions[i], name) == 0)
            return true;
    return strcmp(name, "title") == 0;
}

static void add_descriptions(const struct mp_suite_section *header,
                             struct mp_strbuf *buf) {
    for (size_t i = 0; i < MP_COUNT(descriptions); i++) {
        const struct mp_suite_key *key = mp_suite_key(header, descriptions[i]);
        if (key != NULL)
            add_fact(buf, key->name, key->value);
    }
}

/* Adds the keys of a section, one per line. */
static void add_keys(const struct mp_suite_section *section, struct mp_strbuf *buf) {
    for (size_t i = 0; i < section->key_count; i++) {
        const struct mp_suite_key *key = &section->key[i];
        if (section->scenario == NULL && is_description(key->name))
            continue;
        mp_strbuf_pad(buf, ' ', section->scenario != NULL ? 6 : 2);
        add_safe(buf, key->name);
        mp_strbuf_addstr(buf, " = ");
        add_safe(buf, key->value);
        mp_strbuf_addch(buf, '\n');
    }
}

enum mp_status mp_inventory_suite(const char *name, struct mp_strbuf *buf,
                                  struct mp_error *err) {
    struct mp_suite suite;
    mp_suite_init(&suite);
    enum mp_status status = read_suite(name, &suite, err);
    if (status == MP_OK) {
        const struct mp_suite_key *title = mp_suite_key(&suite.header, "title");
        add_safe(buf, title != NULL ? title->value : name);
        mp_strbuf_addch(buf, '\n');
        add_descriptions(&suite.header, buf);
        add_keys(&suite.header, buf);
        for (size_t i = 0; i < suite.section_count; i++) {
            const struct mp_suite_section *section = &suite.section[i];
            mp_strbuf_addstr(buf, "  [");
            add_safe(buf, section->scenario);
            mp_strbuf_addstr(buf, section->label != NULL ? ": " : "");
            add_safe(buf, section->label);
            mp_strbuf_addstr(buf, "]\n");
            add_keys(section, buf);
        }
        mp_strbuf_addch(buf, '\n');
    }
    mp_suite_release(&suite);
    return status;
}

/* The finder that an arm is, NULL: another arm, or none. */
static const struct mp_finder *finder_of(const struct mp_catalog_item *item) {
    return item->kind == MP_CATALOG_ARM ? mp_finder_find(item->name) : NULL;
}

static void add_finder(struct mp_strbuf *buf, const struct mp_catalog_item *item) {
    const struct mp_finder *finder = finder_of(item);
    if (finder == NULL)
        return;
    add_fact(buf, "effect",
             "changes what is tested: its rounds are shown beside the others and are in "
             "no rate, night, comparison or claim");
    for (size_t i = 0; finder->variable[i] != NULL; i++)
        add_fact(buf, i == 0 ? "sets" : "", finder->variable[i]);
}

void mp_inventory_item(const struct mp_catalog_item *item, struct mp_strbuf *buf) {
    bool is_device = item->kind == MP_CATALOG_DEVICE;
    bool is_scenario = item->kind == MP_CATALOG_SCENARIO;
    add_safe(buf, item->name);
    mp_strbuf_addstr(buf, ": ");
    add_safe(buf, item->summary);
    mp_strbuf_addch(buf, '\n');
    add_fact(buf, is_device ? mp_catalog_presence(item) : "hunts", item->detail);
    add_fact(buf, "virtual",
             item->is_virtual ? "the GPU of a virtual machine, which says nothing about "
                                "Apple's GPU driver: claims are refused"
                              : NULL);
    add_fact(buf, "how", item->how);
    add_fact(buf, "defaults", item->usual);
    add_fact(buf, "rule",
             item->blames_client
                 ? "a synchronize beside a queue on which others encode (sync=off_queue, "
                   "q above 0) is the client's fault: such a cell is a positive control"
                 : NULL);
    add_fact(buf, "a hit", item->hit);
    add_fact(buf, "from", item->origin);
    add_fact(buf, "overlap",
             !is_scenario             ? NULL
             : item->promises_overlap ? "required: a pass without any proves nothing"
                                      : "not required");
    add_fact(buf, "effect",
             item->kind == MP_CATALOG_ARM && item->serialises
                 ? "may remove the overlap inside the driver"
                 : NULL);
    add_fact(buf, "finders", item->finders);
    add_finder(buf, item);
    if (item->rows != NULL && item->rows->name != NULL)
        mp_strbuf_addf(buf, "  %s\n", is_device ? "settings" : "parameters");
    for (const struct mp_option *row = item->rows; row != NULL && row->name != NULL;
         row++)
        add_setting(buf, row);
    mp_strbuf_addch(buf, '\n');
}

/* Adds the first line of what stands behind a choice or a setting. */
static void add_basis(struct mp_strbuf *buf, const char *basis) {
    struct mp_strbuf line;
    if (basis == NULL || *basis == '\0' || *basis == '\n')
        return;
    mp_strbuf_init(&line);
    mp_strbuf_add(&line, basis, strcspn(basis, "\n"));
    mp_strbuf_pad(buf, ' ', NAME_COLUMN + 2);
    add_wrapped(buf, line.text, NAME_COLUMN + 2, NAME_COLUMN + 2);
    mp_strbuf_release(&line);
}

/* Adds each choice with what it means; only `choice` if that is not NULL. */
static void add_meanings(struct mp_strbuf *buf, const struct mp_option *row,
                         const char *choice) {
    const char *word = row->choices, *meaning = row->meanings, *basis = row->basis;
    while (word != NULL && *word != '\0' && meaning != NULL) {
        size_t len = strcspn(word, "|"), meaning_len = strcspn(meaning, "\n");
        struct mp_strbuf words, line;
        mp_strbuf_init(&words);
        mp_strbuf_init(&line);
        mp_strbuf_add(&words, word, len);
        mp_strbuf_add(&line, meaning, meaning_len);
        if (choice == NULL || strcmp(choice, words.text) == 0) {
            add_line(buf, words.text, "");
            add_wrapped(buf, line.text, NAME_COLUMN + 2, NAME_COLUMN + 2);
            add_basis(buf, basis);
        }
        mp_strbuf_release(&line);
        mp_strbuf_release(&words);
        word += len + (word[len] == '|');
        meaning = meaning[meaning_len] != '\0' ? meaning + meaning_len + 1 : NULL;
        basis = basis != NULL ? strchr(basis, '\n') : NULL;
        basis = basis != NULL ? basis + 1 : NULL;
    }
}

static bool has_choice(const struct mp_option *row, const char *name) {
    size_t len = strlen(name);
    for (const char *at = row->choices; at != NULL; at = strchr(at, '|')) {
        at += *at == '|';
        if (strncmp(at, name, len) == 0 && (at[len] == '|' || at[len] == '\0'))
            return true;
    }
    return false;
}

/* The setting of an item called `name`, or one with a choice of that name. */
static const struct mp_option *find_setting(const struct mp_catalog_item *item,
                                            const char *name) {
    for (const struct mp_option *row = item->rows; row != NULL && row->name != NULL;
         row++)
        if (strcmp(row->name, name) == 0 || has_choice(row, name))
            return row;
    return NULL;
}

/* Whether two items mean the same by a name, which is then shown once. */
static bool is_shared(const struct mp_catalog_item *left,
                      const struct mp_catalog_item *right, const char *name) {
    const struct mp_option *a = find_setting(left, name), *b = find_setting(right, name);
    return left->kind == right->kind && a != NULL && b != NULL && a->help != NULL &&
           b->help != NULL && strcmp(a->name, b->name) == 0 &&
           strcmp(a->help, b->help) == 0;
}

/* "reader: a setting of metal@model, mps@model" of the item at `index`. */
static void add_setting_owners(const struct mp_catalog *catalog, size_t index,
                               const char *name, bool is_choice, struct mp_strbuf *buf) {
    const struct mp_catalog_item *item = &catalog->item[index];
    const char *kind = item->kind == MP_CATALOG_DEVICE ? "a setting" : "a parameter";
    add_safe(buf, name);
    mp_strbuf_addstr(buf, ": ");
    if (is_choice)
        mp_strbuf_addf(buf, "a choice of %s, ", find_setting(item, name)->name);
    mp_strbuf_addf(buf, "%s of ", kind);
    add_safe(buf, item->name);
    for (size_t i = index + 1; i < catalog->count; i++) {
        if (is_shared(item, &catalog->item[i], name)) {
            mp_strbuf_addstr(buf, ", ");
            add_safe(buf, catalog->item[i].name);
        }
    }
    mp_strbuf_addch(buf, '\n');
}

bool mp_inventory_setting(const struct mp_catalog *catalog, const char *name,
                          struct mp_strbuf *buf) {
    bool is_found = false;
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mp_catalog_item *item = &catalog->item[i];
        const struct mp_option *row = find_setting(item, name);
        size_t first = 0;
        while (first < i && !is_shared(&catalog->item[first], item, name))
            first++;
        if (row == NULL || first < i)
            continue;
        is_found = true;
        bool is_choice = strcmp(row->name, name) != 0;
        add_setting_owners(catalog, i, name, is_choice, buf);
        if (!is_choice)
            add_setting(buf, row);
        if (row->choices == NULL)
            add_basis(buf, row->basis);
        add_meanings(buf, row, is_choice ? name : NULL);
        mp_strbuf_addch(buf, '\n');
    }
    return is_found;
}

/* Adds the parts of a text between bytes of `ends` as a list; null for none. */
static void add_parts(struct json_object *to, const char *name, const char *text,
                      const char *ends) {
    if (text == NULL || *text == '\0') {
        mp_json_add_null(to, name);
        return;
    }
    struct json_object *list = mp_json_add_array(to, name);
    while (*text != '\0') {
        struct mp_strbuf part;
        size_t len = strcspn(text, ends);
        mp_strbuf_init(&part);
        mp_strbuf_add(&part, text, len);
        mp_json_add_text(list, NULL, part.text);
        mp_strbuf_release(&part);
        text += len + (text[len] != '\0');
    }
}

static void add_range(struct json_object *to, const struct mp_option *row) {
    if (row->type == MP_OPTION_INT) {
        mp_json_add_integer(to, "min", row->min);
        mp_json_add_integer(to, "max", row->max);
    } else if (row->type == MP_OPTION_REAL) {
        mp_json_add_number(to, "min", row->real_min);
        mp_json_add_number(to, "max", row->real_max);
    } else {
        mp_json_add_null(to, "min");
        mp_json_add_null(to, "max");
    }
}

static void add_options(struct json_object *to, const char *name,
                        const struct mp_option *row) {
    static const char *const types[] = {"flag",   "int", "real", "duration",
                                        "choice", "set", "text"};
    struct json_object *list = mp_json_add_array(to, name);
    for (; row != NULL && row->name != NULL; row++) {
        struct json_object *item = mp_json_add_object(list, NULL);
        mp_json_add_text(item, "name", row->name);
        mp_json_add_text(item, "type", types[row->type]);
        mp_json_add_text_or_null(item, "default", row->fallback);
        add_range(item, row);
        add_parts(item, "choices", row->choices, "|");
        mp_json_add_text_or_null(item, "help", row->help);
        add_parts(item, "meanings", row->meanings, "\n");
        if (row->basis != NULL)
            add_parts(item, "basis", row->basis, "\n");
    }
}

static void add_item(struct json_object *to, const struct mp_catalog_item *item) {
    mp_json_add_text(to, "name", item->name);
    mp_json_add_text_or_null(to, "summary", item->summary);
    switch (item->kind) {
    case MP_CATALOG_DEVICE:
        mp_json_add_bool(to, "present", item->is_present);
        mp_json_add_bool(to, "broken", item->is_broken);
        mp_json_add_bool(to, "virtual", item->is_virtual);
        add_parts(to, "finders", item->finders, " ");
        mp_json_add_text_or_null(to, "detail", item->detail);
        break;
    case MP_CATALOG_SCENARIO:
        mp_json_add_text_or_null(to, "hunts", item->detail);
        mp_json_add_text_or_null(to, "how", item->how);
        mp_json_add_text_or_null(to, "hit", item->hit);
        mp_json_add_text_or_null(to, "origin", item->origin);
        mp_json_add_bool(to, "promises_overlap", item->promises_overlap);
        break;
    case MP_CATALOG_ARM:
        mp_json_add_bool(to, "serialises", item->serialises);
        mp_json_add_bool(to, "finds", finder_of(item) != NULL);
        break;
    }
    add_options(to, item->kind == MP_CATALOG_DEVICE ? "settings" : "parameters",
                item->rows);
}

void mp_inventory_json(const struct mp_catalog *catalog, const char *const *suite,
                       struct mp_strbuf *buf) {
    static const struct {
        const char *name;
        enum mp_catalog_kind kind;
    } lists[] = {{"devices", MP_CATALOG_DEVICE},
                 {"scenarios", MP_CATALOG_SCENARIO},
                 {"arms", MP_CATALOG_ARM}};
    struct json_object *document = mp_json_document("list", "ok", 0);
    for (size_t i = 0; i < MP_COUNT(lists); i++) {
        struct json_object *list = mp_json_add_array(document, lists[i].name);
        for (size_t k = 0; k < catalog->count; k++)
            if (catalog->item[k].kind == lists[i].kind)
                add_item(mp_json_add_object(list, NULL), &catalog->item[k]);
    }
    struct json_object *suites = mp_json_add_array(document, "suites");
    for (; *suite != NULL; suite++)
        mp_json_add_text(suites, NULL, *suite);
    mp_json_print(document, buf);
}
