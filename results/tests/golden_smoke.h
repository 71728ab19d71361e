/* The campaign with something of everything in it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_RESULTS_GOLDEN_SMOKE_H
#define MP_RESULTS_GOLDEN_SMOKE_H

#include "results/tests/golden_rounds.h"

/* Number 1. */
void golden_add_smoke(struct golden *golden);

#endif
