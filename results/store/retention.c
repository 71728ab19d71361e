/* Which rounds keep their detail. Ten thousand crashes of one kind say no more than the
 * first few and the newest few: the others keep their rows, so they are counted, but lose
 * stacks, calls, spec and stderr.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/array.h"
#include "results/store/database.h"

static int drop(struct mp_store *store, int64_t round_id) {
    static const enum mp_statement_id statements[] = {
        MP_SQL_DROP_FRAMES, MP_SQL_DROP_THREADS, MP_SQL_DROP_MODULES,
        MP_SQL_DROP_EVENTS, MP_SQL_DROP_TEXT,
    };
    int code = SQLITE_OK;
    for (size_t i = 0; i < MP_COUNT(statements) && code == SQLITE_OK; i++) {
        struct mp_statement delete = mp_statement_start(store, statements[i]);
        mp_bind_integer(&delete, "round_id", round_id);
        code = mp_statement_run(&delete);
    }
    return code;
}

int mp_database_retain(struct mp_store *store, const struct mp_round_row *row,
                       int64_t round_id) {
    int64_t too_old = 0;
    struct mp_statement add = mp_statement_start(store, MP_SQL_ADD_RETENTION);
    mp_bind_integer(&add, "campaign_id", row->campaign_id);
    mp_bind_integer(&add, "round_id", round_id);
    mp_bind_text(&add, "outcome", mp_outcome_name(row->outcome));
    int code = mp_statement_run(&add);
    if (code == SQLITE_OK) {
        struct mp_statement find = mp_statement_start(store, MP_SQL_DROP_RETENTION);
        mp_bind_integer(&find, "round_id", round_id);
        mp_bind_integer(&find, "newest", row->retention->newest);
        mp_bind_integer(&find, "first", row->retention->first);
        code = mp_statement_query(&find, &too_old, 1);
    }
    if (code == SQLITE_OK)
        code = drop(store, too_old);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}
