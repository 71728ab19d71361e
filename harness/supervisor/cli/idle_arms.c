/* Whether arms change anything.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/idle_arms.h"

#include <stdio.h>
#include <string.h>

#include "harness/base/log.h"
#include "harness/base/text.h"

/* Whether the device's text says NAME=VALUE of `assignment`, whose length is `len`. */
static bool has_setting(const char *device, const char *assignment, size_t len) {
    const char *at = strchr(device, ':');
    while (at != NULL) {
        size_t size = strcspn(++at, ",");
        if (size == len && memcmp(at, assignment, len) == 0)
            return true;
        at = strchr(at, ',');
    }
    return false;
}

/* Whether what the arm sets is set in `device` already. `whole` is the device with the
 * settings of the arm alone, each in its one form. */
static bool sets_the_same(const char *arm, const char *whole, const char *device) {
    for (const char *at = arm; *at != '\0'; at += strcspn(at, ",")) {
        at += *at == ',';
        size_t name_len = strcspn(at, "=,");
        const char *own = strchr(whole, ':');
        while (own != NULL &&
               (strncmp(own + 1, at, name_len) != 0 || own[1 + name_len] != '='))
            own = strchr(own + 1, ',');
        if (own == NULL || !has_setting(device, own + 1, strcspn(own + 1, ",")))
            return false;
    }
    return true;
}

static bool is_idle_set(const struct mp_cell *cell, const struct mp_catalog *catalog) {
    char text[MP_SPEC_DEVICE_MAX + MP_SPEC_ARM_MAX], whole[MP_SPEC_DEVICE_MAX];
    const struct mp_catalog_item *item = NULL;
    struct mp_error err;
    if (strncmp(cell->spec.arm, "set:", 4) != 0)
        return false;
    snprintf(text, sizeof(text), "%.*s:%s", (int)strcspn(cell->spec.device, ":"),
             cell->spec.device, cell->spec.arm + 4);
    return mp_catalog_device(catalog, text, whole, &item, &err) == MP_OK &&
           sets_the_same(cell->spec.arm + 4, whole, cell->spec.device);
}

/* The same but for the arm. */
static bool are_twins(const struct mp_cell *a, const struct mp_cell *b) {
    bool are_same = strcmp(a->spec.device, b->spec.device) == 0 &&
                    strcmp(a->spec.scenario, b->spec.scenario) == 0 &&
                    a->spec.param_count == b->spec.param_count;
    for (size_t i = 0; are_same && i < a->spec.param_count; i++)
        are_same = strcmp(a->spec.param[i].name, b->spec.param[i].name) == 0 &&
                   strcmp(a->spec.param[i].value, b->spec.param[i].value) == 0;
    return are_same;
}

static enum mp_status check_set(const struct mp_plan *plan, const struct mp_cell *cell,
                                struct mp_error *err) {
    bool is_alone = true;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct mp_cell *other = &plan->cell[i];
        if (other == cell || !are_twins(cell, other))
            continue;
        is_alone = false;
        if (strcmp(other->spec.arm, "none") == 0)
            return mp_error_set(err, MP_USAGE,
                                "arm %s sets what device %s has anyway: beside arm none "
                                "it would be the same once more; leave it out, or set "
                                "another value",
                                cell->spec.arm, cell->spec.device);
    }
    if (is_alone)
        mp_log(MP_LOG_WARN, "arm %s sets what device %s has anyway: it changes nothing",
               cell->spec.arm, cell->spec.device);
    return MP_OK;
}

/* One thread cannot be divided. */
static bool is_undivided(const struct mp_cell *cell) {
    bool spawns = strncmp(cell->spec.arm, "processes=", 10) == 0 &&
                  strcmp(cell->spec.arm + 10, "1") != 0;
    for (size_t i = 0; spawns && i < cell->spec.param_count; i++)
        if (strcmp(cell->spec.param[i].name, "threads") == 0)
            return strcmp(cell->spec.param[i].value, "1") == 0;
    return false;
}

static void say_undivided(const struct mp_plan *plan) {
    const struct mp_cell *first = NULL;
    size_t count = 0;
    for (size_t i = 0; i < plan->cell_count; i++) {
        if (!is_undivided(&plan->cell[i]))
            continue;
        first = first == NULL ? &plan->cell[i] : first;
        count++;
    }
    if (count > 0)
        mp_log(MP_LOG_WARN,
               "arm %s of %s has 1 thread to divide, so it is 1 process (%zu %s such)",
               first->spec.arm, first->spec.scenario, count,
               mp_plural(count, "cell is", "cells are"));
}

enum mp_status mp_idle_arms_check(const struct mp_plan *plan,
                                  const struct mp_catalog *catalog,
                                  struct mp_error *err) {
    enum mp_status status = MP_OK;
    for (size_t i = 0; status == MP_OK && i < plan->cell_count; i++)
        if (is_idle_set(&plan->cell[i], catalog))
            status = check_set(plan, &plan->cell[i], err);
    if (status == MP_OK)
        say_undivided(plan);
    return status;
}
