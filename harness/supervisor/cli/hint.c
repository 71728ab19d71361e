/* Hints for mistyped command lines. Called only after one was refused.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/hint.h"

#include <string.h>

#include "harness/base/text.h"
#include "harness/supervisor/cli/source.h"

/* The row whose name is the first `len` bytes of `name`, NULL: none. */
static const struct mp_option *find_row(const struct mp_option *rows, const char *name,
                                        size_t len) {
    for (; rows != NULL && rows->name != NULL; rows++)
        if (strlen(rows->name) == len && strncmp(rows->name, name, len) == 0)
            return rows;
    return NULL;
}

/* The intended scenario: the first one named that has the parameter, else the first of
 * all that has it. */
static const struct mp_catalog_item *find_scenario(const struct mp_catalog *catalog,
                                                   char *const *words, const char *name,
                                                   size_t len) {
    const struct mp_catalog_item *found = NULL;
    for (size_t i = 0; i < catalog->count; i++) {
        const struct mp_catalog_item *item = &catalog->item[i];
        if (item->kind != MP_CATALOG_SCENARIO || find_row(item->rows, name, len) == NULL)
            continue;
        for (size_t w = 0; words[w] != NULL; w++)
            if (strncmp(words[w], item->name, strlen(item->name)) == 0 &&
                strchr(":", words[w][strlen(item->name)]) != NULL)
                return item;
        if (found == NULL)
            found = item;
    }
    return found;
}

static void write_hint(const struct mp_catalog_item *item, const char *name, size_t len,
                       const char *next, struct mp_error *err) {
    const char *value = name[len] == '='                 ? name + len + 1
                        : next != NULL && next[0] != '-' ? next
                                                         : "VALUE";
    struct mp_strbuf cell, quoted;
    mp_strbuf_init(&cell);
    mp_strbuf_init(&quoted);
    mp_strbuf_addf(&cell, "%s:%.*s=%s", item->name, (int)len, name, value);
    mp_text_quote(&quoted, cell.text);
    mp_error_set(err, MP_NOT_FOUND,
                 "unknown option '--%.*s': %.*s is a parameter of the scenario, write %s",
                 (int)len, name, (int)len, name, quoted.text);
    mp_strbuf_release(&quoted);
    mp_strbuf_release(&cell);
}

bool mp_hint_parameter(const struct mp_command *command, char *const *words,
                       struct mp_error *err) {
    char program[MP_SOURCE_PATH_MAX];
    struct mp_catalog catalog = {.count = 0};
    struct mp_error ignored;
    size_t i = 0, len = 0;
    for (; words[i] != NULL; i++) {
        len = strncmp(words[i], "--", 2) == 0 ? strcspn(words[i] + 2, "=") : 0;
        if (len > 0 && find_row(command->options, words[i] + 2, len) == NULL)
            break;
    }
    if (words[i] == NULL || command->operand_names == NULL ||
        mp_source_read(program, &catalog, &ignored) != MP_OK)
        return false;
    const char *name = words[i] + 2;
    const struct mp_catalog_item *item = find_scenario(&catalog, words, name, len);
    if (item != NULL)
        write_hint(item, name, len, words[i + 1], err);
    mp_catalog_release(&catalog);
    return item != NULL;
}
