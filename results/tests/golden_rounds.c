/* Made through the store like any other rounds; what it takes from clock, chance and
 * process is then written over.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/tests/golden_rounds.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/rng.h"
#include "results/stats/evidence.h"
#include "results/store/plan.h"
#include "results/store/request.h"
#include "results/tests/fixture.h"

#define FIRST_START_NS (UINT64_C(1790856000) * 1000000000) /* 2026-10-01, 12:00 */
#define DAY_NS         (UINT64_C(86400) * 1000000000)
#define ROUND_NS       UINT64_C(50000000) /* from the start of a round to that of the next */

void golden_check(enum mp_status status, const struct mp_error *err) {
    if (status != MP_OK) {
        fprintf(stderr, "golden_database: %s\n", err->text);
        exit(1);
    }
}

void golden_sql(struct golden *golden, const char *sql) {
    char *words = NULL;
    if (sqlite3_exec(mp_store_handle(golden->store), sql, NULL, NULL, &words) !=
        SQLITE_OK) {
        fprintf(stderr, "golden_database: %s: %s\n", sql, words);
        exit(1);
    }
}

void golden_environment(struct golden *golden, const char *os_build,
                        const char *driver_id) {
    struct mp_error err;
    struct mp_environment env = {.os = "Debian 12",
                                 .cpu = "a processor",
                                 .gpu = "model",
                                 .driver = "mpmodel",
                                 .facts = "cores=2\nhost=x\nmemory=4.5"};
    snprintf(env.os_build, sizeof(env.os_build), "%s", os_build);
    snprintf(env.driver_id, sizeof(env.driver_id), "%s", driver_id);
    golden_check(mp_store_environment(golden->store, &env, &golden->environment_id, &err),
                 &err);
}

void golden_open(struct golden *golden, const char *path) {
    struct mp_error err;
    memset(golden, 0, sizeof(*golden));
    golden_check(mp_store_open(path, MP_STORE_WRITE, &golden->store, &err), &err);
    golden_sql(golden,
               "PRAGMA synchronous = OFF"); /* nobody needs it after a loss of power */
    golden_environment(golden, "6.1.0", "abc123");
}

void golden_close(struct golden *golden) {
    char trigger[1024] = "";
    sqlite3_stmt *rows = NULL;
    sqlite3_prepare_v2(mp_store_handle(golden->store),
                       "SELECT sql FROM sqlite_master WHERE name = 'plan_stays'", -1,
                       &rows, NULL);
    if (sqlite3_step(rows) == SQLITE_ROW)
        snprintf(trigger, sizeof(trigger), "%s",
                 (const char *)sqlite3_column_text(rows, 0));
    sqlite3_finalize(rows);
    golden_sql(golden, "DROP TRIGGER plan_stays;"
                       "UPDATE plan SET created_at = '2026-10-01T11:59:00.000Z'");
    golden_sql(golden, trigger);
    mp_store_close(golden->store);
}

static void make_spec(const struct golden_cell *cell, struct mp_round_spec *spec) {
    struct mp_error err;
    fixture_spec(spec, cell->device, cell->scenario, cell->arm);
    golden_check(mp_round_spec_set_param(spec, "n", "64", &err),
                 &err); /* all have that */
    if (cell->threads != NULL)
        golden_check(mp_round_spec_set_param(spec, "threads", cell->threads, &err), &err);
    if (mp_round_spec_arm_injects(cell->arm)) {
        snprintf(spec->fix, sizeof(spec->fix), "/opt/fixes/libfix.so");
        snprintf(spec->fix_id, sizeof(spec->fix_id), "beefcafe");
        snprintf(spec->fix_sha256, sizeof(spec->fix_sha256),
                 "0123456789abcdef0123456789abcdef"
                 "0123456789abcdef0123456789abcdef");
    }
}

/* The cells of the plan; returns how many. */
static size_t make_cells(struct golden *golden, const struct golden_campaign *campaign) {
    size_t count = 0;
    for (; count < GOLDEN_CELLS_MAX && campaign->cell[count].device != NULL; count++) {
        const struct golden_cell *from = &campaign->cell[count];
        struct mp_cell *cell = &golden->cell[count];
        *cell = (struct mp_cell){.seed_hash = "0123456789abcdef",
                                 .stratum = from->stratum,
                                 .role = from->role,
                                 .rounds = from->rounds};
        snprintf(cell->title, sizeof(cell->title), "%s", from->scenario);
        make_spec(from, &cell->spec);
    }
    return count;
}

/* In place of what the store took from the clock, from chance and from this process. */
static void fix_campaign(struct golden *golden, const struct golden_campaign *campaign) {
    char sql[1024];
    snprintf(
        sql, sizeof(sql),
        "UPDATE campaign SET uuid = printf('%%08x-5eed-4000-a000-%%012x', %u, %u),"
        " started_at = strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', %" PRIu64 ", 'unixepoch'),"
        " host = 'golden', boot = 'b', space = 's', pid = %u, pid_started = 1 WHERE id = %lld",
        campaign->number, campaign->number, golden->start_ns / 1000000000,
        4000 + campaign->number, (long long)golden->campaign_id);
    golden_sql(golden, sql);
}

void golden_begin(struct golden *golden, const struct golden_campaign *campaign) {
    struct mp_error err;
    struct mp_claim claim;
    size_t count = make_cells(golden, campaign);
    uint64_t seed = UINT64_C(0xfedcba9876543200) + campaign->number;
    if (campaign->claim != NULL)
        golden_check(mp_claim_parse(campaign->claim, &claim, &err), &err);
    const struct mp_claim *claimed = campaign->claim != NULL ? &claim : NULL;
    struct mp_beta_prior prior = mp_evidence_prior(claimed);
    struct mp_plan_row plan = {.kind = campaign->kind != NULL ? campaign->kind
                                                              : campaign->command,
                               .claim = claimed,
                               .prior_a = prior.a,
                               .prior_b = prior.b,
                               .seed = seed,
                               .cell = golden->cell,
                               .cell_count = count};
    struct mp_campaign_row row = {.argv = campaign->argv,
                                  .night = campaign->night,
                                  .version = "0.1.0",
                                  .seed = seed,
                                  .environment_id = golden->environment_id};
    golden->retention = campaign->retention.newest > 0 ? campaign->retention
                                                       : (struct mp_retention){20, 20};
    struct mp_request request = {.command = campaign->command,
                                 .jobs = 1,
                                 .captures = true,
                                 .retention = golden->retention,
                                 .cell = golden->cell,
                                 .cell_count = count};
    golden_check(mp_store_plan(golden->store, &plan, &row.plan_id, &err), &err);
    golden_check(mp_store_request_begin(golden->store, &row, &request,
                                        &golden->campaign_id, golden->cell_id, &err),
                 &err);
    golden->start_ns = FIRST_START_NS + campaign->number * DAY_NS;
    golden->seq = 0;
    fix_campaign(golden, campaign);
}

void golden_end(struct golden *golden, const char *state) {
    struct mp_error err;
    char sql[512];
    uint64_t used_ns = golden->seq * ROUND_NS;
    golden_check(
        mp_store_campaign_end(golden->store, golden->campaign_id, state, used_ns, &err),
        &err);
    snprintf(sql, sizeof(sql),
             "UPDATE campaign SET ended_at ="
             " strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', %" PRIu64 " / 1000.0, 'unixepoch')"
             " WHERE id = %lld",
             (golden->start_ns + used_ns) / 1000000, (long long)golden->campaign_id);
    golden_sql(golden, sql);
}

/* Worker 3 (4711) encodes while worker 4 (4712) has committed the same stream. */
static struct mp_flight_event EVENTS[] = {
    {5000, 7, 0, 4, 8, MP_PAGE_OP_ENCODE, true},
    {6000, 7, 0, 4, 9, MP_PAGE_OP_COMMIT, false},
    {6500, 7, 0, 3, 1, MP_PAGE_OP_ENCODE, false},
    {7250, 7, 1, 4, 10, MP_PAGE_OP_COMMIT, true},
};
static struct mp_flight_thread THREADS[] = {
    {3, 4711, MP_PAGE_OP_ENCODE, 1, false},
    {4, 4712, MP_PAGE_OP_NONE, 10, true},
};
static const struct mp_flight FLIGHT = {
    .event = EVENTS, .event_count = 4, .thread = THREADS, .thread_count = 2};

/* The page of a round that came to its end and did all of its work, then what went wrong.
 */
static struct mp_page_summary make_page(const struct golden *golden,
                                        const struct golden_round *round) {
    uint64_t ops = round->ops != 0 ? round->ops : 400;
    struct mp_page_summary page = {
        .phase = MP_PHASE_DONE,
        .overlap_max = 3 + (uint32_t)(golden->seq % 4),
        .threads_started = 8,
        .ops_planned = ops,
        .ops_started = ops,
        .ops_done = ops,
        .ops_device = ops,
        .run_ns = 1000 * (round->run_us != 0 ? round->run_us : 1000 + golden->seq % 7),
        .driver = {.name = "model", .path = "mpmodel"}};
    switch (round->outcome) {
    case MP_OUTCOME_CRASH:
    case MP_OUTCOME_ABORT:
    case MP_OUTCOME_HANG:
        page.phase = MP_PHASE_RUN;
        page.run_ns = 0;
        page.threads_unfinished = 2;
        page.ops_done = ops - 10;
        page.ops_device = ops - 8;
        page.hostile_syncs = 4;
        break;
    case MP_OUTCOME_MISMATCH:
        page.ops_wrong = 2;
        page.ops_done = ops - 2;
        break;
    case MP_OUTCOME_DROPPED:
        page.ops_dropped = 7;
        page.ops_done = ops - 7;
        break;
    case MP_OUTCOME_GPU_ERROR:
        page.buffers_failed = 3;
        page.ops_done = ops - 3;
        break;
    case MP_OUTCOME_NO_OVERLAP:
        page.overlap_max = 1;
        break;
    case MP_OUTCOME_SKIP:
    case MP_OUTCOME_BROKEN:
    case MP_OUTCOME_LOST:
        page = (struct mp_page_summary){.phase = MP_PHASE_OPEN};
        break;
    default:
        break;
    }
    return page;
}

static struct mp_exit make_exit(enum mp_outcome outcome) {
    switch (outcome) {
    case MP_OUTCOME_CRASH:
        return (struct mp_exit){.kind = MP_EXIT_SIGNAL, .signal = 11, .leaked = 1};
    case MP_OUTCOME_ABORT:
        return (struct mp_exit){.kind = MP_EXIT_SIGNAL, .signal = 6};
    case MP_OUTCOME_HANG:
        return (struct mp_exit){.kind = MP_EXIT_DEADLINE, .was_silent = true};
    case MP_OUTCOME_LOST:
        return (struct mp_exit){.kind = MP_EXIT_STOPPED};
    case MP_OUTCOME_SKIP:
    case MP_OUTCOME_BROKEN:
        return (struct mp_exit){.kind = MP_EXIT_CODE, .code = 3};
    default:
        return (struct mp_exit){.kind = MP_EXIT_CODE, .code = 0};
    }
}

static void add_one(struct golden *golden, const struct golden_round *round) {
    struct mp_error err;
    struct mp_strbuf spec_text;
    struct mp_round_spec spec = golden->cell[round->cell].spec;
    golden->seq++;
    struct mp_page_summary page = make_page(golden, round);
    struct mp_exit exit = make_exit(round->outcome);
    spec.seed = round->seed != 0 ? round->seed
                                 : mp_rng_hash_bytes(&golden->seq, sizeof(golden->seq)) ^
                                       (uint64_t)golden->start_ns;
    mp_strbuf_init(&spec_text);
    mp_round_spec_format(&spec, &spec_text);
    const char *detail =
        round->detail != NULL ? round->detail : mp_outcome_words(round->outcome);
    struct mp_round_row row = {.campaign_id = golden->campaign_id,
                               .cell_id = golden->cell_id[round->cell],
                               .seq = golden->seq,
                               .position = golden->seq,
                               .seed = spec.seed,
                               .started_wall_ns =
                                   golden->start_ns + (golden->seq - 1) * ROUND_NS,
                               .wall_ns = 20000000 + golden->seq % 5 * 1000000,
                               .outcome = round->outcome,
                               .detail = detail,
                               .page = &page,
                               .exit = &exit,
                               .trace = round->is_untraced ? round->trace : MP_TRACE_ON,
                               .recorder = !round->has_no_recorder,
                               .modules = golden->modules,
                               .pid = 5000 + (int64_t)golden->seq,
                               .host_state = golden->host_state,
                               .load = 0.25 + (double)(golden->seq % 3),
                               .stderr_text = round->stderr_text,
                               .spec_text = spec_text.text,
                               .flight = round->has_no_recorder ? NULL : &FLIGHT,
                               .retention = &golden->retention,
                               .second_sample = round->second_sample};
    int64_t id = 0;
    golden_check(
        mp_store_round(golden->store, &row, round->crash, round->signature, &id, &err),
        &err);
    mp_strbuf_release(&spec_text);
}

void golden_add(struct golden *golden, const struct golden_round *round, unsigned count) {
    for (unsigned i = 0; i < count; i++)
        add_one(golden, round);
}

void golden_add_plain(struct golden *golden, size_t cell, enum mp_outcome outcome,
                      unsigned count) {
    golden_add(golden, &(struct golden_round){.cell = cell, .outcome = outcome}, count);
}
