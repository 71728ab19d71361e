/* A campaign that looks for a failure: gives its rounds to the cells of its plan that
 * bring most failures per second. The first cell is the plain one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_HUNT_H
#define MP_CAMPAIGN_HUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/supervisor/campaign/loop.h"
#include "results/stats/portfolio.h"

#define MP_HUNT_WAYS_MAX 16

/* The search ends early once the leader has so many failures and this little doubt. */
#define MP_HUNT_FAILURES 10
#define MP_HUNT_DOUBT    0.05

struct mp_hunt {
    const char *wanted; /* as in mp_wanted; borrowed */
    uint64_t seed;
    uint64_t limit;                                /* rounds */
    size_t ways;                                   /* cells of the plan */
    struct mp_portfolio_way way[MP_HUNT_WAYS_MAX]; /* rounds that ended */
    uint64_t begun[MP_HUNT_WAYS_MAX], begun_all;
};

void mp_hunt_init(struct mp_hunt *hunt, size_t ways, const char *wanted, uint64_t seed,
                  uint64_t limit);
/* What a way was recorded with before the campaign was interrupted. */
void mp_hunt_restore(struct mp_hunt *hunt, size_t way,
                     const struct mp_portfolio_way *recorded);

/* As in mp_campaign_config; `arg` is the hunt. */
bool mp_hunt_choose(void *arg, size_t *ret_cell);
bool mp_hunt_is_decided(void *arg, const struct mp_ended *ended);
bool mp_hunt_is_wanted(void *arg, const struct mp_campaign_event *event);

#endif
