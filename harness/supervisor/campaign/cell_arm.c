/* Arms of cells.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/cell_arm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/program_cell.h"
#include "harness/wire/arm_text.h"
#include "harness/wire/finder.h"
#include "harness/wire/program.h"

#define BUILTIN_DIGITS 6 /* of the SHA-256, where the name of the arm is long */

/* Which file an arm injects: "fix=FILE", --fix, or the built-in one of its name. */
static enum mp_status find_fix(const struct mp_arm_source *source, const char *word,
                               char ret_path[MP_SPEC_FIX_MAX], struct mp_error *err) {
    size_t name = strcspn(word, "=:");
    const char *file = source->fix;
    char given[MP_SPEC_FIX_MAX];
    bool is_builtin = strncmp(word, "fix", name) != 0 || name != strlen("fix");
    if (is_builtin)
        return mp_library_find_builtin(word, ret_path, err);
    if (word[name] == '=') {
        size_t len = strcspn(word + name + 1, ":");
        if (len >= sizeof(given))
            return mp_error_set(err, MP_LIMIT, "arm '%.40s...' is too long", word);
        snprintf(given, sizeof(given), "%.*s", (int)len, word + name + 1);
        file = given;
    }
    if (file == NULL || file[0] == '\0')
        return mp_error_set(
            err, MP_USAGE,
            "the arm fix injects a library: name its file with --fix FILE, or with"
            " fix = FILE at the head of a suite");
    if (strlen(file) >= MP_SPEC_FIX_MAX)
        return mp_error_set(err, MP_LIMIT, "the path of the library is too long: %.80s",
                            file);
    snprintf(ret_path, MP_SPEC_FIX_MAX, "%s", file);
    return MP_OK;
}

static bool is_name_of(const char *a, const char *b) {
    size_t len = strcspn(a, "=");
    return strcspn(b, "=") == len && strncmp(a, b, len) == 0;
}

/* The variables that the word gives, and those of our environment that the library reads:
 * these are part of the arm. One that is given wins. */
static enum mp_status merge_variables(const char *word, const char *found,
                                      struct mp_words *ret_all, struct mp_error *err) {
    char build[MP_PROGRAM_DIGITS + 1];
    struct mp_words others = {0};
    enum mp_status status = MP_OK;
    if (strchr(word, ':') != NULL)
        status = mp_program_arm_split(word, ret_all, build, err);
    if (status == MP_OK)
        status = mp_words_split(found, &others, err);
    size_t given = ret_all->count;
    for (size_t i = 0; status == MP_OK && i < others.count; i++) {
        bool is_given = false;
        for (size_t k = 0; k < given; k++)
            is_given |= is_name_of(ret_all->word[k], others.word[i]);
        if (!is_given)
            mp_words_add(ret_all, others.word[i]);
    }
    mp_words_release(&others);
    return status;
}

/* "NAME=DIGITS", or "NAME=DIGITS:X=1 Y=2". */
static enum mp_status write_fix(const char *word, const struct mp_library *library,
                                char ret_arm[MP_SPEC_ARM_MAX], struct mp_error *err) {
    struct mp_words all = {0};
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    enum mp_status status = merge_variables(word, library->variables, &all, err);
    if (status == MP_OK)
        status = mp_program_variables_sort(&all, err);
    if (status == MP_OK) {
        int len = (int)strcspn(word, "=:");
        bool is_builtin = len > 3;
        mp_strbuf_addf(&text, "%.*s=%.*s", len, word,
                       is_builtin ? BUILTIN_DIGITS : MP_SPEC_FIX_DIGITS, library->sha256);
        mp_strbuf_addstr(&text, all.count > 0 ? ":" : "");
        mp_words_join(&all, &text);
        if (text.len >= MP_SPEC_ARM_MAX)
            status = mp_error_set(err, MP_LIMIT,
                                  "arm '%.40s...' with its variables is "
                                  "longer than %d bytes",
                                  text.text, MP_SPEC_ARM_MAX - 1);
        else
            memcpy(ret_arm, text.text, text.len + 1);
    }
    mp_strbuf_release(&text);
    mp_words_release(&all);
    return status;
}

/* The library becomes the arm's value. */
static enum mp_status set_fix(struct mp_arm_source *source, struct mp_cell *cell,
                              const char *word, struct mp_error *err) {
    struct mp_library *library = &source->library;
    char path[MP_SPEC_FIX_MAX];
    enum mp_status status = find_fix(source, word, path, err);
    if (status == MP_OK && strcmp(source->read, path) != 0) {
        source->read[0] = '\0';
        status = mp_library_read(path, library, err);
        if (status == MP_OK)
            memcpy(source->read, path, sizeof(path));
    }
    if (status == MP_OK)
        status = write_fix(word, library, cell->spec.arm, err);
    if (status != MP_OK)
        return status;
    memcpy(cell->spec.fix, library->path, sizeof(cell->spec.fix));
    memcpy(cell->spec.fix_id, library->id, sizeof(cell->spec.fix_id));
    snprintf(cell->spec.fix_sha256, sizeof(cell->spec.fix_sha256), "%s", library->sha256);
    return MP_OK;
}

/* An arm of the stream pool, perhaps with a number, in one form: K is 2, not 02. */
static enum mp_status set_own(const struct mp_catalog_item *item, struct mp_cell *cell,
                              const char *word, struct mp_error *err) {
    bool has_number = item->rows != NULL && item->rows->name != NULL;
    unsigned number = 1;
    enum mp_status status = mp_arm_text_read(word, item->rows, &number, err);
    if (status == MP_OK && has_number)
        snprintf(cell->spec.arm, sizeof(cell->spec.arm), "%s=%u", item->name, number);
    else if (status == MP_OK)
        snprintf(cell->spec.arm, sizeof(cell->spec.arm), "%s", item->name);
    return status;
}

/* Settings as the table of the device has them, in its order and in one form each: those
 * that were given, whatever they are without. */
static enum mp_status write_settings(const struct mp_option *rows, const char *list,
                                     struct mp_strbuf *buf, struct mp_error *err) {
    /* Too large for a small stack. */
    struct mp_option_values *values = mp_memory_zeroed(1, sizeof(*values));
    const char *comma = "";
    mp_option_values_init(values, rows);
    enum mp_status status = mp_option_set_list(values, list, err);
    for (size_t i = 0; status == MP_OK && i < values->count; i++) {
        if (!values->value[i].is_set)
            continue;
        mp_strbuf_addf(buf, "%s%s=%s", comma, rows[i].name, values->value[i].text);
        comma = ",";
    }
    free(values);
    return status;
}

/* Settings of the cell's device, which must have them. */
static enum mp_status set_device(const struct mp_arm_source *source, struct mp_cell *cell,
                                 const char *word, struct mp_error *err) {
    char device[MP_SPEC_DEVICE_MAX], whole[MP_SPEC_DEVICE_MAX];
    const struct mp_catalog_item *item = NULL;
    const char *colon = strchr(word, ':');
    int len = (int)strcspn(cell->spec.device, ":");
    if (colon == NULL || colon[1] == '\0')
        return mp_error_set(err, MP_USAGE,
                            "arm '%.80s' names no setting of the device: write "
                            "set:NAME=VALUE",
                            word);
    snprintf(device, sizeof(device), "%.*s:%s", len, cell->spec.device, colon + 1);
    enum mp_status status = mp_catalog_device(source->catalog, device, whole, &item, err);
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_strbuf_addstr(&text, "set:");
    if (status == MP_OK)
        status = write_settings(item->rows, colon + 1, &text, err);
    if (status != MP_OK)
        mp_error_prefix(err, "arm %.80s", word);
    else if (text.len >= sizeof(cell->spec.arm))
        status = mp_error_set(err, MP_LIMIT, "arm '%.40s...' is too long", word);
    else
        memcpy(cell->spec.arm, text.text, text.len + 1);
    mp_strbuf_release(&text);
    return status;
}

enum mp_status mp_cell_set_arm(struct mp_arm_source *source, struct mp_cell *cell,
                               const char *word, struct mp_error *err) {
    enum mp_program_arm kind = mp_program_arm_kind(word);
    const struct mp_catalog_item *item =
        mp_catalog_find(source->catalog, MP_CATALOG_ARM, word, err);
    if (item == NULL)
        return MP_NOT_FOUND;
    if (source->is_program && !item->injects && mp_finder_find(word) == NULL)
        return mp_program_cell_set_arm(cell, word, err);
    if (kind == MP_PROGRAM_WRAP || kind == MP_PROGRAM_EXEC)
        return mp_error_set(err, MP_USAGE,
                            "arm '%.80s' is for programs (--exec), not for %s", word,
                            source->scenario);
    if (strcmp(item->name, "set") == 0)
        return set_device(source, cell, word, err);
    if (kind == MP_PROGRAM_ENV)
        return mp_program_cell_set_arm(cell, word, err);
    if (item->injects)
        return set_fix(source, cell, word, err);
    return set_own(item, cell, word, err);
}

bool mp_cell_arm_is(const struct mp_catalog *catalog, const struct mp_cell *cell,
                    const char *word) {
    const char *arm = cell->spec.arm;
    struct mp_error ignored;
    if (strcmp(word, arm) == 0 || mp_program_arm_is_same(word, arm))
        return true;
    if (mp_round_spec_arm_injects(word) || mp_round_spec_arm_injects(arm))
        return false;
    /* Too large for a small stack. */
    struct mp_arm_source *source = mp_memory_zeroed(1, sizeof(*source));
    struct mp_cell *other = mp_memory_zeroed(1, sizeof(*other));
    source->catalog = catalog;
    source->scenario = cell->spec.scenario;
    source->is_program = mp_program_is_spec(&cell->spec);
    *other = *cell;
    bool is_same = mp_cell_set_arm(source, other, word, &ignored) == MP_OK &&
                   strcmp(other->spec.arm, arm) == 0;
    free(other);
    free(source);
    return is_same;
}
