/* Numbers of rounds, crashes, signatures, reports and campaigns.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/numbers.h"

#include <string.h>

#include "harness/base/array.h"
#include "results/report/query.h"

static const struct {
    const char *what, *sql;
} QUERIES[] = {
    {"round",
     "SELECT id FROM round WHERE outcome <> 'pass' OR NOT EXISTS (SELECT 1 FROM round"
     " WHERE outcome <> 'pass') ORDER BY id DESC LIMIT ?1"},
    {"crash", "SELECT id FROM crash ORDER BY id DESC LIMIT ?1"},
    {"signature", "SELECT id FROM signature ORDER BY id DESC LIMIT ?1"},
    {"report", "SELECT id FROM os_report ORDER BY id DESC LIMIT ?1"},
    {"campaign", "SELECT id FROM campaign ORDER BY id DESC LIMIT ?1"},
};

enum mp_status mp_report_numbers(struct mp_store *store, const char *what,
                                 struct mp_strbuf *buf, struct mp_error *err) {
    struct mp_query query = {0};
    size_t i = 0;
    while (i < MP_COUNT(QUERIES) && strcmp(QUERIES[i].what, what) != 0)
        i++;
    if (i == MP_COUNT(QUERIES))
        return mp_error_set(err, MP_NOT_FOUND, "nothing called '%s' has numbers", what);
    mp_query_begin(&query, store);
    sqlite3_stmt *rows = mp_query_rows(&query, QUERIES[i].sql, MP_NUMBERS_MAX, 0);
    while (mp_query_next(&query, rows))
        mp_strbuf_addf(buf, "%lld\n", (long long)sqlite3_column_int64(rows, 0));
    enum mp_status status = mp_query_status(&query, err);
    mp_query_end(&query);
    return status;
}
