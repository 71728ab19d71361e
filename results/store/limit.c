/* The limits that stand beside the counts of each cell; see cell_limit in schema.sql.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/binomial.h"
#include "results/store/database.h"

#define ALPHA 0.05

int mp_database_set_limits(struct mp_statement *count, int64_t cell_id) {
    struct mp_store *store = count->store;
    int64_t now[2] = {0, 0};
    int code = mp_statement_query(count, now, 2);
    if (code != SQLITE_OK)
        return code == SQLITE_DONE ? SQLITE_CONSTRAINT_FOREIGNKEY : code;
    struct mp_interval limits =
        mp_binomial_clopper_pearson((uint64_t)now[0], (uint64_t)now[1], ALPHA);
    struct mp_statement set = mp_statement_start(store, MP_SQL_SET_LIMIT);
    mp_bind_real(&set, "low", limits.low);
    mp_bind_real(&set, "high", limits.high);
    mp_bind_integer(&set, "cell_id", cell_id);
    return mp_statement_run(&set);
}
