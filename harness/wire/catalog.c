/* Writes and reads the text by which the round program describes itself. Input comes from
 * another program and is fully checked, including the default of every parameter.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/wire/catalog.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "harness/wire/device_name.h"

#define CATALOG_FIELDS_MAX 24
#define ROW_FIELDS         15

/* In the order of enum mp_catalog_kind and enum mp_option_type. */
static const char *const kind_word[] = {"device", "scenario", "arm", NULL};
static const char *const type_word[] = {"flag",   "int", "real", "duration",
                                        "choice", "set", "text", NULL};

/* The fields of an item's line after its kind, in order. */
static const struct item_field {
    size_t offset;
    bool is_flag; /* else a text */
} item_fields[] = {
    {offsetof(struct mp_catalog_item, name), false},
    {offsetof(struct mp_catalog_item, is_present), true},
    {offsetof(struct mp_catalog_item, promises_overlap), true},
    {offsetof(struct mp_catalog_item, serialises), true},
    {offsetof(struct mp_catalog_item, injects), true},
    {offsetof(struct mp_catalog_item, is_default), true},
    {offsetof(struct mp_catalog_item, is_virtual), true},
    {offsetof(struct mp_catalog_item, has_outputs), true},
    {offsetof(struct mp_catalog_item, blames_client), true},
    {offsetof(struct mp_catalog_item, summary), false},
    {offsetof(struct mp_catalog_item, detail), false},
    {offsetof(struct mp_catalog_item, how), false},
    {offsetof(struct mp_catalog_item, hit), false},
    {offsetof(struct mp_catalog_item, origin), false},
    {offsetof(struct mp_catalog_item, planted), false},
    {offsetof(struct mp_catalog_item, harmless), false},
    {offsetof(struct mp_catalog_item, hidden), false},
    {offsetof(struct mp_catalog_item, usual), false},
    {offsetof(struct mp_catalog_item, frames), false},
    {offsetof(struct mp_catalog_item, finders), false},
};

#define ITEM_FIELDS (MP_COUNT(item_fields))

struct storage {
    char *text; /* owns every string of the catalog */
    struct mp_option *rows;
    size_t row_count; /* room: MP_OPTION_ROWS_MAX and an end for each item */
    /* Of mp_catalog_set_look. */
    mp_catalog_look_fn *look;
    void *look_data;
    struct mp_catalog *self;
    char *found[MP_CATALOG_ITEMS_MAX]; /* the detail of a device that was looked at */
};

/* A tab and the text; NULL is \N. */
static void add_field(struct mp_strbuf *buf, const char *text) {
    mp_strbuf_addch(buf, '\t');
    if (text == NULL) {
        mp_strbuf_addstr(buf, "\\N");
        return;
    }
    for (; *text != '\0'; text++)
        if (*text == '\t')
            mp_strbuf_addstr(buf, "\\t");
        else if (*text == '\n')
            mp_strbuf_addstr(buf, "\\n");
        else if (*text == '\\')
            mp_strbuf_addstr(buf, "\\\\");
        else
            mp_strbuf_addch(buf, *text);
}

static void add_row(struct mp_strbuf *buf, const struct mp_option *row) {
    char letter[2] = {row->letter, '\0'};
    mp_strbuf_addstr(buf, "row");
    add_field(buf, row->name);
    add_field(buf, letter);
    add_field(buf, type_word[row->type]);
    add_field(buf, row->metavar);
    add_field(buf, row->fallback);
    mp_strbuf_addf(buf, "\t%" PRId64 "\t%" PRId64 "\t%.17g\t%.17g", row->min, row->max,
                   row->real_min, row->real_max);
    add_field(buf, row->choices);
    add_field(buf, row->is_repeatable ? "1" : "0");
    add_field(buf, row->help);
    add_field(buf, row->meanings);
    add_field(buf, row->basis);
    mp_strbuf_addch(buf, '\n');
}

void mp_catalog_write(const struct mp_catalog_item *item, struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, kind_word[item->kind]);
    for (size_t i = 0; i < ITEM_FIELDS; i++) {
        const char *member = (const char *)item + item_fields[i].offset;
        if (item_fields[i].is_flag)
            add_field(buf, *(const bool *)member ? "1" : "0");
        else
            add_field(buf, *(const char *const *)(const void *)member);
    }
    mp_strbuf_addch(buf, '\n');
    for (const struct mp_option *row = item->rows; row != NULL && row->name != NULL;
         row++)
        add_row(buf, row);
}

/* Undoes add_field in place; NULL for \N. False if an escape is unknown. */
static bool unescape(char *field, const char **ret_text) {
    if (strcmp(field, "\\N") == 0) {
        *ret_text = NULL;
        return true;
    }
    *ret_text = field;
    char *to = field;
    for (const char *from = field; *from != '\0'; from++) {
        char c = *from;
        if (c == '\\') {
            from++;
            if (*from != 't' && *from != 'n' && *from != '\\')
                return false;
            c = *from == 't' ? '\t' : *from == 'n' ? '\n' : '\\';
        }
        *to++ = c;
    }
    *to = '\0';
    return true;
}

/* Splits a line at its tabs and unescapes the parts. Returns their number, or 0 if it is
 * malformed.
 */
static size_t split_fields(char *line, const char *ret_field[CATALOG_FIELDS_MAX]) {
    size_t count = 0;
    while (line != NULL) {
        char *next = strchr(line, '\t');
        if (next != NULL)
            *next++ = '\0';
        if (count == CATALOG_FIELDS_MAX || !unescape(line, &ret_field[count]))
            return 0;
        count++;
        line = next;
    }
    return count;
}

static bool read_bool(const char *text, bool *ret_value) {
    if (text == NULL || (strcmp(text, "0") != 0 && strcmp(text, "1") != 0))
        return false;
    *ret_value = text[0] == '1';
    return true;
}

static bool read_int(const char *text, int64_t *ret_value) {
    char *end;
    if (text == NULL || *text == '\0')
        return false;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (*end != '\0' || errno != 0)
        return false;
    *ret_value = value;
    return true;
}

static bool read_real(const char *text, double *ret_value) {
    char *end;
    if (text == NULL || *text == '\0')
        return false;
    double value = strtod(text, &end);
    if (*end != '\0' || !isfinite(value))
        return false;
    *ret_value = value;
    return true;
}

/* Index of `text` in NULL-ended `words`, or -1. */
static int read_word(const char *text, const char *const *words) {
    for (int i = 0; text != NULL && words[i] != NULL; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    return -1;
}

static bool is_name(const char *text) {
    return text != NULL && *text != '\0';
}

/* `field` holds the kind and the ITEM_FIELDS fields of a line. */
static bool read_item(const char *const *field, struct mp_catalog_item *ret_item) {
    int kind = read_word(field[0], kind_word);
    struct mp_catalog_item item = {.kind = (enum mp_catalog_kind)kind};
    for (size_t i = 0; i < ITEM_FIELDS; i++) {
        char *member = (char *)&item + item_fields[i].offset;
        if (!item_fields[i].is_flag)
            *(const char **)(void *)member = field[1 + i];
        else if (!read_bool(field[1 + i], (bool *)member))
            return false;
    }
    *ret_item = item;
    return kind >= 0 && is_name(item.name);
}

static bool read_row(const char *const *field, struct mp_option *ret_row) {
    int type = read_word(field[3], type_word);
    struct mp_option row = {.name = field[1],
                            .type = (enum mp_option_type)type,
                            .metavar = field[4],
                            .fallback = field[5],
                            .choices = field[10],
                            .help = field[12],
                            .meanings = field[13],
                            .basis = field[14]};
    if (type < 0 || !is_name(row.name) || field[2] == NULL || strlen(field[2]) > 1 ||
        !read_int(field[6], &row.min) || !read_int(field[7], &row.max) ||
        !read_real(field[8], &row.real_min) || !read_real(field[9], &row.real_max) ||
        !read_bool(field[11], &row.is_repeatable))
        return false;
    row.letter = field[2][0];
    *ret_row = row;
    return true;
}

/* Takes one line, without its newline. The rows of an item are stored contiguously and
 * end with a row without a name. */
static enum mp_status take_line(struct mp_catalog *catalog, char *line,
                                struct mp_error *err) {
    struct storage *storage = catalog->storage;
    const char *field[CATALOG_FIELDS_MAX];
    size_t count = split_fields(line, field);
    bool is_row = count > 0 && field[0] != NULL && strcmp(field[0], "row") == 0;
    if (is_row) {
        struct mp_option row;
        if (catalog->count == 0 || count != ROW_FIELDS || !read_row(field, &row))
            return mp_error_set(err, MP_FORMAT, "malformed parameter");
        const struct mp_option *first = catalog->item[catalog->count - 1].rows;
        if (&storage->rows[storage->row_count] - first >= MP_OPTION_ROWS_MAX)
            return mp_error_set(err, MP_LIMIT, "more than %d parameters",
                                MP_OPTION_ROWS_MAX);
        storage->rows[storage->row_count++] = row;
        return MP_OK;
    }

    struct mp_catalog_item item;
    if (count != 1 + ITEM_FIELDS || !read_item(field, &item))
        return mp_error_set(err, MP_FORMAT, "not a device, scenario, arm or parameter");
    if (catalog->count == MP_CATALOG_ITEMS_MAX)
        return mp_error_set(err, MP_LIMIT, "more than %d items", MP_CATALOG_ITEMS_MAX);
    for (size_t i = 0; i < catalog->count; i++) {
        if (catalog->item[i].kind == item.kind &&
            strcmp(catalog->item[i].name, item.name) == 0)
            return mp_error_set(err, MP_FORMAT, "%s '%.64s' appears twice",
                                kind_word[item.kind], item.name);
    }
    if (catalog->count > 0)
        storage->row_count++; /* the end of the table of the item before, zeroed */
    item.rows = &storage->rows[storage->row_count];
    catalog->item[catalog->count++] = item;
    return MP_OK;
}

static enum mp_status parse_text(struct mp_catalog *catalog, struct mp_error *err) {
    char *next = ((struct storage *)catalog->storage)->text;
    for (unsigned number = 1; *next != '\0'; number++) {
        char *line = next;
        char *end = strchr(line, '\n');
        enum mp_status status;
        if (end == NULL) {
            status = mp_error_set(err, MP_FORMAT,
                                  "the last line has no newline: the text is truncated");
        } else {
            *end = '\0';
            next = end + 1;
            status = take_line(catalog, line, err);
        }
        if (status != MP_OK) {
            mp_error_prefix(err, "the description of the round program, line %u", number);
            return status;
        }
    }
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mp_catalog_item *item = &catalog->item[i];
        enum mp_status status = mp_option_check_rows(item->rows, err);
        if (status != MP_OK) {
            mp_error_prefix(err, "the description of the round program, %s '%.64s'",
                            kind_word[item->kind], item->name);
            return status;
        }
    }
    return MP_OK;
}

enum mp_status mp_catalog_parse(const char *text, size_t len,
                                struct mp_catalog *ret_catalog, struct mp_error *err) {
    if (memchr(text, '\0', len) != NULL)
        return mp_error_set(err, MP_FORMAT,
                            "the description of the round program contains a zero byte");
    struct storage *storage = mp_memory_zeroed(1, sizeof(*storage));
    storage->text = mp_memory_zeroed(len + 1, 1);
    memcpy(storage->text, text, len);
    storage->rows = mp_memory_zeroed(
        (size_t)MP_CATALOG_ITEMS_MAX * (MP_OPTION_ROWS_MAX + 1), sizeof(*storage->rows));

    struct mp_catalog catalog = {.storage = storage};
    enum mp_status status = parse_text(&catalog, err);
    if (status == MP_OK)
        *ret_catalog = catalog;
    else
        mp_catalog_release(&catalog);
    return status;
}

void mp_catalog_release(struct mp_catalog *catalog) {
    struct storage *storage = catalog->storage;
    if (storage != NULL) {
        for (size_t i = 0; i < MP_CATALOG_ITEMS_MAX; i++)
            free(storage->found[i]);
        free(storage->text);
        free(storage->rows);
        free(storage);
    }
    *catalog = (struct mp_catalog){0};
}

void mp_catalog_set_look(struct mp_catalog *catalog, mp_catalog_look_fn *look,
                         void *data) {
    struct storage *storage = catalog->storage;
    storage->look = look;
    storage->look_data = data;
    storage->self = catalog;
}

bool mp_catalog_opens(const struct mp_catalog *catalog,
                      const struct mp_catalog_item *device) {
    struct storage *storage = catalog->storage;
    size_t at = (size_t)(device - catalog->item);
    bool is_open_question = storage != NULL && storage->look != NULL &&
                            device->kind == MP_CATALOG_DEVICE &&
                            storage->found[at] == NULL;
    if (is_open_question) {
        struct mp_catalog_finding finding = {.detail = ""};
        struct mp_catalog_item *item = &storage->self->item[at];
        storage->look(storage->look_data, device->name, &finding);
        storage->found[at] = mp_memory_copy_text(finding.detail);
        item->is_present = finding.is_present;
        item->is_broken = finding.is_broken;
        item->is_unasked = finding.is_unasked;
        item->is_virtual = finding.is_virtual;
        item->detail = storage->found[at];
    }
    return device->is_present;
}

const char *mp_catalog_presence(const struct mp_catalog_item *device) {
    if (device->is_present)
        return "present";
    if (device->is_unasked)
        return "unknown";
    return device->is_broken ? "broken" : "absent";
}

const struct mp_catalog_item *mp_catalog_find(const struct mp_catalog *catalog,
                                              enum mp_catalog_kind kind, const char *name,
                                              struct mp_error *err) {
    const char *words[MP_CATALOG_ITEMS_MAX + 1];
    size_t word_count = 0;
    char stem[64];
    size_t len = kind == MP_CATALOG_ARM ? strcspn(name, "=:") : strlen(name);
    snprintf(stem, sizeof(stem), "%.*s", (int)(len < sizeof(stem) ? len : sizeof(stem)),
             name);
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mp_catalog_item *item = &catalog->item[i];
        if (item->kind != kind)
            continue;
        if (strlen(item->name) == len && memcmp(item->name, name, len) == 0)
            return item;
        words[word_count++] = item->name;
    }
    words[word_count] = NULL;
    mp_option_unknown(err, kind_word[kind], stem, words);
    return NULL;
}

const struct mp_catalog_item *
mp_catalog_default_device(const struct mp_catalog *catalog) {
    const struct mp_catalog_item *last = NULL;
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mp_catalog_item *item = &catalog->item[i];
        if (item->kind != MP_CATALOG_DEVICE || !item->is_default)
            continue;
        if (mp_catalog_opens(catalog, item))
            return item;
        last = item;
    }
    return last;
}

bool mp_catalog_write_planted(const struct mp_catalog_item *device,
                              char ret_text[MP_SPEC_DEVICE_MAX]) {
    if (device->planted == NULL || device->planted[0] == '\0')
        return false;
    snprintf(ret_text, MP_SPEC_DEVICE_MAX, "%s:%s", device->name, device->planted);
    return true;
}

/* "name" or "name=value" among the settings of a device. */
static bool has_setting(const char *settings, const char *text, size_t len) {
    bool is_name = memchr(text, '=', len) == NULL;
    while (*settings != '\0') {
        size_t own = strcspn(settings, ",");
        size_t compared = is_name ? strcspn(settings, "=,") : own;
        if (compared == len && memcmp(settings, text, len) == 0)
            return true;
        settings += own + (settings[own] == ',');
    }
    return false;
}

bool mp_catalog_settings_match(const char *device, const char *pattern,
                               const char **ret_setting, size_t *ret_len) {
    const char *settings = device + strcspn(device, ":");
    settings += *settings == ':';
    for (const char *at = pattern; at != NULL && *at != '\0';) {
        bool matches = true;
        *ret_setting = at;
        *ret_len = strcspn(at, ",|");
        for (size_t len = 0; *at != '\0' && *at != '|'; at += len + (at[len] == ',')) {
            bool is_denied = *at == '!';
            len = strcspn(at, ",|");
            matches = matches &&
                      has_setting(settings, at + is_denied, len - is_denied) != is_denied;
        }
        if (matches)
            return true;
        at += *at == '|';
    }
    return false;
}

/* A device is one word of a spec, of printable ASCII: refuses a text that is none. */
static enum mp_status check_texts(const struct mp_option_values *values,
                                  struct mp_error *err) {
    for (size_t i = 0; i < values->count; i++) {
        const struct mp_option *row = &values->rows[i];
        const char *text = values->value[i].text;
        if (row->type != MP_OPTION_TEXT || !values->value[i].is_set)
            continue;
        if (*text == '\0')
            return mp_error_set(err, MP_USAGE, "%s= is empty: leave it out", row->name);
        for (const char *at = text; *at != '\0'; at++)
            if (*at <= ' ' || *at > '~')
                return mp_error_set(err, MP_USAGE,
                                    "%s=%.64s: byte 0x%02x cannot stand there, only "
                                    "printable ASCII without blanks; %s is %s",
                                    row->name, text, (unsigned char)*at, row->name,
                                    row->help != NULL ? row->help : "a text");
    }
    return MP_OK;
}

enum mp_status mp_catalog_device(const struct mp_catalog *catalog, const char *text,
                                 char ret_text[MP_SPEC_DEVICE_MAX],
                                 const struct mp_catalog_item **ret_item,
                                 struct mp_error *err) {
    static const struct mp_option no_rows[] = {{0}};
    char name[MP_SPEC_NAME_MAX];
    const char *settings = "";
    struct mp_option_values values;
    struct mp_strbuf full;
    enum mp_status status = mp_device_name_split(text, name, &settings, err);
    if (status != MP_OK)
        return status;
    const struct mp_catalog_item *item =
        mp_catalog_find(catalog, MP_CATALOG_DEVICE, name, err);
    if (item == NULL)
        return MP_NOT_FOUND;
    mp_option_values_init(&values, item->rows != NULL ? item->rows : no_rows);
    status = mp_option_set_list(&values, settings, err);
    if (status == MP_OK)
        status = check_texts(&values, err);
    if (status != MP_OK) {
        mp_error_prefix(err, "device '%s'", name);
        return status;
    }
    mp_strbuf_init(&full);
    mp_strbuf_addstr(&full, name);
    if (values.count > 0) {
        mp_strbuf_addch(&full, ':');
        mp_option_values_format(&values, true, &full);
    }
    if (full.len >= MP_SPEC_DEVICE_MAX) {
        status =
            mp_error_set(err, MP_LIMIT, "device '%s' with its settings is longer than %d",
                         name, MP_SPEC_DEVICE_MAX - 1);
    } else {
        memcpy(ret_text, full.text, full.len + 1);
        *ret_item = item;
    }
    mp_strbuf_release(&full);
    return status;
}
