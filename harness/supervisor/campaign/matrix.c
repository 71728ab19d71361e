/* One section as a matrix. Every value is checked when the matrix first reaches it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/matrix.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "harness/base/memory.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/cell_arm.h"
#include "harness/supervisor/campaign/device_terms.h"
#include "harness/supervisor/campaign/program_cell.h"
#include "harness/wire/device_name.h"
#include "harness/wire/finder.h"
#include "harness/wire/program.h"

#define KEY_NAMES_MAX      ((size_t)2 * MP_OPTION_ROWS_MAX)
#define TIMEOUT_DEFAULT_NS (10 * MP_CLOCK_NS_PER_S)

#define ROW_ROUNDS                                                                       \
    {                                                                                    \
        .name = "rounds", .type = MP_OPTION_INT, .metavar = "N", .min = 0,               \
        .max = MP_PLAN_ROUNDS_MAX,                                                       \
        .help = "rounds of each cell; 0: until the time is up"                           \
    }
#define ROW_TIMEOUT                                                                      \
    {                                                                                    \
        .name = "timeout", .type = MP_OPTION_DURATION, .metavar = "T",                   \
        .help = "deadline of one round"                                                  \
    }
#define ROW_SILENCE                                                                      \
    {                                                                                    \
        .name = "silence", .type = MP_OPTION_DURATION, .metavar = "T",                   \
        .help = "a round without progress for this long counts as a hang"                \
    }

static const struct mp_option section_rows[] = {
    {.name = "role",
     .type = MP_OPTION_CHOICE,
     .metavar = "ROLE",
     .fallback = "subject",
     .choices = "subject|positive_control|negative_control|finder",
     .help = "purpose of the rounds: a positive control must fail, a negative one must "
             "pass, a finder may fail and is in no rate"},
    {.name = "arm",
     .type = MP_OPTION_TEXT,
     .metavar = "ARM",
     .help = "mitigation, or a list separated by |"},
    {.name = "device",
     .type = MP_OPTION_TEXT,
     .metavar = "DEVICE",
     .help = "device with its settings, or a list separated by |"},
    {.name = "if_present",
     .type = MP_OPTION_FLAG,
     .fallback = "off",
     .help = "leave the cells out, and say so, where their device is absent; otherwise "
             "they are skipped, and a skipped control shows nothing"},
    ROW_ROUNDS,
    ROW_TIMEOUT,
    ROW_SILENCE,
    {0},
};

static const struct mp_option header_rows[] = {
    {.name = "title",
     .type = MP_OPTION_TEXT,
     .metavar = "TEXT",
     .help = "purpose of the suite"},
    {.name = "shows",
     .type = MP_OPTION_TEXT,
     .metavar = "TEXT",
     .help = "what it can show, and what it cannot"},
    {.name = "takes",
     .type = MP_OPTION_TEXT,
     .metavar = "TEXT",
     .help = "how long it takes, and where that was measured"},
    ROW_ROUNDS,
    ROW_TIMEOUT,
    ROW_SILENCE,
    {.name = "fix",
     .type = MP_OPTION_TEXT,
     .metavar = "FILE",
     .help = "library of arm fix"},
    {.name = "keep_first",
     .type = MP_OPTION_INT,
     .metavar = "K",
     .min = 0,
     .max = MP_PLAN_KEEP_MAX,
     .help = "rounds of each kind that keep their detail: the first N"},
    {.name = "keep_newest",
     .type = MP_OPTION_INT,
     .metavar = "N",
     .min = 1,
     .max = MP_PLAN_KEEP_MAX,
     .help = "rounds of each kind that keep their detail: the newest N"},
    {0},
};

const struct mp_option *mp_matrix_reserved_keys(void) {
    return section_rows;
}

static const struct mp_option *find_row(const struct mp_option *rows, const char *name) {
    for (; rows != NULL && rows->name != NULL; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

/* A list of numbers or choices may also be written 2/8, which needs no shell quoting.
 * `row` is the row of a parameter, else NULL. */
static void unify_bars(char *text, const struct mp_option *row) {
    bool may_hold_slash = row == NULL || row->type == MP_OPTION_TEXT;
    for (; !may_hold_slash && *text != '\0'; text++)
        if (*text == '/')
            *text = '|';
}

static enum mp_status axis_split(struct mp_matrix_axis *axis, const char *text,
                                 const struct mp_option *row, struct mp_error *err) {
    axis->storage = mp_memory_copy_text(text);
    unify_bars(axis->storage, row);
    for (char *at = axis->storage; at != NULL;) {
        char *bar = strchr(at, '|');
        if (bar != NULL)
            *bar = '\0';
        at += strspn(at, " \t");
        size_t len = strlen(at);
        while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
            at[--len] = '\0';
        if (len == 0)
            return mp_error_set(err, MP_USAGE, "'%s' has an empty value in '%s'",
                                axis->name, text);
        if (axis->word_count == MP_PLAN_WORDS_MAX)
            return mp_error_set(err, MP_LIMIT, "'%s' lists more than %d values",
                                axis->name, MP_PLAN_WORDS_MAX);
        axis->word[axis->word_count++] = at;
        at = bar != NULL ? bar + 1 : NULL;
    }
    return MP_OK;
}

static enum mp_status refuse_key(const struct mp_matrix *matrix, const char *name,
                                 struct mp_error *err) {
    const char *words[KEY_NAMES_MAX + 1] = {NULL};
    size_t count = 0;
    const struct mp_option *tables[] = {matrix->scenario->rows, section_rows};
    for (size_t i = 0; i < 2; i++) {
        for (const struct mp_option *row = tables[i]; row != NULL && row->name != NULL;
             row++)
            if (count < KEY_NAMES_MAX)
                words[count++] = row->name;
    }
    char what[MP_SPEC_NAME_MAX + 16];
    snprintf(what, sizeof(what), "parameter of %s", matrix->scenario->name);
    return mp_option_unknown(err, what, name, words);
}

/* Classifies one key of the section: a parameter (an axis), arm or device (an axis), or
 * the rest.
 */
static enum mp_status take_key(struct mp_matrix *matrix, const struct mp_suite_key *key,
                               struct mp_error *err) {
    bool is_param = find_row(matrix->scenario->rows, key->name) != NULL;
    bool is_arm = !is_param && strcmp(key->name, "arm") == 0;
    bool is_device = !is_param && strcmp(key->name, "device") == 0;
    if (!is_param && find_row(section_rows, key->name) == NULL)
        return refuse_key(matrix, key->name, err);
    if (!is_param && !is_arm && !is_device)
        return mp_option_set(&matrix->keys, key->name, key->value, err);
    struct mp_matrix_axis *axis = &matrix->axis[matrix->axis_count++];
    axis->kind = is_param ? MP_AXIS_PARAM : is_arm ? MP_AXIS_ARM : MP_AXIS_DEVICE;
    axis->name = key->name;
    axis->line = key->line;
    axis->is_written = true;
    struct mp_strbuf value;
    mp_strbuf_init(&value);
    enum mp_status status = MP_OK;
    if (is_param && matrix->is_program)
        status = mp_program_cell_value(key->name, key->value, &value, err);
    else
        mp_strbuf_addstr(&value, key->value);
    if (status == MP_OK)
        status = axis_split(axis, value.text, find_row(matrix->scenario->rows, key->name),
                            err);
    mp_strbuf_release(&value);
    return status;
}

static bool has_axis(const struct mp_matrix *matrix, enum mp_axis_kind kind) {
    for (size_t i = 0; i < matrix->axis_count; i++)
        if (matrix->axis[i].kind == kind)
            return true;
    return false;
}

/* Adds the axis of arms or devices if the section has none. */
static enum mp_status add_default_axis(struct mp_matrix *matrix, enum mp_axis_kind kind,
                                       const char *name, const char *const *word,
                                       size_t count, const char *fallback,
                                       struct mp_error *err) {
    if (has_axis(matrix, kind))
        return MP_OK;
    if (count > MP_PLAN_WORDS_MAX)
        return mp_error_set(err, MP_LIMIT, "--%s was given more than %d times", name,
                            MP_PLAN_WORDS_MAX);
    struct mp_matrix_axis *axis = &matrix->axis[matrix->axis_count++];
    axis->kind = kind;
    axis->name = name;
    axis->is_written = count > 1;
    axis->is_option = count > 0;
    axis->word[0] = fallback;
    axis->word_count = 1;
    if (count > 0) {
        memcpy(axis->word, word, count * sizeof(*word));
        axis->word_count = count;
    }
    return MP_OK;
}

/* A device to take by default is looked for only where none is named: that opens one. */
static enum mp_status add_device_axis(struct mp_matrix *matrix, struct mp_error *err) {
    const struct mp_plan_settings *settings = matrix->settings;
    const struct mp_catalog_item *fallback = NULL;
    if (matrix->is_program) /* --device is for the other sections */
        return add_default_axis(matrix, MP_AXIS_DEVICE, "device", NULL, 0,
                                MP_PROGRAM_DEVICE, err);
    if (settings->device_count == 0 && !has_axis(matrix, MP_AXIS_DEVICE))
        fallback = mp_catalog_default_device(matrix->catalog);
    return add_default_axis(matrix, MP_AXIS_DEVICE, "device", settings->device,
                            settings->device_count,
                            fallback != NULL ? fallback->name : "", err);
}

enum mp_status mp_matrix_init(struct mp_matrix *matrix,
                              const struct mp_suite_section *section,
                              const struct mp_suite_section *header,
                              const struct mp_plan_settings *settings,
                              const struct mp_catalog *catalog, struct mp_error *err) {
    *matrix = (struct mp_matrix){.section = section,
                                 .suite_header = header,
                                 .settings = settings,
                                 .catalog = catalog};
    mp_option_values_init(&matrix->keys, section_rows);
    mp_option_values_init(&matrix->header, header_rows);
    matrix->axis = mp_memory_zeroed(section->key_count + 2, sizeof(*matrix->axis));
    for (size_t i = 0; i < header->key_count; i++) {
        const struct mp_suite_key *key = &header->key[i];
        enum mp_status status =
            mp_option_set(&matrix->header, key->name, key->value, err);
        if (status != MP_OK)
            return mp_suite_error(header, key->line, status, err);
    }
    matrix->scenario =
        mp_catalog_find(matrix->catalog, MP_CATALOG_SCENARIO, section->scenario, err);
    if (matrix->scenario == NULL && mp_program_cell_is_section(section))
        matrix->scenario = mp_catalog_find(matrix->catalog, MP_CATALOG_SCENARIO,
                                           MP_PROGRAM_SCENARIO, err);
    if (matrix->scenario == NULL)
        return section->line != 0
                   ? mp_suite_error(section, section->line, MP_NOT_FOUND, err)
                   : MP_NOT_FOUND;
    matrix->is_program = strcmp(matrix->scenario->name, MP_PROGRAM_SCENARIO) == 0;
    const struct mp_option_value *fix = mp_option_get(&matrix->header, "fix");
    matrix->arms = (struct mp_arm_source){.catalog = catalog,
                                          .scenario = matrix->scenario->name,
                                          .is_program = matrix->is_program,
                                          .fix = settings->fix != NULL ? settings->fix
                                                 : fix->is_set         ? fix->text
                                                                       : NULL};
    for (size_t i = 0; i < section->key_count; i++) {
        enum mp_status status = take_key(matrix, &section->key[i], err);
        if (status != MP_OK)
            return mp_suite_error(section, section->key[i].line, status, err);
    }
    enum mp_status status = add_default_axis(matrix, MP_AXIS_ARM, "arm", settings->arm,
                                             settings->arm_count, "none", err);
    if (status == MP_OK)
        status = add_device_axis(matrix, err);
    return status;
}

void mp_matrix_release(struct mp_matrix *matrix) {
    for (size_t i = 0; i < matrix->axis_count; i++)
        free(matrix->axis[i].storage);
    free(matrix->axis);
}

struct mp_retention mp_matrix_retention(const struct mp_matrix *matrix) {
    const struct mp_option_value *first = mp_option_get(&matrix->header, "keep_first");
    const struct mp_option_value *newest = mp_option_get(&matrix->header, "keep_newest");
    struct mp_retention retention = {MP_PLAN_KEEP_DEFAULT, MP_PLAN_KEEP_DEFAULT};
    if (first->is_set)
        retention.first = (unsigned)first->integer;
    if (newest->is_set)
        retention.newest = (unsigned)newest->integer;
    return retention;
}

static enum mp_status cell_set_device(struct mp_matrix *matrix, struct mp_cell *cell,
                                      const char *device, struct mp_error *err) {
    const struct mp_catalog_item *item = NULL;
    enum mp_status status =
        mp_catalog_device(matrix->catalog, device, cell->spec.device, &item, err);
    if (status == MP_OK &&
        mp_device_name_is_program(cell->spec.device) != matrix->is_program)
        return mp_error_set(err, MP_USAGE,
                            "device '%s' and scenario '%s' do not go together: on device "
                            "%s runs only %s, and nowhere else",
                            device, matrix->scenario->name, MP_PROGRAM_DEVICE,
                            MP_PROGRAM_SCENARIO);
    if (status == MP_OK) {
        cell->is_device_present = mp_catalog_opens(matrix->catalog, item);
        if (item->is_unasked)
            return mp_error_set(err, MP_SYSTEM,
                                "cannot ask whether device '%s' opens: %s", item->name,
                                item->detail);
        cell->frames = item->frames;
        /* A device that dies or hangs when it is opened is a finding, not absent. */
        bool is_absent = !cell->is_device_present && !item->is_broken;
        bool is_optional = mp_option_get(&matrix->keys, "if_present")->integer != 0;
        matrix->left_out = is_absent && is_optional ? item : NULL;
    }
    return status;
}

static enum mp_status cell_apply(struct mp_matrix *matrix, struct mp_cell *cell,
                                 struct mp_option_values *params,
                                 const struct mp_matrix_axis *axis,
                                 struct mp_error *err) {
    const char *word = axis->word[axis->at];
    enum mp_status status = MP_OK;
    switch (axis->kind) {
    case MP_AXIS_PARAM:
        status = mp_option_set(params, axis->name, word, err);
        break;
    case MP_AXIS_ARM:
        status = mp_cell_set_arm(&matrix->arms, cell, word, err);
        break;
    case MP_AXIS_DEVICE:
        status = cell_set_device(matrix, cell, word, err);
        break;
    }
    if (status != MP_OK && axis->is_option)
        mp_error_prefix(err, "--%s", axis->name);
    else if (status != MP_OK)
        mp_suite_error(matrix->section, axis->line, status, err);
    return status;
}

static const struct mp_option_value *find_value(const struct mp_option_values *values,
                                                const char *name) {
    return find_row(values->rows, name) != NULL ? mp_option_get(values, name) : NULL;
}

/* A set without a default that is none is as if it had been left out: a plain cell has
 * one name. */
static bool has_value(const struct mp_option *row, const struct mp_option_value *value) {
    return row->fallback != NULL ||
           (value->is_set && !(row->type == MP_OPTION_SET && value->set == 0));
}

static enum mp_status cell_set_params(struct mp_cell *cell,
                                      const struct mp_option_values *params,
                                      struct mp_error *err) {
    enum mp_status status = MP_OK;
    for (size_t i = 0; status == MP_OK && i < params->count; i++) {
        if (has_value(&params->rows[i], &params->value[i]))
            status = mp_round_spec_set_param(&cell->spec, params->rows[i].name,
                                             params->value[i].text, err);
    }
    return status;
}

/* "mm:threads=4 [encode_mutex]", or "destroy_impl: no fix" if the section has a label;
 * then only what distinguishes its cells is added. */
static void cell_set_title(const struct mp_matrix *matrix, struct mp_cell *cell) {
    struct mp_strbuf title, shown;
    const char *label = matrix->section->label;
    mp_strbuf_init(&title);
    /* "exec" says nothing of a program: its label does, or its command. */
    if (strcmp(matrix->section->scenario, MP_PROGRAM_SCENARIO) == 0)
        mp_strbuf_addstr(
            &title, label != NULL ? label : mp_round_spec_param(&cell->spec, "exec"));
    else
        mp_strbuf_addstr(&title, matrix->section->scenario);
    if (label != NULL && !matrix->is_program)
        mp_strbuf_addf(&title, ": %s", label);
    const char *separator = label != NULL ? ", " : ":";
    const char *device = "";
    for (size_t i = 0; i < matrix->axis_count; i++) {
        const struct mp_matrix_axis *axis = &matrix->axis[i];
        bool is_shown =
            label != NULL || matrix->is_program ? axis->word_count > 1 : axis->is_written;
        if (is_shown && axis->kind == MP_AXIS_PARAM) {
            mp_strbuf_addf(&title, "%s%s=%s", separator, axis->name,
                           axis->word[axis->at]);
            separator = ",";
        } else if (is_shown && axis->kind == MP_AXIS_DEVICE) {
            device = axis->word[axis->at];
        }
    }
    if (strcmp(cell->spec.arm, "none") != 0)
        mp_strbuf_addf(&title, " [%s]", cell->spec.arm);
    if (*device != '\0')
        mp_strbuf_addf(&title, " on %s", device);
    mp_strbuf_init(&shown);
    mp_strbuf_add_escaped(&shown, title.text, title.len, 0);
    snprintf(cell->title, sizeof(cell->title), "%s", shown.text);
    mp_strbuf_release(&shown);
    mp_strbuf_release(&title);
}

static void cell_set_rounds(const struct mp_matrix *matrix, struct mp_cell *cell) {
    const struct mp_plan_settings *settings = matrix->settings;
    const struct mp_option_value *own = mp_option_get(&matrix->keys, "rounds");
    const struct mp_option_value *common = mp_option_get(&matrix->header, "rounds");
    uint64_t usual =
        settings->default_rounds > 0 ? settings->default_rounds : MP_PLAN_ROUNDS_DEFAULT;
    cell->rounds = settings->has_duration || settings->has_no_end ? 0 : usual;
    if (settings->has_rounds)
        cell->rounds = settings->rounds;
    else if (own->is_set)
        cell->rounds = (uint64_t)own->integer;
    else if (common->is_set)
        cell->rounds = (uint64_t)common->integer;
    if (!cell->is_device_present)
        cell->rounds = 1; /* enough to record that it was requested and skipped */
}

/* A time limit: the section's, else the option's, else the suite's, else
 * `fallback_ns`. */
static enum mp_status find_limit(const struct mp_matrix *matrix, const char *name,
                                 uint64_t option_ns, uint64_t fallback_ns,
                                 uint64_t *ret_ms, struct mp_error *err) {
    const struct mp_option_value *own = mp_option_get(&matrix->keys, name);
    const struct mp_option_value *common = mp_option_get(&matrix->header, name);
    const struct mp_suite_section *section =
        own->is_set ? matrix->section : matrix->suite_header;
    uint64_t limit_ns = fallback_ns;
    bool is_option = !own->is_set && option_ns > 0;
    if (is_option) {
        limit_ns = option_ns;
    } else if (own->is_set || common->is_set) {
        limit_ns = (uint64_t)(own->is_set ? own : common)->integer;
    } else if (limit_ns == 0) {
        *ret_ms = 0;
        return MP_OK;
    }
    *ret_ms = limit_ns / MP_CLOCK_NS_PER_MS;
    if (*ret_ms > 0 && *ret_ms <= MP_SPEC_TIMEOUT_MS_MAX)
        return MP_OK;
    mp_error_set(err, MP_USAGE, "a %s is at least 1ms and at most 24h", name);
    if (is_option) {
        mp_error_prefix(err, "--%s", name);
        return MP_USAGE;
    }
    return mp_suite_error(section, mp_suite_key(section, name)->line, MP_USAGE, err);
}

static enum mp_status cell_set_limits(const struct mp_matrix *matrix,
                                      struct mp_cell *cell, struct mp_error *err) {
    enum mp_status status = find_limit(matrix, "timeout", matrix->settings->timeout_ns,
                                       TIMEOUT_DEFAULT_NS, &cell->spec.timeout_ms, err);
    return status != MP_OK ? status
                           : find_limit(matrix, "silence", matrix->settings->silence_ns,
                                        0, &cell->spec.silence_ms, err);
}

/* Threads that share one stream and synchronize on its queue wait for each other: a
 * scenario that promises overlap could not have any. Allowed if its arm removes
 * overlap on purpose. */
static enum mp_status check_overlap(const struct mp_matrix *matrix,
                                    const struct mp_cell *cell,
                                    const struct mp_option_values *params,
                                    struct mp_error *err) {
    const struct mp_option_value *threads = find_value(params, "threads");
    const struct mp_option_value *share = find_value(params, "share");
    const struct mp_option_value *streams = find_value(params, "streams");
    const struct mp_option_value *sync = find_value(params, "sync");
    struct mp_error ignored;
    const struct mp_catalog_item *arm =
        mp_catalog_find(matrix->catalog, MP_CATALOG_ARM, cell->spec.arm, &ignored);
    bool has_one_stream = (share != NULL && strcmp(share->text, "all") == 0) ||
                          (streams != NULL && streams->integer == 1);
    if (!matrix->scenario->promises_overlap || !cell->spec.recorder ||
        (arm != NULL && arm->serialises) || threads == NULL || threads->integer < 2 ||
        !has_one_stream || sync == NULL || strcmp(sync->text, "on_queue") != 0)
        return MP_OK;
    mp_error_set(err, MP_USAGE,
                 "%s promises that threads overlap inside the driver, and %s with "
                 "sync=on_queue lets in one at a time: no round could have a verdict; "
                 "write sync=off_queue, share=thread with more streams, or threads=1",
                 matrix->scenario->name,
                 share != NULL && strcmp(share->text, "all") == 0 ? "share=all"
                                                                  : "streams=1");
    return mp_suite_error(matrix->section, matrix->section->line, MP_USAGE, err);
}

/* Whether the cell breaks a rule of the API on purpose, so that nothing need be planted.
 */
static bool breaks_rule(const struct mp_matrix *matrix) {
    const struct mp_option_value *rule = find_value(&matrix->params, "rule");
    return rule != NULL && strcmp(rule->text, "broken") == 0;
}

/* A control that must fail and cannot, or a planted fault that nothing here can see: the
 * rounds would say nothing, and look as if they did. */
static enum mp_status check_promise(const struct mp_matrix *matrix,
                                    const struct mp_cell *cell, struct mp_error *err) {
    char name[MP_SPEC_NAME_MAX];
    const char *settings, *setting;
    size_t len;
    enum mp_status status = mp_device_name_split(cell->spec.device, name, &settings, err);
    const struct mp_catalog_item *device =
        status == MP_OK ? mp_catalog_find(matrix->catalog, MP_CATALOG_DEVICE, name, err)
                        : NULL;
    if (device == NULL)
        return MP_NOT_FOUND;
    const char *scenario = matrix->scenario->name;
    /* An arm that finds may object where nothing is planted. */
    if (cell->role == MP_ROLE_POSITIVE && !matrix->settings->drops_controls &&
        mp_finder_find(cell->spec.arm) == NULL && !breaks_rule(matrix) &&
        mp_catalog_settings_match(cell->spec.device, device->harmless, &setting, &len)) {
        mp_error_set(err, MP_USAGE,
                     "%s is a positive control and must fail, but device %s with %.*s "
                     "plants nothing: its silence would say nothing, and what failed "
                     "would be its client's own fault; switch on what it is to find "
                     "('mpstress list %s' names the settings)",
                     scenario, name, (int)len, setting, name);
    } else if (!matrix->scenario->has_outputs &&
               mp_catalog_settings_match(cell->spec.device, device->hidden, &setting,
                                         &len)) {
        mp_error_set(err, MP_USAGE,
                     "%s has no outputs to check, so it would pass whatever %.*s of "
                     "device %s does; take a scenario with outputs, such as mm",
                     scenario, (int)len, setting, name);
    } else {
        return MP_OK;
    }
    return mp_suite_error(matrix->section, matrix->section->line, MP_USAGE, err);
}

/* The item of the device that the cell is on; its name is known to be right. */
static const struct mp_catalog_item *device_of(const struct mp_matrix *matrix,
                                               const char *device) {
    char name[MP_SPEC_NAME_MAX];
    const char *settings;
    struct mp_error ignored;
    if (mp_device_name_split(device, name, &settings, &ignored) != MP_OK)
        return NULL;
    return mp_catalog_find(matrix->catalog, MP_CATALOG_DEVICE, name, &ignored);
}

/* Parameters that nobody wrote are as the device wants them. */
static enum mp_status apply_terms(const struct mp_matrix *matrix,
                                  struct mp_option_values *params, struct mp_error *err) {
    for (size_t i = 0; i < matrix->axis_count; i++) {
        const struct mp_matrix_axis *axis = &matrix->axis[i];
        const struct mp_catalog_item *device =
            axis->kind == MP_AXIS_DEVICE ? device_of(matrix, axis->word[axis->at]) : NULL;
        if (device != NULL)
            return mp_device_terms_apply(device, matrix->scenario->name, params, err);
    }
    return MP_OK;
}

/* Whether only the client can make the cell fail, so that it says nothing about the
 * driver. Arms that are compared have the same fault, and no role. */
static bool blames_client(const struct mp_matrix *matrix, const struct mp_cell *cell,
                          const struct mp_option_values *params) {
    struct mp_error ignored;
    const struct mp_catalog_item *device = device_of(matrix, cell->spec.device);
    const struct mp_catalog_item *arm =
        mp_catalog_find(matrix->catalog, MP_CATALOG_ARM, cell->spec.arm, &ignored);
    return device != NULL && arm != NULL && !matrix->settings->drops_controls &&
           mp_device_terms_blame_client(device, arm, params);
}

/* What an arm that finds finds is shown beside the rates: it may be a control, and never
 * a subject. What the client makes fail is a control that must. */
static enum mp_status cell_set_role(const struct mp_matrix *matrix, struct mp_cell *cell,
                                    const struct mp_option_values *params,
                                    struct mp_error *err) {
    const struct mp_option_value *role = mp_option_get(&matrix->keys, "role");
    bool finds = mp_finder_find(cell->spec.arm) != NULL;
    bool must_fail = !finds && blames_client(matrix, cell, params);
    cell->role = (enum mp_role)role->integer;
    if (!role->is_set && finds)
        cell->role = MP_ROLE_FINDER;
    if (!role->is_set && must_fail)
        cell->role = MP_ROLE_POSITIVE;
    if (finds && cell->role == MP_ROLE_SUBJECT)
        mp_error_set(
            err, MP_USAGE,
            "arm %s changes what is tested, so that its failures are in no rate: it "
            "cannot be a subject; leave role out",
            cell->spec.arm);
    else if (must_fail && cell->role != MP_ROLE_POSITIVE &&
             find_value(params, "rule") != NULL)
        mp_error_set(err, MP_USAGE,
                     "%s with rule=broken can only be a positive control: what fails is "
                     "its client's fault; leave role out, or take the twin (rule=kept)",
                     matrix->scenario->name);
    else if (must_fail && cell->role != MP_ROLE_POSITIVE)
        mp_error_set(
            err, MP_USAGE,
            "%s with sync=off_queue on device %s can only be a positive control: there a "
            "synchronize beside the queue that others encode on is the client's fault, "
            "whatever the driver does; leave role out, or take an arm that keeps it away",
            matrix->scenario->name, cell->spec.device);
    else
        return MP_OK;
    return mp_suite_error(matrix->section, mp_suite_key(matrix->section, "role")->line,
                          MP_USAGE, err);
}

/* The cell at the current position of all axes. */
static enum mp_status cell_make(struct mp_matrix *matrix, struct mp_cell *cell,
                                struct mp_error *err) {
    static const struct mp_option no_rows[] = {{0}};
    struct mp_option_values *params = &matrix->params;
    memset(cell, 0, sizeof(*cell));
    mp_round_spec_init(&cell->spec);
    mp_option_values_init(params, matrix->scenario->rows != NULL ? matrix->scenario->rows
                                                                 : no_rows);
    snprintf(cell->spec.scenario, sizeof(cell->spec.scenario), "%s",
             matrix->scenario->name);
    cell->spec.recorder = matrix->settings->recorder;
    enum mp_status status = apply_terms(matrix, params, err);
    /* An arm may be a setting of the device. */
    for (int is_device = 1; is_device >= 0; is_device--)
        for (size_t i = 0; status == MP_OK && i < matrix->axis_count; i++)
            if ((matrix->axis[i].kind == MP_AXIS_DEVICE) == is_device)
                status = cell_apply(matrix, cell, params, &matrix->axis[i], err);
    if (status == MP_OK)
        status = cell_set_role(matrix, cell, params, err);
    if (status == MP_OK)
        status = cell_set_params(cell, params, err);
    if (status == MP_OK && matrix->is_program) {
        status = mp_program_cell_finish(cell, err);
        if (status != MP_OK)
            return mp_suite_error(matrix->section, matrix->section->line, status, err);
    }
    if (status == MP_OK)
        status = check_overlap(matrix, cell, params, err);
    if (status == MP_OK)
        status = check_promise(matrix, cell, err);
    if (status == MP_OK)
        status = cell_set_limits(matrix, cell, err);
    if (status != MP_OK)
        return status;
    cell_set_rounds(matrix, cell);
    cell_set_title(matrix, cell);
    mp_round_spec_cell_hash(&cell->spec, cell->hash);
    return MP_OK;
}

/* Steps to the next cell like the digits of a counter. */
static void step(struct mp_matrix *matrix) {
    for (size_t i = matrix->axis_count; i > 0; i--) {
        struct mp_matrix_axis *axis = &matrix->axis[i - 1];
        if (++axis->at < axis->word_count)
            return;
        axis->at = 0;
    }
    matrix->is_done = true;
}

bool mp_matrix_next(struct mp_matrix *matrix, struct mp_cell *ret_cell,
                    enum mp_status *ret_status, struct mp_error *err) {
    if (matrix->is_done)
        return false;
    enum mp_status status = cell_make(matrix, ret_cell, err);
    if (status != MP_OK) {
        *ret_status = status;
        return false;
    }
    step(matrix);
    return true;
}
