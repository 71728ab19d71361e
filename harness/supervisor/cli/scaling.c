/* The sections of run --scaling.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/scaling.h"

#include <string.h>

#include "harness/base/array.h"

static bool is_list(const struct mp_suite_section *section, const char *name) {
    const struct mp_suite_key *key = mp_suite_key(section, name);
    return key != NULL && strchr(key->value, '|') != NULL;
}

/* What else runs, or what would be measured instead. */
static enum mp_status check_options(const struct mp_args *args, struct mp_error *err) {
    static const char *const others[] = {"legality", "night", "round-seed", "exec"};
    for (size_t i = 0; i < MP_COUNT(others); i++)
        if (mp_args_is_set(args, others[i]))
            return mp_error_set(err, MP_USAGE,
                                "--scaling and --%s cannot be combined: scaling measures "
                                "the speed of scenarios at several thread counts",
                                others[i]);
    if (mp_args_integer(args, "jobs", 1) > 1)
        return mp_error_set(err, MP_USAGE,
                            "--scaling needs --jobs 1: rounds that run side by side take "
                            "each other's time");
    return MP_OK;
}

static bool has_warm_up(const struct mp_catalog_item *scenario) {
    for (const struct mp_option *row = scenario->rows; row->name != NULL; row++)
        if (strcmp(row->name, "warm") == 0)
            return true;
    return false;
}

enum mp_status mp_scaling_prepare(struct mp_campaign_job *job, struct mp_error *err) {
    job->code = MP_CODE_USAGE;
    enum mp_status status = check_options(job->args, err);
    for (size_t i = 0; status == MP_OK && i < job->suite.section_count; i++) {
        struct mp_suite_section *section = &job->suite.section[i];
        const struct mp_catalog_item *scenario =
            mp_catalog_find(&job->catalog, MP_CATALOG_SCENARIO, section->scenario, err);
        if (scenario == NULL)
            return mp_suite_error(section, section->line, MP_NOT_FOUND, err);
        if (!is_list(section, "threads") && !is_list(section, "n"))
            return mp_error_set(err, MP_USAGE,
                                "--scaling: %s has nothing that grows: give a list of "
                                "thread counts, as in '%s:threads=1|2|4|8'",
                                section->scenario, section->scenario);
        if (has_warm_up(scenario) && mp_suite_key(section, "warm") == NULL)
            status = mp_suite_add_key(section, "warm", "on", err);
    }
    return status;
}
