/* Every saved cell becomes a section of a suite again and is planned as if a user had
 * written it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/restore.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/supervisor/campaign/plan_make.h"
#include "harness/wire/program.h"

static void add_key(struct mp_suite_section *section, const char *name,
                    const char *value) {
    section->key[section->key_count++] = (struct mp_suite_key){
        .name = mp_memory_copy_text(name), .value = mp_memory_copy_text(value)};
}

static void add_ms(struct mp_suite_section *section, const char *name, uint64_t value) {
    char text[32];
    snprintf(text, sizeof(text), "%" PRIu64 "ms", value);
    add_key(section, name, text);
}

/* The word of an arm with a library: its name and its variables. */
static void add_fix(struct mp_suite_section *section, const char *arm) {
    char word[MP_SPEC_ARM_MAX];
    const char *colon = strchr(arm, ':');
    snprintf(word, sizeof(word), "%.*s%s", (int)strcspn(arm, "=:"), arm,
             colon != NULL ? colon : "");
    add_key(section, "arm", word);
}

static void make_section(struct mp_suite *suite, const struct mp_cell *cell) {
    const struct mp_round_spec *spec = &cell->spec;
    enum { KEYS_BESIDE_PARAMS = 5 };
    struct mp_suite_section *section = mp_memory_zeroed(1, sizeof(*section));
    section->scenario = mp_memory_copy_text(spec->scenario);
    section->origin = mp_memory_copy_text(cell->title);
    section->key =
        mp_memory_zeroed(spec->param_count + KEYS_BESIDE_PARAMS, sizeof(*section->key));
    add_key(section, "role", mp_role_name(cell->role));
    add_key(section, "device", spec->device);
    if (spec->fix[0] != '\0')
        add_fix(section, spec->arm);
    else
        add_key(section, "arm", spec->arm);
    add_ms(section, "timeout", spec->timeout_ms);
    if (spec->silence_ms > 0)
        add_ms(section, "silence", spec->silence_ms);
    for (size_t i = 0; i < spec->param_count; i++)
        add_key(section, spec->param[i].name, spec->param[i].value);
    suite->section = section;
    suite->section_count = 1;
}

/* An older version recorded the variables and settings of an arm in the order in which
 * they were written: an arm that means the same stays as it was recorded. */
static void keep_arm(const struct mp_cell *saved, struct mp_cell *cell) {
    static const char set[] = "set:";
    const char *arm = saved->spec.arm;
    char written[MP_SPEC_ARM_MAX];
    struct mp_error ignored;
    bool is_same = false;
    if (strncmp(arm, set, strlen(set)) == 0)
        is_same = strncmp(cell->spec.arm, set, strlen(set)) == 0;
    else if (mp_program_arm_has_variables(arm))
        is_same = mp_program_arm_write(arm, "", written, &ignored) == MP_OK &&
                  strcmp(written, cell->spec.arm) == 0;
    if (!is_same)
        return;
    memcpy(cell->spec.arm, arm, strlen(arm) + 1);
    mp_round_spec_cell_hash(&cell->spec, cell->hash);
}

static enum mp_status restore_cell(const struct mp_cell *saved,
                                   const struct mp_catalog *catalog,
                                   struct mp_cell *ret_cell, struct mp_error *err) {
    const struct mp_round_spec *spec = &saved->spec;
    struct mp_suite suite;
    struct mp_plan plan = {0};
    mp_suite_init(&suite);
    make_section(&suite, saved);
    bool has_fix = spec->fix[0] != '\0';
    struct mp_plan_settings settings = {.recorder = spec->recorder,
                                        .fix = has_fix ? spec->fix : NULL};
    enum mp_status status = mp_plan_make(&suite, &settings, catalog, &plan, err);
    if (status == MP_OK && plan.cell_count == 1)
        keep_arm(saved, &plan.cell[0]);
    if (status == MP_OK && has_fix && strcmp(plan.cell[0].spec.arm, spec->arm) != 0)
        status = mp_error_set(err, MP_USAGE,
                              "%s is no longer the library the campaign started with, or "
                              "variables that it reads are set otherwise now",
                              spec->fix);
    if (status == MP_OK &&
        (plan.cell_count != 1 || strcmp(plan.cell[0].hash, saved->hash) != 0))
        status = mp_error_set(
            err, MP_USAGE,
            "'%s' means a different cell to this mpstress-round than to the one the "
            "campaign started with",
            saved->title);
    if (status == MP_OK) {
        *ret_cell = plan.cell[0];
        ret_cell->rounds = saved->rounds;
        ret_cell->spec.number =
            spec->number; /* of a replay: that of the repeated round */
        memcpy(ret_cell->title, saved->title, sizeof(ret_cell->title));
        memcpy(ret_cell->seed_hash, saved->seed_hash, sizeof(ret_cell->seed_hash));
        ret_cell->stratum = saved->stratum;
    }
    mp_plan_release(&plan);
    mp_suite_release(&suite);
    return status;
}

enum mp_status mp_plan_restore(const struct mp_saved_request *saved,
                               const struct mp_catalog *catalog, struct mp_plan *ret_plan,
                               struct mp_error *err) {
    struct mp_plan plan = {
        .cell = mp_memory_zeroed(saved->cell_count + 1, sizeof(*plan.cell)),
        .cell_count = saved->cell_count};
    enum mp_status status = MP_OK;
    for (size_t i = 0; i < saved->cell_count && status == MP_OK; i++)
        status = restore_cell(&saved->cell[i].cell, catalog, &plan.cell[i], err);
    if (status != MP_OK) {
        mp_error_prefix(err, "campaign %" PRId64 " cannot be resumed",
                        saved->campaign_id);
        mp_plan_release(&plan);
        return MP_USAGE;
    }
    *ret_plan = plan;
    return MP_OK;
}
