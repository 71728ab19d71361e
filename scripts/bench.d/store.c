/* What the store costs, small and large: fills a database, times the recording of rounds.
 * Part of scripts/bench; no test.
 *
 *   bench_store pass FILE ROUNDS  adds a campaign of passing rounds; prints ns a round
 *   bench_store fail FILE ROUNDS  the same with rounds that failed
 *   bench_store size FILE         prints the bytes of the file a round
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/clock.h"
#include "results/store/store.h"

#define CELLS 12

static void check(enum mp_status status, const struct mp_error *err) {
    if (status != MP_OK) {
        fprintf(stderr, "bench_store: %s\n", err->text);
        exit(6);
    }
}

static int64_t query(sqlite3 *db, const char *sql) {
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK) {
        fprintf(stderr, "bench_store: %s: %s\n", sql, sqlite3_errmsg(db));
        exit(6);
    }
    int64_t value = sqlite3_step(stmt) == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
    sqlite3_finalize(stmt);
    return value;
}

/* A campaign with its cells, as `mpstress run` makes them. */
static int64_t begin(struct mp_store *store, int64_t ret_cells[CELLS]) {
    struct mp_error err;
    struct mp_environment env = {
        .os = "Debian 12", .cpu = "a processor", .facts = "cores=2"};
    struct mp_campaign_row campaign = {.argv = "bench", .version = "0", .seed = 1};
    int64_t id = 0;
    check(mp_store_environment(store, &env, &campaign.environment_id, &err), &err);
    check(mp_store_campaign_begin(store, &campaign, &id, &err), &err);
    for (int i = 0; i < CELLS; i++) {
        char threads[8];
        struct mp_round_spec spec;
        mp_round_spec_init(&spec);
        snprintf(spec.device, sizeof(spec.device), "metal@model:reader=U");
        snprintf(spec.scenario, sizeof(spec.scenario), "mm");
        snprintf(spec.arm, sizeof(spec.arm), "%s", i % 2 == 0 ? "none" : "serial");
        snprintf(threads, sizeof(threads), "%d", i / 2 + 1);
        check(mp_round_spec_set_param(&spec, "threads", threads, &err), &err);
        check(mp_store_cell(store, id, &spec, MP_ROLE_SUBJECT, &ret_cells[i], &err),
              &err);
    }
    return id;
}

/* Rounds, their cells in turn. */
static void record(struct mp_store *store, int64_t campaign_id,
                   const int64_t cells[CELLS], enum mp_outcome outcome, uint64_t count) {
    struct mp_page_summary page = {.phase = MP_PHASE_DONE,
                                   .overlap_max = 4,
                                   .threads_started = 8,
                                   .ops_planned = 400,
                                   .ops_started = 400,
                                   .ops_done = 400,
                                   .ops_device = 400,
                                   .driver = {.name = "metal@model", .path = "mpmodel"}};
    struct mp_exit exit = {.kind = MP_EXIT_CODE};
    struct mp_round_row row = {.campaign_id = campaign_id,
                               .outcome = outcome,
                               .detail = "400 ops ran and were correct",
                               .page = &page,
                               .exit = &exit,
                               .trace = MP_TRACE_ON,
                               .load = 0.37841796875,
                               .stderr_text = "a line\n",
                               .spec_text = "mpstress-spec 1\n"};
    for (uint64_t i = 0; i < count; i++) {
        struct mp_error err;
        int64_t id = 0;
        row.cell_id = cells[i % CELLS];
        row.seq = i + 1;
        row.seed = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
        row.started_wall_ns = UINT64_C(1790000000000000000) + i * 3000000;
        row.wall_ns = 2500000 + i % 997;
        row.pid = (int64_t)(1000 + i % 32000);
        page.run_ns = 1500000 + i % 991;
        check(mp_store_round(store, &row, NULL, NULL, &id, &err), &err);
    }
}

/* Adds a campaign; nanoseconds a round. */
static uint64_t time_rounds(struct mp_store *store, enum mp_outcome outcome,
                            uint64_t count) {
    struct mp_error err;
    int64_t cells[CELLS];
    int64_t id = begin(store, cells);
    uint64_t start_ns = mp_clock_now_ns();
    record(store, id, cells, outcome, count);
    uint64_t wall_ns = mp_clock_now_ns() - start_ns;
    check(mp_store_campaign_end(store, id, "complete", 0, &err), &err);
    return count == 0 ? 0 : wall_ns / count;
}

int main(int argc, char **argv) {
    struct mp_store *store = NULL;
    struct mp_error err;
    if (argc < 3 || argc > 4) {
        fputs("usage: bench_store pass|fail FILE ROUNDS | size FILE\n", stderr);
        return 2;
    }
    check(mp_store_open(argv[2], MP_STORE_WRITE, &store, &err), &err);
    if (argc == 3) {
        sqlite3 *db = mp_store_handle(store);
        printf("%lld\n",
               (long long)query(
                   db, "SELECT page_count * page_size / (SELECT count(*) FROM round)"
                       " FROM pragma_page_count, pragma_page_size"));
    } else {
        bool is_failing = strcmp(argv[1], "fail") == 0;
        printf("%llu\n", (unsigned long long)time_rounds(
                             store, is_failing ? MP_OUTCOME_MISMATCH : MP_OUTCOME_PASS,
                             strtoull(argv[3], NULL, 10)));
    }
    mp_store_close(store);
    return 0;
}
