/* The cells of a campaign: device x scenario x parameters x arm, every value checked
 * against the catalog and written in full, before any round runs or any database is
 * created.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_PLAN_H
#define MP_CAMPAIGN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "results/store/cell.h"
#include "results/store/store.h"

#define MP_PLAN_CELLS_MAX      4096
#define MP_PLAN_WORDS_MAX      64
#define MP_PLAN_ROUNDS_MAX     INT64_C(1000000000)
#define MP_PLAN_ROUNDS_DEFAULT 20
#define MP_PLAN_KEEP_DEFAULT   20 /* rounds of each kind that keep their detail */
#define MP_PLAN_KEEP_MAX       1000000

/* How a round is observed, to see whether observing changes it; each follows the others
 * in a plan.
 */
enum mp_plan_look {
    MP_LOOK_TRACED,
    MP_LOOK_UNTRACED,
    MP_LOOK_NO_RECORDER,
    MP_LOOK_COUNT
};

struct mp_plan {
    struct mp_cell *cell;
    size_t cell_count;
    struct mp_retention retention; /* as the suite says, else the default */
    /* What the suite asks for only where its device is present (if_present), and why it
     * is not here, in words for a report; "" or NULL: nothing. Owned. */
    char *left_out;
};

/* Command line settings for all cells. A key of a section overrides them, except
 * `rounds`. */
struct mp_plan_settings {
    const char *const *device; /* none: mp_catalog_default_device */
    size_t device_count;
    const char *const *arm; /* none: "none" */
    size_t arm_count;
    bool drops_controls; /* the caller does, afterwards: they may be any */
    bool has_rounds;     /* overrides the rounds of every section; 0: unlimited */
    uint64_t rounds;
    /* of cells that nothing else limits; 0: MP_PLAN_ROUNDS_DEFAULT */
    uint64_t default_rounds;
    bool has_duration;   /* cells without their own rounds are unlimited */
    bool has_no_end;     /* the same, for another reason */
    uint64_t timeout_ns; /* 0: as the suite says, else 10 s */
    uint64_t silence_ns; /* 0: as the suite says, else no limit */
    bool recorder;
    bool by_look; /* each cell once per enum mp_plan_look, in turn, with the same seeds */
    const char *fix; /* library file of arm fix; NULL: as in the suite */
};

void mp_plan_release(struct mp_plan *plan);

/* Turns the plan into a comparison: cells that differ only in their arm become a
 * stratum and share the seeds of their rounds. */
void mp_plan_pair_arms(struct mp_plan *plan);
/* Removes all control cells. */
void mp_plan_keep_subjects(struct mp_plan *plan);

/* Rounds of all cells, 0 if one is unlimited. */
uint64_t mp_plan_rounds(const struct mp_plan *plan);

#endif
