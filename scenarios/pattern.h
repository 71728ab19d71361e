/* How the threads of a round go about their turns beside each other: freely, together,
 * one after the other at first, or as threads that come and go.
 *
 * A turn has two steps, begin and finish; after begin its work may be left in an open
 * encoder.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_PATTERN_H
#define MP_SCENARIOS_PATTERN_H

#include <stdint.h>

#include "harness/round/scenario.h"

struct mp_pattern;

typedef enum mp_status mp_pattern_step(const struct mp_scenario_run *run,
                                       struct mp_worker *worker, uint64_t turn,
                                       struct mp_error *err);

/* The pattern that parameter `pattern` names (scenarios/params.h), or, where a scenario
 * has none, the free one. MP_UNSUPPORTED: threads would wait for one that the pool
 * refuses. The caller owns *ret_pattern. */
enum mp_status mp_pattern_create(const struct mp_scenario_run *run,
                                 struct mp_pattern **ret_pattern, struct mp_error *err);
/* No thread is in mp_pattern_run any more. NULL is fine. */
void mp_pattern_destroy(struct mp_pattern *pattern);

/* Does turns 0 .. turns - 1 of a worker, or, freely, of the main thread. An error, which
 * is returned, ends them; the other workers do not wait for this one then. */
enum mp_status mp_pattern_run(struct mp_pattern *pattern,
                              const struct mp_scenario_run *run, struct mp_worker *worker,
                              uint64_t turns, mp_pattern_step *begin,
                              mp_pattern_step *finish, struct mp_error *err);

#endif
