/* Reads the runs of a fleet, adds up what may be added up, and judges.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/fleet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

#define TOTALS                                                                           \
    "SELECT m.fleet, count(*), sum(c.state = 'running'), count(DISTINCT m.machine),"     \
    " min(plan.claim), count(DISTINCT ifnull(plan.claim, '')),"                          \
    " sum(c.is_replay OR c.reuse > 1)"                                                   \
    " FROM fleet_member AS m JOIN campaign AS c ON c.id = m.campaign_id"                 \
    " LEFT JOIN plan ON plan.id = c.plan_id WHERE m.fleet = " MP_FLEET_NEWEST            \
    " GROUP BY m.fleet"

#define ALL_TOTALS                                                                       \
    "SELECT 'all', count(*), sum(c.state = 'running'), count(DISTINCT c.host), NULL, 1," \
    " (SELECT count(*) FROM campaign WHERE is_replay OR reuse > 1)"                      \
    " FROM campaign_pool AS p JOIN campaign AS c ON c.id = p.campaign_id"                \
    " HAVING count(*) > 0"

/* A campaign has as many rounds in flight as it has jobs. */
#define COLUMNS                                                                          \
    "SELECT p.environment_id, p.version, e.os, e.os_build, e.cpu, e.gpu, e.driver,"      \
    " e.driver_id, m.machine, p.cell_id, t.title, cell.arm, cell.device, p.role,"        \
    " count(*), sum(c.state = 'running'), sum(p.rounds), sum(p.failures),"               \
    " sum(p.no_verdict), sum(p.no_overlap), sum(p.skipped),"                             \
    " sum(p.passed + p.failures - p.rounds), sum(iif(c.state = 'running', c.jobs, 0))"
#define JOINS                                                                            \
    " JOIN campaign AS c ON c.id = m.campaign_id"                                        \
    " JOIN pool AS p ON p.campaign_id = c.id"                                            \
    " JOIN environment AS e ON e.id = p.environment_id"                                  \
    " JOIN cell ON cell.id = p.cell_id JOIN cell_title AS t ON t.cell_id = p.cell_id"

/* By build, cell and machine. */
#define ROWS                                                                             \
    COLUMNS " FROM fleet_member AS m" JOINS " WHERE m.fleet = " MP_FLEET_NEWEST          \
            " GROUP BY p.environment_id, p.version, p.role <> 'subject', p.cell_id,"     \
            " p.role, m.machine ORDER BY p.environment_id, p.version,"                   \
            " p.role <> 'subject', p.cell_id, p.role, m.machine"
/* By cell, build and machine, which is named by the beginning of what stands for it. */
#define ALL_ROWS                                                                         \
    COLUMNS " FROM (SELECT id AS campaign_id, substr(host, 1, 8) AS machine"             \
            " FROM campaign) AS m" JOINS                                                 \
            " GROUP BY p.role <> 'subject', t.title, cell.arm, p.cell_id, p.role,"       \
            " p.environment_id, p.version, m.machine ORDER BY p.role <> 'subject',"      \
            " t.title, cell.arm, p.cell_id, p.role, p.environment_id, p.version,"        \
            " m.machine"

enum column {
    ENVIRONMENT,
    VERSION,
    OS,
    OS_BUILD,
    CPU,
    GPU,
    DRIVER,
    DRIVER_ID,
    MACHINE,
    CELL,
    TITLE,
    ARM,
    DEVICE,
    ROLE,
    CAMPAIGNS,
    RUNNING,
    ROUNDS,
    FAILURES,
    NO_VERDICT,
    NO_OVERLAP,
    SKIPPED,
    WITHOUT_POWER,
    IN_FLIGHT
};

static uint64_t count_at(sqlite3_stmt *rows, enum column column) {
    return (uint64_t)sqlite3_column_int64(rows, (int)column);
}

static enum mp_status load_totals(struct mp_fleet *fleet, struct mp_error *err) {
    int64_t claims = 0;
    sqlite3_stmt *rows =
        mp_query_rows(&fleet->query, fleet->options->all ? ALL_TOTALS : TOTALS, 0, 0);
    while (mp_query_next(&fleet->query, rows)) {
        fleet->name = mp_query_copy(rows, 0);
        fleet->campaigns = (size_t)sqlite3_column_int64(rows, 1);
        fleet->running = (size_t)sqlite3_column_int64(rows, 2);
        fleet->machines = (size_t)sqlite3_column_int64(rows, 3);
        if (sqlite3_column_type(rows, 4) != SQLITE_NULL)
            fleet->claim_text = mp_query_copy(rows, 4);
        claims = sqlite3_column_int64(rows, 5);
        fleet->left_out = (size_t)sqlite3_column_int64(rows, 6);
    }
    if (claims > 1)
        return mp_error_set(err, MP_USAGE,
                            "the runs of fleet %s in %s do not all make the same claim, "
                            "so that they are not one run: merge only those that do",
                            fleet->name, fleet->query.path);
    return fleet->claim_text != NULL
               ? mp_claim_parse(fleet->claim_text, &fleet->claim, err)
               : MP_OK;
}

/* The build of these rows, added if new. */
static size_t find_build(struct mp_fleet *fleet, sqlite3_stmt *rows) {
    int64_t id = sqlite3_column_int64(rows, ENVIRONMENT);
    size_t i = 0;
    while (i < fleet->build_count &&
           (fleet->build[i].environment_id != id ||
            strcmp(fleet->build[i].version, mp_query_text(rows, VERSION)) != 0))
        i++;
    if (i < fleet->build_count)
        return i;
    fleet->build = mp_memory_resize(fleet->build, i + 1, sizeof(*fleet->build));
    fleet->build_count++;
    fleet->build[i] = (struct mp_fleet_build){
        .environment_id = id,
        .version = mp_query_copy(rows, VERSION),
        .os = mp_query_copy(rows, OS),
        .os_build = mp_query_copy(rows, OS_BUILD),
        .cpu = mp_query_copy(rows, CPU),
        .gpu = mp_query_copy(rows, GPU),
        .driver = mp_query_copy(rows, DRIVER),
        .driver_id = mp_query_copy(rows, DRIVER_ID),
    };
    if (i < 26)
        snprintf(fleet->build[i].name, sizeof(fleet->build[i].name), "%c", 'A' + (char)i);
    else
        snprintf(fleet->build[i].name, sizeof(fleet->build[i].name), "%zu", i + 1);
    return i;
}

static struct mp_fleet_row *add_row(struct mp_fleet *fleet) {
    fleet->row = mp_memory_resize(fleet->row, fleet->row_count + 1, sizeof(*fleet->row));
    memset(&fleet->row[fleet->row_count], 0, sizeof(*fleet->row));
    return &fleet->row[fleet->row_count++];
}

static bool is_same_cell(const struct mp_fleet_row *a, const struct mp_fleet_row *b) {
    return a->build == b->build && a->cell_id == b->cell_id && a->role == b->role;
}

/* After the rows of the machines of one cell: all of them together. */
static void add_together(struct mp_fleet *fleet) {
    size_t end = fleet->row_count;
    if (end == 0 || fleet->row[end - 1].machine == NULL)
        return;
    struct mp_fleet_row sum = fleet->row[end - 1];
    sum.machine = NULL;
    for (size_t i = end - 1; i > 0 && fleet->row[i - 1].machine != NULL &&
                             is_same_cell(&fleet->row[i - 1], &sum);
         i--) {
        const struct mp_fleet_row *row = &fleet->row[i - 1];
        sum.campaigns += row->campaigns;
        sum.running += row->running;
        sum.rounds += row->rounds;
        sum.failures += row->failures;
        sum.no_verdict += row->no_verdict;
        sum.no_overlap += row->no_overlap;
        sum.skipped += row->skipped;
        sum.without_power += row->without_power;
        sum.in_flight += row->in_flight;
        sum.machines++;
    }
    if (sum.machines > fleet->build[sum.build].machines)
        fleet->build[sum.build].machines = sum.machines;
    *add_row(fleet) = sum;
}

static void load_rows(struct mp_fleet *fleet) {
    sqlite3_stmt *rows =
        mp_query_rows(&fleet->query, fleet->options->all ? ALL_ROWS : ROWS, 0, 0);
    while (mp_query_next(&fleet->query, rows)) {
        struct mp_fleet_row row = {
            .build = find_build(fleet, rows),
            .cell_id = sqlite3_column_int64(rows, CELL),
            .campaigns = count_at(rows, CAMPAIGNS),
            .running = count_at(rows, RUNNING),
            .rounds = count_at(rows, ROUNDS),
            .failures = count_at(rows, FAILURES),
            .no_verdict = count_at(rows, NO_VERDICT),
            .no_overlap = count_at(rows, NO_OVERLAP),
            .skipped = count_at(rows, SKIPPED),
            .without_power = count_at(rows, WITHOUT_POWER),
            .in_flight = count_at(rows, IN_FLIGHT),
            .machines = 1,
        };
        row.role = mp_role_find(mp_query_text(rows, ROLE));
        if (fleet->row_count > 0 &&
            !is_same_cell(&fleet->row[fleet->row_count - 1], &row))
            add_together(fleet);
        row.machine = mp_query_copy(rows, MACHINE);
        row.title = mp_query_copy(rows, TITLE);
        row.arm = mp_query_copy(rows, ARM);
        row.device = mp_query_copy(rows, DEVICE);
        *add_row(fleet) = row;
    }
    add_together(fleet);
    for (size_t i = 0; i < fleet->row_count && fleet->claim_text != NULL; i++)
        if (fleet->row[i].machine == NULL && fleet->row[i].role == MP_ROLE_SUBJECT)
            mp_fleet_count_tries(fleet, &fleet->row[i]);
}

const struct mp_fleet_row *mp_fleet_together(const struct mp_fleet *fleet, size_t k) {
    for (size_t i = 0; i < fleet->row_count; i++)
        if (fleet->row[i].machine == NULL && k-- == 0)
            return &fleet->row[i];
    return NULL;
}

struct mp_evidence_cell mp_fleet_counts(const struct mp_fleet *fleet,
                                        const struct mp_fleet_row *row) {
    bool is_over = fleet->options->has_ended || row->running == 0;
    uint64_t passes = row->rounds - row->failures;
    return (struct mp_evidence_cell){
        .role = row->role,
        .rounds = row->rounds,
        .failures = row->failures,
        /* of runs without power there are none among the rounds */
        .no_overlap = row->no_overlap < passes ? row->no_overlap : passes,
        .no_verdict = row->no_verdict - row->skipped +
                      (fleet->options->has_ended ? row->in_flight : 0),
        .earlier = row->earlier,
        .left = is_over ? 0 : UINT64_MAX};
}

static void weigh(struct mp_fleet *fleet) {
    struct mp_evidence_cell *cell = mp_memory_zeroed(fleet->row_count + 1, sizeof(*cell));
    size_t count = 0;
    for (size_t i = 0; i < fleet->row_count; i++)
        if (fleet->row[i].machine == NULL)
            cell[count++] = mp_fleet_counts(fleet, &fleet->row[i]);
    mp_evidence_weigh(&fleet->claim, mp_evidence_prior(&fleet->claim), cell, count,
                      &fleet->evidence);
    fleet->decision = fleet->evidence.decision;
    free(cell);
}

/* Without a claim: by failures and controls, as the weighing finds them. */
static enum mp_verdict judge_counts(const struct mp_fleet *fleet) {
    uint64_t failures = 0, counted = 0, all = 0;
    bool has_control = false, is_silent = false, is_empty = false, is_skipped = false;
    for (size_t i = 0; i < fleet->row_count; i++) {
        const struct mp_fleet_row *row = &fleet->row[i];
        if (row->machine != NULL)
            continue;
        all += row->rounds + row->without_power + row->no_verdict - row->skipped;
        counted += row->rounds + row->without_power;
        if (row->role == MP_ROLE_POSITIVE) {
            if (row->skipped > 0 && row->skipped == row->no_verdict &&
                row->rounds + row->without_power == 0) {
                is_skipped = true; /* its device or arm is absent: it is no control */
                continue;
            }
            has_control = true;
            is_silent = is_silent || row->failures == 0;
        } else {
            failures += row->failures;
            is_empty = is_empty || row->rounds + row->without_power == 0;
        }
    }
    if (all == 0)
        return MP_VERDICT_NOTHING_RAN;
    if (failures > 0)
        return MP_VERDICT_FAILURES;
    if (counted == 0)
        return MP_VERDICT_INCONCLUSIVE;
    if (is_silent)
        return MP_VERDICT_NO_POWER;
    if (is_empty || (is_skipped && !has_control))
        return MP_VERDICT_INCONCLUSIVE;
    return has_control ? MP_VERDICT_CLEAN : MP_VERDICT_CLEAN_NO_CONTROL;
}

static enum mp_verdict judge_claim(const struct mp_fleet *fleet) {
    switch (fleet->decision) {
    case MP_DECISION_REGRESSION:
        return MP_VERDICT_REGRESSION;
    case MP_DECISION_CONTROL_FAILED:
        return MP_VERDICT_FAILURES;
    case MP_DECISION_NO_POWER:
        return MP_VERDICT_NO_POWER;
    case MP_DECISION_MET:
        return fleet->evidence.must_fail > 0 ? MP_VERDICT_CLAIM_MET
                                             : MP_VERDICT_CLAIM_MET_NO_CONTROL;
    case MP_DECISION_OPEN:
        break;
    }
    return MP_VERDICT_INCONCLUSIVE;
}

/* While a run goes on, only what further rounds cannot take back stands. */
static enum mp_verdict judge(const struct mp_fleet *fleet) {
    enum mp_verdict verdict = fleet->claim_text != NULL && fleet->row_count > 0
                                  ? judge_claim(fleet)
                                  : judge_counts(fleet);
    bool goes_on = fleet->running > 0 && !fleet->options->has_ended;
    bool is_final = verdict == MP_VERDICT_REGRESSION || verdict == MP_VERDICT_FAILURES;
    return goes_on && !is_final ? MP_VERDICT_UNFINISHED : verdict;
}

enum mp_status mp_fleet_load(struct mp_fleet *fleet, struct mp_store *store,
                             const struct mp_fleet_options *options,
                             struct mp_error *err) {
    memset(fleet, 0, sizeof(*fleet));
    fleet->options = options;
    fleet->verdict = MP_VERDICT_NOTHING_RAN;
    fleet->decision = MP_DECISION_OPEN;
    mp_query_begin(&fleet->query, store);
    enum mp_status status = load_totals(fleet, err);
    if (status == MP_OK)
        load_rows(fleet);
    mp_query_end(&fleet->query);
    if (status == MP_OK)
        status = mp_query_status(&fleet->query, err);
    if (status == MP_OK && fleet->name == NULL && options->all)
        return mp_error_set(err, MP_NOT_FOUND,
                            "%s holds no campaign that may be pooled yet: 'mpstress run' "
                            "makes one, and 'mpstress merge' brings those of other "
                            "machines",
                            fleet->query.path);
    if (status == MP_OK && fleet->name == NULL)
        return mp_error_set(err, MP_NOT_FOUND,
                            "no run in %s belongs to a fleet: 'mpstress run --fleet "
                            "FLEET/MACHINE' and scripts/fleet make such runs",
                            fleet->query.path);
    if (status != MP_OK)
        return status;
    if (fleet->claim_text != NULL)
        weigh(fleet);
    fleet->verdict = judge(fleet);
    return MP_OK;
}

void mp_fleet_release(struct mp_fleet *fleet) {
    for (size_t i = 0; i < fleet->row_count; i++) {
        if (fleet->row[i].machine == NULL)
            continue;
        free(fleet->row[i].machine);
        free(fleet->row[i].title);
        free(fleet->row[i].arm);
        free(fleet->row[i].device);
    }
    for (size_t i = 0; i < fleet->build_count; i++) {
        struct mp_fleet_build *build = &fleet->build[i];
        char *const texts[] = {build->version, build->os,     build->os_build, build->cpu,
                               build->gpu,     build->driver, build->driver_id};
        for (size_t k = 0; k < sizeof(texts) / sizeof(texts[0]); k++)
            free(texts[k]);
    }
    free(fleet->row);
    free(fleet->build);
    free(fleet->name);
    free(fleet->claim_text);
    memset(fleet, 0, sizeof(*fleet));
}
