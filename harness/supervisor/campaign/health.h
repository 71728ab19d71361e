/* Whether the devices of a campaign are healthy. After a round that ended badly on a real
 * driver a known-good round, the canary, must pass; until it does, nothing that happens
 * on that device is a finding. Pure: starts nothing, stores nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_HEALTH_H
#define MP_CAMPAIGN_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/base/status.h"
#include "harness/supervisor/campaign/judgement.h"
#include "harness/supervisor/campaign/plan.h"
#include "harness/wire/catalog.h"

/* Canaries failing in a row that end the run. */
#define MP_HEALTH_LIMIT_DEFAULT 10

enum mp_health_mode {
    MP_HEALTH_AUTO, /* real drivers only: others start fresh in every round */
    MP_HEALTH_ON,   /* every device */
    MP_HEALTH_OFF
};

struct mp_health;

/* The devices of `plan`, all healthy at first. Release with mp_health_release. */
enum mp_status mp_health_make(const struct mp_plan *plan,
                              const struct mp_catalog *catalog, enum mp_health_mode mode,
                              unsigned limit, struct mp_health **ret_health,
                              struct mp_error *err);
void mp_health_release(struct mp_health *health);

/* True while the health of the device of `cell` is unknown: a round of it that ends
 * now is judged after the canary. */
bool mp_health_is_suspect(const struct mp_health *health, size_t cell);
/* A round of a device known to be unhealthy loses its verdict, and its detail says so;
 * a bad end makes the device suspect. `seq` is the number of the round. */
void mp_health_judge(struct mp_health *health, size_t cell, uint64_t seq,
                     struct mp_judgement *judgement);
/* The canary that is due, to be run alone; NULL if none. `ret_after` is the round that
 * required it. Borrowed. */
const struct mp_round_spec *mp_health_due(const struct mp_health *health,
                                          uint64_t *ret_after);
/* Reports how the canary ended. True if the device is now known to be healthy. */
bool mp_health_take(struct mp_health *health, enum mp_outcome outcome);
/* True if a device failed too many canaries in a row for the run to continue. */
bool mp_health_has_failed(const struct mp_health *health);

#endif
