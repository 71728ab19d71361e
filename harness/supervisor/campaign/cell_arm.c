/* Arms of cells.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/cell_arm.h"

#include <stdio.h>
#include <string.h>

#include "harness/supervisor/campaign/program_cell.h"
#include "harness/wire/arm_text.h"
#include "harness/wire/finder.h"
#include "harness/wire/program.h"

/* The library becomes the arm's value. */
static enum mp_status set_fix(struct mp_arm_source *source, struct mp_cell *cell,
                              const char *path, struct mp_error *err) {
    struct mp_library *library = &source->library;
    if (path == NULL || path[0] == '\0')
        return mp_error_set(
            err, MP_USAGE,
            "the arm fix injects a library: name its file with --fix FILE, or with"
            " fix = FILE at the head of a suite");
    if (source->read == NULL || strcmp(source->read, path) != 0) {
        source->read = NULL;
        enum mp_status status = mp_library_read(path, library, err);
        if (status != MP_OK)
            return status;
        source->read = path;
    }
    snprintf(cell->spec.arm, sizeof(cell->spec.arm), "fix=%.*s", MP_SPEC_FIX_DIGITS,
             library->sha256);
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
    if (strlen(word) >= sizeof(cell->spec.arm))
        return mp_error_set(err, MP_LIMIT, "arm '%.40s...' is too long", word);
    snprintf(device, sizeof(device), "%.*s:%s", len, cell->spec.device, colon + 1);
    enum mp_status status = mp_catalog_device(source->catalog, device, whole, &item, err);
    if (status == MP_OK)
        snprintf(cell->spec.arm, sizeof(cell->spec.arm), "%s", word);
    else
        mp_error_prefix(err, "arm %.80s", word);
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
    if (item->injects) {
        const char *file = strchr(word, '=');
        return set_fix(source, cell, file != NULL ? file + 1 : source->fix, err);
    }
    return set_own(item, cell, word, err);
}
