/* The sections of run --legality.
 *
 * The rule: one thread at a time may use a command buffer and its encoder (Apple's Metal
 * Programming Guide, command submission). A cell breaks it where threads share a stream
 * and a synchronize beside the queue ends what another thread encodes. The twin has the
 * same work and keeps the rule.
 *
 * The validated cells run under arm metal_validation, are controls and enter no rate: the
 * layer must object to the cell, or it has no power, and must be silent on the twin, or
 * this client is at fault.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/legality.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/log.h"
#include "harness/base/strbuf.h"

#define ARM "metal_validation"

/* What one section becomes. */
struct variant {
    const char *label;
    bool is_twin, is_validated;
    const char *role;
};

static const struct variant variants[] = {
    {"as it is", false, false, NULL},
    {"lawful twin", true, false, NULL},
    {"validated", false, true, "positive_control"},
    {"lawful twin, validated", true, true, "negative_control"},
};

/* Whether `word` is one of `list`, separated by spaces. */
static bool has_word(const char *list, const char *word) {
    size_t len = strlen(word);
    for (const char *at = list; at != NULL && (at = strstr(at, word)) != NULL; at += len)
        if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
            return true;
    return false;
}

static bool has_row(const struct mp_option *rows, const char *name) {
    for (; rows->name != NULL; rows++)
        if (strcmp(rows->name, name) == 0)
            return true;
    return false;
}

/* The value that `name` has in the section, by default that of the scenario. */
static const char *value_of(const struct mp_suite_section *section,
                            const struct mp_catalog_item *scenario, const char *name) {
    const struct mp_suite_key *key = mp_suite_key(section, name);
    if (key != NULL)
        return key->value;
    for (const struct mp_option *row = scenario->rows; row->name != NULL; row++)
        if (strcmp(row->name, name) == 0)
            return row->fallback;
    return "";
}

static enum mp_status check_options(const struct mp_args *args, struct mp_error *err) {
    static const char *const others[] = {"suite", "arm",        "fix",   "until",
                                         "night", "round-seed", "replay"};
    for (size_t i = 0; i < MP_COUNT(others); i++)
        if (mp_args_is_set(args, others[i]))
            return mp_error_set(err, MP_USAGE,
                                "--legality and --%s cannot be combined: legality is "
                                "about the failures of one scenario",
                                others[i]);
    return MP_OK;
}

/* Whether the one device has a validation layer. */
static enum mp_status find_layer(const struct mp_campaign_job *job, bool *ret_has_layer,
                                 struct mp_error *err) {
    const char *given[2] = {NULL};
    const struct mp_catalog_item *item = NULL;
    char text[MP_SPEC_DEVICE_MAX], full[MP_SPEC_DEVICE_MAX];
    size_t count = mp_args_texts(job->args, "device", given, 2);
    if (count > 1)
        return mp_error_set(err, MP_USAGE, "--legality takes one device");
    if (count == 0)
        item = mp_catalog_default_device(&job->catalog);
    snprintf(text, sizeof(text), "%s", count > 0 ? given[0] : item ? item->name : "");
    enum mp_status status = mp_catalog_device(&job->catalog, text, full, &item, err);
    if (status != MP_OK)
        return status;
    *ret_has_layer = has_word(item->finders, ARM);
    if (!*ret_has_layer)
        mp_log(MP_LOG_WARN,
               "no validation layer is known for device %s: the cell and its twin run "
               "without one",
               item->name);
    return MP_OK;
}

/* Adds one variant of a section as the text of a suite file. */
static void write_variant(const struct mp_suite_section *section,
                          const struct variant *variant, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "[%s: %s]\n", section->scenario, variant->label);
    for (size_t i = 0; i < section->key_count; i++) {
        const char *name = section->key[i].name;
        bool is_replaced =
            variant->is_twin &&
            (!strcmp(name, "share") || !strcmp(name, "sync") || !strcmp(name, "q"));
        if (!is_replaced)
            mp_strbuf_addf(buf, "%s = %s\n", name, section->key[i].value);
    }
    if (variant->is_twin)
        mp_strbuf_addf(buf, "share = thread\nsync = on_queue\nq = 0\n");
    if (variant->role != NULL)
        mp_strbuf_addf(buf, "role = %s\n", variant->role);
    if (variant->is_validated)
        mp_strbuf_addf(buf, "arm = " ARM "\n");
}

static enum mp_status check_section(const struct mp_campaign_job *job,
                                    const struct mp_suite_section *section,
                                    struct mp_error *err) {
    static const char *const reserved[] = {"role", "arm", "device"};
    const struct mp_catalog_item *scenario =
        mp_catalog_find(&job->catalog, MP_CATALOG_SCENARIO, section->scenario, err);
    if (scenario == NULL)
        return mp_suite_error(section, section->line, MP_NOT_FOUND, err);
    for (size_t i = 0; i < MP_COUNT(reserved); i++)
        if (mp_suite_key(section, reserved[i]) != NULL)
            return mp_error_set(
                err, MP_USAGE, "--legality chooses %s itself: leave it out", reserved[i]);
    if (!has_row(scenario->rows, "share") ||
        strcmp(value_of(section, scenario, "share"), "all") != 0 ||
        strcmp(value_of(section, scenario, "sync"), "off_queue") != 0)
        return mp_error_set(err, MP_USAGE,
                            "%s keeps the rules already: its threads do not share an "
                            "encoder beside the queue (share=all, sync=off_queue), so "
                            "it has no lawful twin",
                            section->scenario);
    return MP_OK;
}

enum mp_status mp_legality_expand(struct mp_campaign_job *job, struct mp_error *err) {
    bool has_layer = false;
    struct mp_strbuf text;
    job->code = MP_CODE_USAGE;
    mp_strbuf_init(&text);
    enum mp_status status = check_options(job->args, err);
    if (status == MP_OK)
        status = find_layer(job, &has_layer, err);
    for (size_t i = 0; status == MP_OK && i < job->suite.section_count; i++) {
        const struct mp_suite_section *section = &job->suite.section[i];
        status = check_section(job, section, err);
        for (size_t k = 0; status == MP_OK && k < MP_COUNT(variants); k++)
            if (has_layer || !variants[k].is_validated)
                write_variant(section, &variants[k], &text);
    }
    if (status == MP_OK) {
        mp_suite_release(&job->suite);
        mp_suite_init(&job->suite);
        status = mp_suite_parse(&job->suite, text.text, text.len, "--legality", err);
    }
    mp_strbuf_release(&text);
    return status;
}
