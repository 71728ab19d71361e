/* Reading and describing the settings.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/settings.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 2048

static const struct mp_settings defaults = {
    .reader = MP_READER_UNLOCKED, .freelist = 8, .executors = 2};

struct row {
    const char *name, *fallback, *allowed;
    /* Sets the value. False: `value` is not allowed. */
    bool (*set)(struct mp_settings *settings, const char *value);
};

/* Index of `word` in "a|b|c", or -1. */
static int choice_find(const char *choices, const char *word, size_t len) {
    int index = 0, found = -1;
    for (const char *at = choices; *at && found < 0; index++) {
        size_t size = strcspn(at, "|");
        if (size == len && !memcmp(at, word, len))
            found = index;
        at += size + (at[size] == '|');
    }
    return found;
}

static bool parse_number(const char *value, unsigned min, unsigned max,
                         unsigned *ret_number) {
    size_t len = strlen(value);
    unsigned number = (unsigned)strtoul(value, NULL, 10);
    bool good = len > 0 && len <= 3 && strspn(value, "0123456789") == len &&
                number >= min && number <= max;
    if (good)
        *ret_number = number;
    return good;
}

static const char defects[] =
#define MP_DEFECT(id, name, every, plants, finder, basis) "|" name
#include "repro/model/defect.def"
#undef MP_DEFECT
    ;
#define DEFECTS  (&defects[1])
#define READERS  "U|L|S|P"
#define ORDERS   "original|patched"
#define LATES    "start|hold"
#define ENDS     "keep|destroy"
#define COMMITS  "locked|unlocked"
#define SWITCHES "on|off"

static bool set_defects(struct mp_settings *settings, const char *value) {
    bool good = *value != '\0', chosen[MP_DEFECT_COUNT] = {false};
    if (!strcmp(value, "none"))
        value = "";
    for (const char *at = value; *at && good;) {
        size_t len = strcspn(at, "+");
        int defect = choice_find(DEFECTS, at, len);
        good = defect >= 0 && (at[len] != '+' || at[len + 1]);
        if (good)
            chosen[defect] = true;
        at += len + (at[len] == '+');
    }
    if (good)
        memcpy(settings->defect, chosen, sizeof(chosen));
    return good;
}

static bool set_reader(struct mp_settings *settings, const char *value) {
    int reader = choice_find(READERS, value, strlen(value));
    if (reader >= 0)
        settings->reader = (enum mp_reader)reader;
    return reader >= 0;
}

static bool set_order(struct mp_settings *settings, const char *value) {
    int order = choice_find(ORDERS, value, strlen(value));
    settings->patched_order = order == 1;
    return order >= 0;
}

static bool set_freelist(struct mp_settings *settings, const char *value) {
    return parse_number(value, 0, 64, &settings->freelist);
}

static bool set_executors(struct mp_settings *settings, const char *value) {
    return parse_number(value, 1, 8, &settings->executors);
}

static bool set_rendezvous(struct mp_settings *settings, const char *value) {
    int choice = choice_find(SWITCHES, value, strlen(value));
    settings->rendezvous = choice == 0;
    return choice >= 0;
}

static bool set_end(struct mp_settings *settings, const char *value) {
    int choice = choice_find(ENDS, value, strlen(value));
    settings->end_destroys = choice == 1;
    return choice >= 0;
}

static bool set_commit(struct mp_settings *settings, const char *value) {
    int choice = choice_find(COMMITS, value, strlen(value));
    settings->commit_is_unlocked = choice == 1;
    return choice >= 0;
}

static bool set_late(struct mp_settings *settings, const char *value) {
    int choice = choice_find(LATES, value, strlen(value));
    settings->late_is_held = choice == 1;
    return choice >= 0;
}

static bool set_validation(struct mp_settings *settings, const char *value) {
    int choice = choice_find(SWITCHES, value, strlen(value));
    settings->validation = choice == 0;
    return choice >= 0;
}

static bool set_scar(struct mp_settings *settings, const char *value) {
    snprintf(settings->scar, sizeof(settings->scar), "%s", value);
    return *value != '\0';
}

static const struct row rows[] = {
    {"defects", "none", DEFECTS, set_defects},
    {"reader", "U", READERS, set_reader},
    {"order", "original", ORDERS, set_order},
    {"freelist", "8", "0..64", set_freelist},
    {"executors", "2", "1..8", set_executors},
    {"rendezvous", "off", SWITCHES, set_rendezvous},
    {"late", "start", LATES, set_late},
    {"end", "keep", ENDS, set_end},
    {"commit", "locked", COMMITS, set_commit},
    {"scar", "", "FILE", set_scar},
    {"validation", "", SWITCHES, set_validation},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *refuse(const char *fmt, ...) {
    static _Thread_local char text[TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return text;
}

/* Reads one "name=value". A name alone switches on. */
static const char *parse_one(const char *item, struct mp_settings *settings) {
    char name[32], value[256];
    size_t name_len = strcspn(item, "=");
    const char *text = item[name_len] ? item + name_len + 1 : "on";
    snprintf(name, sizeof(name), "%.*s", (int)(name_len < 32 ? name_len : 31), item);
    snprintf(value, sizeof(value), "%s", text);
    const struct row *row = NULL;
    for (size_t i = 0; i < ROWS; i++)
        if (!strcmp(rows[i].name, name))
            row = &rows[i];
    if (!row)
        return refuse(
            "the model has no setting \"%.40s\"; it has defects, reader, order, "
            "freelist, executors, rendezvous, late, end, commit, scar, validation",
            name);
    if (!row->set(settings, value))
        return refuse("setting %s: \"%.80s\" is not allowed; allowed: %s%s", name, value,
                      row->allowed,
                      row->set == set_defects ? " joined by +, or none" : "");
    return NULL;
}

/* Any value of MTL_DEBUG_LAYER but 0 (manual page MetalValidation(1)). */
static bool layer_is_asked_for(void) {
    const char *value = getenv("MTL_DEBUG_LAYER");
    return value && *value && strcmp(value, "0") != 0;
}

const char *mp_settings_parse(const char *text, struct mp_settings *ret_settings) {
    struct mp_settings settings = defaults;
    const char *refusal = NULL;
    settings.validation = layer_is_asked_for();
    if (strlen(text) >= TEXT_MAX)
        return refuse("the settings are longer than %d bytes", TEXT_MAX - 1);
    for (const char *at = text; *at && !refusal;) {
        char item[TEXT_MAX];
        size_t len = strcspn(at, ",");
        memcpy(item, at, len);
        item[len] = '\0';
        refusal = parse_one(item, &settings);
        at += len + (at[len] == ',');
    }
    if (!refusal)
        *ret_settings = settings;
    return refusal;
}

const char *mp_settings_describe(void) {
    static _Thread_local char text[TEXT_MAX];
    size_t len = 0;
    for (size_t i = 0; i < ROWS; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\t%s\t%s\n",
                                rows[i].name, rows[i].fallback, rows[i].allowed);
    return text;
}
