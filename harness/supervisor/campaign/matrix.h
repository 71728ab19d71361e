/* The matrix spanned by one section of a suite: parameters, arms and devices with their
 * lists.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_MATRIX_H
#define MP_CAMPAIGN_MATRIX_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/option.h"
#include "harness/base/status.h"
#include "harness/supervisor/campaign/cell_arm.h"
#include "harness/supervisor/campaign/plan.h"
#include "harness/supervisor/campaign/suite.h"
#include "harness/wire/catalog.h"
#include "results/store/cell.h"

enum mp_axis_kind { MP_AXIS_PARAM, MP_AXIS_ARM, MP_AXIS_DEVICE };

/* One direction of the matrix. */
struct mp_matrix_axis {
    enum mp_axis_kind kind;
    const char *name;
    unsigned line;
    bool is_written; /* by the user, not by default: shown in titles */
    bool is_option;  /* from --arm or --device rather than the section */
    char *storage;
    const char *word[MP_PLAN_WORDS_MAX];
    size_t word_count;
    size_t at;
};

/* Borrows everything it was made from. */
struct mp_matrix {
    const struct mp_suite_section *section, *suite_header;
    const struct mp_plan_settings *settings;
    const struct mp_catalog *catalog;
    const struct mp_catalog_item *scenario;
    bool is_program; /* the scenario of users' programs */
    struct mp_option_values keys, header;
    struct mp_option_values params; /* of the cell that is made */
    struct mp_arm_source arms;
    struct mp_matrix_axis *axis;
    size_t axis_count;
    /* The absent device for whose sake the cell that was made is not to be run; NULL: it
     * is. */
    const struct mp_catalog_item *left_out;
    bool is_done;
};

/* Classifies the keys of `section` and checks their names. Must be released even after
 * a failure. */
enum mp_status mp_matrix_init(struct mp_matrix *matrix,
                              const struct mp_suite_section *section,
                              const struct mp_suite_section *header,
                              const struct mp_plan_settings *settings,
                              const struct mp_catalog *catalog, struct mp_error *err);
/* The next cell. False after the last, or with an error in `ret_status`; `ret_cell` then
 * holds nothing of use. */
bool mp_matrix_next(struct mp_matrix *matrix, struct mp_cell *ret_cell,
                    enum mp_status *ret_status, struct mp_error *err);
void mp_matrix_release(struct mp_matrix *matrix);

/* Which rounds keep their detail: as the suite says, else the default. */
struct mp_retention mp_matrix_retention(const struct mp_matrix *matrix);

/* The keys that a section may have besides parameters, for help and errors. */
const struct mp_option *mp_matrix_reserved_keys(void);

#endif
