/* Makes plans of suites: the cells of every section, none of them twice.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/plan_make.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/supervisor/campaign/matrix.h"

static enum mp_status plan_add(struct mp_plan *plan, const struct mp_cell *cell,
                               const struct mp_suite_section *section,
                               struct mp_error *err) {
    for (size_t i = 0; i < plan->cell_count; i++) {
        if (strcmp(plan->cell[i].hash, cell->hash) == 0) {
            mp_error_set(err, MP_USAGE,
                         "'%s' is the same cell as '%s': same device, values and arm; "
                         "remove one",
                         cell->title, plan->cell[i].title);
            return mp_suite_error(section, section->line, MP_USAGE, err);
        }
    }
    if (plan->cell_count == MP_PLAN_CELLS_MAX) {
        mp_error_set(err, MP_LIMIT, "the matrix has more than %d cells",
                     MP_PLAN_CELLS_MAX);
        return mp_suite_error(section, section->line, MP_LIMIT, err);
    }
    if ((plan->cell_count & (plan->cell_count - 1)) ==
        0) { /* 0 or a power of two: it is full */
        size_t room = plan->cell_count > 0 ? 2 * plan->cell_count : 1;
        plan->cell = mp_memory_resize(plan->cell, room, sizeof(*plan->cell));
    }
    struct mp_cell *added = &plan->cell[plan->cell_count];
    *added = *cell;
    memcpy(added->seed_hash, cell->hash, sizeof(added->seed_hash));
    added->stratum = plan->cell_count++;
    return MP_OK;
}

/* A library that no arm injects is a mistake. */
static enum mp_status check_fix(const struct mp_plan *plan,
                                const struct mp_plan_settings *settings,
                                struct mp_error *err) {
    bool is_used = settings->fix == NULL;
    for (size_t i = 0; i < plan->cell_count; i++)
        is_used |= plan->cell[i].spec.fix[0] != '\0';
    return is_used
               ? MP_OK
               : mp_error_set(
                     err, MP_USAGE,
                     "--fix names a library but no cell has the arm fix: add --arm fix");
}

/* Makes three of each cell. In the database they are one cell, since nothing else
 * differs. */
static enum mp_status split_by_look(struct mp_plan *plan, struct mp_error *err) {
    static const char *const words[MP_LOOK_COUNT] = {"traced", "untraced",
                                                     "recorder off"};
    struct mp_plan split = {.left_out = plan->left_out,
                            .cell_count = plan->cell_count * MP_LOOK_COUNT,
                            .retention = plan->retention};
    if (split.cell_count > MP_PLAN_CELLS_MAX)
        return mp_error_set(err, MP_LIMIT, "the matrix has more than %d cells",
                            MP_PLAN_CELLS_MAX / MP_LOOK_COUNT);
    split.cell = mp_memory_zeroed(split.cell_count, sizeof(*split.cell));
    for (size_t i = 0; i < split.cell_count; i++) {
        struct mp_cell *cell = &split.cell[i];
        size_t look = i % MP_LOOK_COUNT;
        *cell = plan->cell[i / MP_LOOK_COUNT];
        cell->stratum = i - look;
        cell->spec.capture = look != MP_LOOK_UNTRACED;
        cell->spec.recorder = look != MP_LOOK_NO_RECORDER;
        snprintf(cell->title, sizeof(cell->title), "%.160s, %s",
                 plan->cell[i / MP_LOOK_COUNT].title, words[look]);
    }
    plan->left_out = NULL;
    mp_plan_release(plan);
    *plan = split;
    return MP_OK;
}

/* Cells that were left out, by the item of their device. */
struct left_out {
    size_t count[MP_CATALOG_ITEMS_MAX];
};

/* Says what was left out, if anything was. A plan without any cell left is refused. */
static enum mp_status say_left_out(const struct left_out *left_out,
                                   const struct mp_catalog *catalog, struct mp_plan *plan,
                                   struct mp_error *err) {
    struct mp_strbuf words;
    enum mp_status status = MP_OK;
    mp_strbuf_init(&words);
    for (size_t i = 0; i < catalog->count; i++) {
        size_t count = left_out->count[i];
        if (count > 0)
            mp_strbuf_addf(&words, "%s%zu cell%s on %s, which is absent here: %s",
                           words.len > 0 ? "; " : "", count, count == 1 ? "" : "s",
                           catalog->item[i].name, catalog->item[i].detail);
    }
    if (plan->cell_count == 0)
        status = mp_error_set(
            err, MP_USAGE, "there is nothing to run: if_present left out %s", words.text);
    else
        plan->left_out = mp_memory_copy_text(words.text);
    mp_strbuf_release(&words);
    return status;
}

enum mp_status mp_plan_make(const struct mp_suite *suite,
                            const struct mp_plan_settings *settings,
                            const struct mp_catalog *catalog, struct mp_plan *ret_plan,
                            struct mp_error *err) {
    struct mp_plan plan = {0};
    enum mp_status status = MP_OK;
    if (suite->section_count == 0)
        return mp_error_set(err, MP_USAGE, "%s: no section, so there is nothing to run",
                            suite->header.origin != NULL ? suite->header.origin
                                                         : "the plan");
    /* Too large for a small stack. */
    struct mp_matrix *matrix = mp_memory_zeroed(1, sizeof(*matrix));
    struct mp_cell *cell = mp_memory_zeroed(1, sizeof(*cell));
    struct left_out left_out = {{0}};
    for (size_t i = 0; status == MP_OK && i < suite->section_count; i++) {
        status = mp_matrix_init(matrix, &suite->section[i], &suite->header, settings,
                                catalog, err);
        plan.retention = mp_matrix_retention(matrix);
        while (status == MP_OK && mp_matrix_next(matrix, cell, &status, err))
            if (matrix->left_out != NULL)
                left_out.count[matrix->left_out - catalog->item]++;
            else
                status = plan_add(&plan, cell, &suite->section[i], err);
        mp_matrix_release(matrix);
    }
    free(cell);
    free(matrix);
    if (status == MP_OK)
        status = say_left_out(&left_out, catalog, &plan, err);
    if (status == MP_OK)
        status = check_fix(&plan, settings, err);
    if (status == MP_OK && settings->by_look)
        status = split_by_look(&plan, err);
    if (status == MP_OK)
        *ret_plan = plan;
    else
        mp_plan_release(&plan);
    return status;
}
