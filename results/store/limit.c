/* The limits that stand beside the counts of each cell; see cell_limit in schema.sql.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/binomial.h"
#include "results/store/database.h"

#define ALPHA 0.05

int mp_database_put_limits(struct mp_store *store, int64_t cell_id, uint64_t failures,
                           uint64_t rounds) {
    struct mp_interval limits = {.low = 0.0, .high = 1.0};
    if (rounds > 0)
        limits = mp_binomial_clopper_pearson(failures, rounds, ALPHA);
    struct mp_statement put = mp_statement_start(store, MP_SQL_PUT_LIMIT);
    mp_bind_integer(&put, "cell_id", cell_id);
    mp_bind_count(&put, "failures", failures);
    mp_bind_count(&put, "rounds", rounds);
    mp_bind_real(&put, "low", limits.low);
    mp_bind_real(&put, "high", limits.high);
    return mp_statement_run(&put);
}

int mp_database_update_limits(struct mp_statement *count, int64_t cell_id) {
    int64_t now[2] = {0, 0};
    int code = mp_statement_query(count, now, 2);
    if (code != SQLITE_OK)
        return code == SQLITE_DONE ? SQLITE_CONSTRAINT_FOREIGNKEY : code;
    return mp_database_put_limits(count->store, cell_id, (uint64_t)now[0],
                                  (uint64_t)now[1]);
}
