/* Counts rounds for the portfolio and asks it. What a round without verdict took counts
 * too: a way that brings none must not look cheap.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/hunt.h"

#include <string.h>

#include "harness/base/clock.h"
#include "harness/wire/wanted.h"

void mp_hunt_init(struct mp_hunt *hunt, size_t ways, const char *wanted, uint64_t seed,
                  uint64_t limit) {
    memset(hunt, 0, sizeof(*hunt));
    hunt->wanted = wanted;
    hunt->seed = seed;
    hunt->limit = limit;
    hunt->ways = ways;
}

static void count(struct mp_hunt *hunt, size_t way, double seconds, bool is_wanted) {
    hunt->way[way].rounds++;
    hunt->way[way].seconds += seconds;
    hunt->way[way].failures += is_wanted;
}

void mp_hunt_restore(struct mp_hunt *hunt, size_t way,
                     const struct mp_portfolio_way *recorded) {
    hunt->way[way] = *recorded;
    hunt->begun[way] = recorded->rounds;
    hunt->begun_all += recorded->rounds;
}

/* Rounds in flight count as begun, and take as long as the others did. */
static void foresee(const struct mp_hunt *hunt,
                    struct mp_portfolio_way way[MP_HUNT_WAYS_MAX]) {
    double seconds = 0, rounds = 0;
    for (size_t i = 0; i < hunt->ways; i++) {
        seconds += hunt->way[i].seconds;
        rounds += (double)hunt->way[i].rounds;
    }
    double usual = rounds > 0 && seconds > 0 ? seconds / rounds : 1;
    for (size_t i = 0; i < hunt->ways; i++) {
        way[i] = hunt->way[i];
        way[i].seconds += (double)(hunt->begun[i] - hunt->way[i].rounds) * usual;
        way[i].rounds = hunt->begun[i];
    }
}

bool mp_hunt_choose(void *arg, size_t *ret_cell) {
    struct mp_hunt *hunt = arg;
    struct mp_portfolio_way way[MP_HUNT_WAYS_MAX];
    if (hunt->begun_all >= hunt->limit)
        return false;
    foresee(hunt, way);
    *ret_cell = mp_portfolio_choose(way, hunt->ways, hunt->seed, hunt->begun_all);
    hunt->begun[*ret_cell]++;
    hunt->begun_all++;
    return true;
}

bool mp_hunt_is_decided(void *arg, const struct mp_ended *ended) {
    struct mp_hunt *hunt = arg;
    double doubt = 1;
    count(hunt, ended->cell_index, (double)ended->wall_ns / MP_CLOCK_NS_PER_S,
          ended->is_wanted);
    size_t leader = mp_portfolio_leader(hunt->way, hunt->ways, &doubt);
    return hunt->way[leader].failures >= MP_HUNT_FAILURES && doubt <= MP_HUNT_DOUBT;
}

bool mp_hunt_is_wanted(void *arg, const struct mp_campaign_event *event) {
    const struct mp_hunt *hunt = arg;
    bool has_signature = event->signature != NULL;
    return mp_outcome_class(event->outcome) == MP_CLASS_FAILURE &&
           mp_wanted(hunt->wanted, has_signature ? event->signature->key : NULL,
                     has_signature ? event->signature->title : NULL);
}
