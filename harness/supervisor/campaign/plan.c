/* What is asked of a plan, and done to it, once it is made.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/plan.h"

#include <stdlib.h>
#include <string.h>

void mp_plan_release(struct mp_plan *plan) {
    free(plan->cell);
    free(plan->left_out);
    memset(plan, 0, sizeof(*plan));
}

void mp_plan_pair_arms(struct mp_plan *plan) {
    for (size_t i = 0; i < plan->cell_count; i++) {
        struct mp_cell *cell = &plan->cell[i];
        struct mp_round_spec spec = cell->spec;
        spec.arm[0] = '\0';
        mp_round_spec_cell_hash(&spec, cell->seed_hash);
        cell->stratum = 0;
        while (strcmp(plan->cell[cell->stratum].seed_hash, cell->seed_hash) != 0)
            cell->stratum++;
    }
}

void mp_plan_keep_subjects(struct mp_plan *plan) {
    size_t kept = 0;
    for (size_t i = 0; i < plan->cell_count; i++) {
        if (plan->cell[i].role == MP_ROLE_SUBJECT) {
            plan->cell[kept] = plan->cell[i];
            plan->cell[kept].stratum = kept;
            kept++;
        }
    }
    plan->cell_count = kept;
}

uint64_t mp_plan_rounds(const struct mp_plan *plan) {
    uint64_t total = 0;
    for (size_t i = 0; i < plan->cell_count; i++) {
        if (plan->cell[i].rounds == 0)
            return 0;
        total += plan->cell[i].rounds;
    }
    return total;
}
