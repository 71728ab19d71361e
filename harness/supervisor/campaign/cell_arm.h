/* The arm of a cell: from the word of a suite or the command line to what the cell's
 * rounds get.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_CELL_ARM_H
#define MP_CAMPAIGN_CELL_ARM_H

#include "harness/supervisor/campaign/plan.h"
#include "harness/supervisor/process/library.h"
#include "harness/wire/catalog.h"

/* From where the arms of a section come. Borrows all but `library`, also the words. */
struct mp_arm_source {
    const struct mp_catalog *catalog;
    const char *scenario;
    bool is_program; /* the scenario of users' programs */
    const char *fix; /* the library file of arm "fix"; NULL: none is named */
    /* The one that was read last, and by which name; "": none yet. */
    struct mp_library library;
    char read[MP_SPEC_FIX_MAX];
};

/* Gives the cell, whose device is known, the arm called `word`: "serial", "semaphore=2",
 * "env:NAME=VALUE", "set:NAME=VALUE", "fix", "fix=FILE", "fix_encoder", each of the last
 * with ":NAME=VALUE ..." where the library reads variables. A library is read and becomes
 * the value of the arm, and so do variables of our environment that it reads: another
 * build, or another setting, is another cell. */
enum mp_status mp_cell_set_arm(struct mp_arm_source *source, struct mp_cell *cell,
                               const char *word, struct mp_error *err);

/* Whether a cell's arm is the one called `word`: "semaphore=02" is semaphore=2. False for
 * a library that an arm injects, which is known by its file. */
bool mp_cell_arm_is(const struct mp_catalog *catalog, const struct mp_cell *cell,
                    const char *word);

#endif
