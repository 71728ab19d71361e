/* Figures over nights: rates, spread, changes, alarm, speed, order, kinds of failures. Of
 * a night without power its failures count and its passes do not, and it can raise an
 * alarm; it is in no other test. At most MP_NIGHTS_ORDER_MAX rounds are read one by one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/nights_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/rate.h"
#include "results/stats/median.h"

#define SHUFFLE_SEED  UINT64_C(0x6e696768747321)
#define SHUFFLES_MAX  9999
#define SHUFFLES_MIN  999
#define SHUFFLE_STEPS 20000000 /* steps of all shuffles, about 0.2 s */

/* The subjects of the nights of one build (SIZE_MAX: of all), cell by cell. */
struct subjects {
    struct mp_night_series series;
    struct mp_night *count; /* owned: that of the series */
    bool *is_blind;         /* owned: that of the series */
    size_t *row;            /* owned: of each of its nights */
    double *rounds;         /* owned: of each of its nights */
};

/* What a night is compared by: what campaigns with power saw, or where there are none of
 * them, all that was tried. */
static struct mp_night night_of(const struct mp_nights_row *row,
                                const struct mp_nights_count *count) {
    if (row->has_power)
        return (struct mp_night){count->seen_failures, count->seen};
    return (struct mp_night){count->failures, count->rounds + count->without_power};
}

/* With the nights without power in which something failed, if they are asked for. */
static struct subjects collect(const struct mp_nights *nights, size_t build,
                               bool has_blind) {
    struct subjects subjects = {
        .count = mp_memory_zeroed(nights->row_count * nights->shown + 1,
                                  sizeof(*subjects.count)),
        .is_blind = mp_memory_zeroed(nights->row_count + 1, sizeof(*subjects.is_blind)),
        .row = mp_memory_zeroed(nights->row_count + 1, sizeof(*subjects.row)),
        .rounds = mp_memory_zeroed(nights->row_count + 1, sizeof(*subjects.rounds))};
    size_t night = 0;
    for (size_t i = 0; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        bool is_wanted = row->is_pooled && (row->has_power || has_blind);
        if (!is_wanted || (build != SIZE_MAX && row->build != build))
            continue;
        struct mp_night *count = &subjects.count[night * nights->shown];
        for (size_t cell = 0; cell < nights->cell_count; cell++)
            if (nights->cell[cell].is_shown)
                *count++ = night_of(row, &row->count[cell]);
        subjects.rounds[night] = (double)row->rounds;
        subjects.is_blind[night] = !row->has_power;
        subjects.row[night++] = i;
    }
    subjects.series = (struct mp_night_series){.nights = night,
                                               .cells = nights->shown,
                                               .count = subjects.count,
                                               .is_blind = subjects.is_blind};
    return subjects;
}

static void free_subjects(struct subjects *subjects) {
    free(subjects->count);
    free(subjects->is_blind);
    free(subjects->row);
    free(subjects->rounds);
}

static bool has_failed(struct mp_night_series series) {
    for (size_t i = 0; i < series.nights * series.cells; i++)
        if (series.count[i].failures > 0)
            return true;
    return false;
}

/* The number of shuffles that takes a moment. */
static uint64_t count_draws(struct mp_night_series series) {
    struct mp_night_dealer *dealer = mp_night_dealer_make(series);
    uint64_t draws = SHUFFLE_STEPS / (mp_night_dealer_steps(dealer) + 1);
    mp_night_dealer_free(dealer);
    return draws < SHUFFLES_MIN   ? SHUFFLES_MIN
           : draws > SHUFFLES_MAX ? SHUFFLES_MAX
                                  : draws;
}

static void add_to_pool(struct mp_nights_pool *pool, const struct mp_nights_row *row) {
    pool->rounds += row->rounds;
    pool->failures += row->failures;
    pool->no_verdict += row->no_verdict;
    pool->without_power += row->without_power;
    if (!row->has_power) {
        pool->silent_nights++;
        pool->silent_failures += row->failures;
    } else if (row->is_pooled) {
        pool->nights++;
        pool->uncontrolled_nights += row->control == MP_CONTROL_NONE;
    }
}

static void measure_pool(const struct mp_nights *nights, struct mp_nights_pool *pool) {
    struct subjects subjects = collect(nights, pool->build, false);
    for (size_t i = 0; i < nights->row_count; i++)
        if (pool->build == SIZE_MAX || nights->row[i].build == pool->build)
            add_to_pool(pool, &nights->row[i]);
    pool->has_spread =
        subjects.series.nights >= MP_NIGHTS_MIN && has_failed(subjects.series);
    pool->spread = mp_night_spread_measure(
        subjects.series, MP_RATE_ALPHA,
        pool->has_spread ? count_draws(subjects.series) : 0, SHUFFLE_SEED);
    pool->usual = (uint64_t)mp_median(subjects.rounds, subjects.series.nights);
    size_t known = pool->has_spread ? pool->nights : 0; /* no spread is shown for fewer */
    pool->bound = mp_night_spread_upper(&pool->spread, known, pool->failures,
                                        pool->rounds, MP_RATE_ALPHA);
    pool->next_bound =
        mp_night_spread_upper(&pool->spread, known > 0 ? known + 1 : 0, pool->failures,
                              pool->rounds + pool->usual, MP_RATE_ALPHA);
    free_subjects(&subjects);
}

/* One per build that has nights, or one for all. */
static void measure_pools(struct mp_nights *nights) {
    bool is_one = nights->options->across_builds && nights->build_count > 1;
    nights->pool_count = is_one ? 1 : nights->build_count;
    nights->pool = mp_memory_zeroed(nights->pool_count + 1, sizeof(*nights->pool));
    for (size_t i = 0; i < nights->pool_count; i++) {
        nights->pool[i].build = is_one ? SIZE_MAX : i;
        measure_pool(nights, &nights->pool[i]);
    }
}

/* Over all builds: a change that comes with a new build is what is wanted. */
static void find_changes(struct mp_nights *nights) {
    struct subjects subjects = collect(nights, SIZE_MAX, false);
    nights->changed_row = subjects.row;
    nights->changed_count = subjects.series.nights;
    subjects.row = NULL;
    if (nights->changed_count >= MP_NIGHTS_MIN) {
        struct mp_change_plan plan = {.draws = count_draws(subjects.series),
                                      .seed = SHUFFLE_SEED};
        nights->change_count =
            mp_change_point_find(subjects.series, MP_RATE_ALPHA, plan, nights->change);
    }
    free_subjects(&subjects);
}

/* One rise has one date: that of the newest change up to the alarm, if it is a rise. */
static void date_alarm(struct mp_nights *nights, struct mp_night_series series) {
    const struct mp_change *newest = NULL;
    size_t since = nights->watched_row[nights->alarm.since], first = 0;
    for (size_t i = 0; i < nights->change_count; i++)
        if (nights->changed_row[nights->change[i].night] <= since)
            newest = &nights->change[i];
    if (newest == NULL || newest->rate_after <= newest->rate_before)
        return;
    while (nights->watched_row[first] != nights->changed_row[newest->night])
        first++; /* changes are sought in a part of these nights */
    mp_night_alarm_begin(series, first, &nights->alarm);
}

static void watch(struct mp_nights *nights) {
    struct subjects subjects = collect(nights, SIZE_MAX, true);
    nights->watched_row = subjects.row;
    subjects.row = NULL;
    nights->has_watch = subjects.series.nights >= MP_NIGHTS_MIN;
    if (nights->has_watch)
        nights->alarm = mp_night_alarm_test(subjects.series, MP_RATE_ALPHA);
    if (nights->alarm.has_alarm)
        date_alarm(nights, subjects.series);
    free_subjects(&subjects);
}

static double speed_of(const struct mp_nights_count *count) {
    return count->timed > 0 && count->run_ns > 0 ? count->ops / (count->run_ns / 1e9)
                                                 : 0.0;
}

/* The earlier nights of the same build if there are enough, else of all builds. */
static bool compare_speed(const struct mp_nights *nights, size_t cell, size_t newest,
                          double *earlier, struct mp_nights_speed *ret_speed) {
    struct mp_nights_speed speed = {.cell = cell,
                                    .newest = speed_of(&nights->row[newest].count[cell])};
    for (int pass = 0; pass < 2 && speed.nights < MP_NIGHTS_MIN; pass++) {
        speed.nights = 0;
        speed.is_across_builds = pass == 1;
        for (size_t i = 0; i < nights->newest; i++) {
            double value = speed_of(&nights->row[i].count[cell]);
            if (value > 0 &&
                (pass == 1 || nights->row[i].build == nights->row[newest].build))
                earlier[speed.nights++] = value;
        }
    }
    speed.median = mp_median(earlier, speed.nights);
    if (speed.nights < MP_NIGHTS_MIN || !(speed.newest > 0))
        return false;
    speed.ratio = speed.newest / speed.median;
    *ret_speed = speed;
    return true;
}

/* Cells that should pass: the speed of a positive control before it fails is
 * meaningless. */
static void measure_speed(struct mp_nights *nights) {
    double *earlier = mp_memory_zeroed(nights->row_count + 1, sizeof(*earlier));
    nights->speed =
        mp_memory_zeroed(nights->cell_count * (nights->row_count - nights->newest) + 1,
                         sizeof(*nights->speed));
    for (size_t row = nights->newest; row < nights->row_count; row++) {
        for (size_t i = 0; i < nights->cell_count; i++)
            if (nights->cell[i].is_shown && nights->row[row].count[i].is_there &&
                compare_speed(nights, i, row, earlier,
                              &nights->speed[nights->speed_count]))
                nights->speed_count++;
    }
    free(earlier);
}

/* Whether the rounds of a cell are read one by one. */
static bool is_shown(const struct mp_nights *nights, int64_t cell_id) {
    for (size_t i = 0; i < nights->cell_count; i++) {
        const struct mp_nights_cell *cell = &nights->cell[i];
        if (cell->id == cell_id && cell->is_shown)
            return true;
    }
    return false;
}

/* The counted rounds of a night in starting order: in ending order, slow failures
 * would cluster just because they are slow. */
static void feed_row(struct mp_nights *nights, size_t row) {
    for (size_t i = 0; i < nights->campaign_count; i++) {
        if (nights->campaign[i].row != row)
            continue;
        sqlite3_stmt *rows =
            mp_query_rows(&nights->query,
                          "SELECT cell_id, outcome FROM round JOIN campaign_cell"
                          " USING (campaign_id, cell_id) WHERE campaign_id = ?1"
                          " AND role = 'subject'"
                          " ORDER BY ifnull(position, seq)",
                          nights->campaign[i].id, 0);
        while (mp_query_next(&nights->query, rows)) {
            enum mp_outcome outcome = mp_outcome_find(mp_query_text(rows, 1));
            enum mp_outcome_class class = outcome == MP_OUTCOME_COUNT
                                              ? MP_CLASS_NO_VERDICT
                                              : mp_outcome_class(outcome);
            if (class != MP_CLASS_NO_VERDICT &&
                is_shown(nights, sqlite3_column_int64(rows, 0)))
                mp_runs_add(&nights->runs, class == MP_CLASS_FAILURE);
        }
    }
}

/* Whether failures of the newest night come in clusters. */
static void measure_order(struct mp_nights *nights) {
    uint64_t rounds = 0;
    for (size_t row = nights->newest; row < nights->row_count; row++)
        rounds += nights->row[row].rounds;
    for (size_t row = nights->newest;
         row < nights->row_count && rounds <= MP_NIGHTS_ORDER_MAX; row++)
        feed_row(nights, row);
    nights->has_runs_test = nights->runs.failures >= 5 && nights->runs.passes >= 5 &&
                            mp_runs_test(&nights->runs, &nights->runs_test);
}

static struct mp_nights_kind *find_kind(struct mp_nights *nights, const char *key,
                                        const char *title) {
    for (size_t i = 0; i < nights->kind_count; i++) {
        struct mp_nights_kind *kind = &nights->kind[i];
        if (strcmp(kind->key, key) == 0 &&
            (key[0] != '\0' || strcmp(kind->title, title) == 0))
            return kind;
    }
    nights->kind =
        mp_memory_resize(nights->kind, nights->kind_count + 1, sizeof(*nights->kind));
    struct mp_nights_kind *kind = &nights->kind[nights->kind_count++];
    *kind = (struct mp_nights_kind){.key = mp_memory_copy_text(key),
                                    .title = mp_memory_copy_text(title),
                                    .last_row = SIZE_MAX};
    return kind;
}

static void add_kinds_of(struct mp_nights *nights,
                         const struct mp_nights_campaign *campaign) {
    sqlite3_stmt *rows = mp_query_rows(
        &nights->query, /* "<> 'pass'" selects the partial index of these rounds. */
        "SELECT r.cell_id, ifnull(s.key, ''), ifnull(s.title, r.outcome || ': ' || "
        "o.words),"
        " count(*) FROM round AS r JOIN outcome AS o ON o.name = r.outcome"
        " JOIN campaign_cell AS cc ON cc.campaign_id = ?1 AND cc.cell_id = r.cell_id"
        " LEFT JOIN signature AS s ON s.id = r.signature_id"
        " WHERE r.campaign_id = ?1 AND r.outcome <> 'pass' AND o.class = 'failure'"
        " AND cc.role = 'subject' GROUP BY 1, 2, 3 ORDER BY 2, 3",
        campaign->id, 0);
    while (mp_query_next(&nights->query, rows)) {
        if (!is_shown(nights, sqlite3_column_int64(rows, 0)))
            continue;
        struct mp_nights_kind *kind =
            find_kind(nights, mp_query_text(rows, 1), mp_query_text(rows, 2));
        uint64_t count = (uint64_t)sqlite3_column_int64(rows, 3);
        if (campaign->row >= nights->newest) {
            kind->newest += count;
            continue;
        }
        kind->earlier += count;
        const char *night = nights->row[campaign->row].night;
        kind->nights += kind->last_row == SIZE_MAX ||
                        strcmp(nights->row[kind->last_row].night, night) != 0;
        kind->last_row = campaign->row;
    }
}

/* Which kinds somebody looks after, as of the newest night. */
static void mark_known(struct mp_nights *nights) {
    sqlite3_stmt *rows = mp_query_rows(
        &nights->query,
        "SELECT key, issue, until FROM known_failure WHERE is_removed = 0", 0, 0);
    while (mp_query_next(&nights->query, rows)) {
        for (size_t i = 0; i < nights->kind_count; i++) {
            struct mp_nights_kind *kind = &nights->kind[i];
            if (kind->issue != NULL || strcmp(kind->key, mp_query_text(rows, 0)) != 0)
                continue;
            kind->issue = mp_query_copy(rows, 1);
            kind->until = mp_query_copy(rows, 2);
            kind->has_expired =
                strcmp(kind->until, nights->row[nights->newest].night) < 0;
        }
    }
}

/* The chance that `count` rounds, drawn from all, are all among the earlier ones. */
static double all_earlier(uint64_t count, uint64_t earlier, uint64_t newest) {
    double log_chance = 0.0;
    if (count > earlier)
        return 1.0;
    if (newest == 0 || earlier == 0)
        return 1.0;
    for (uint64_t i = 0; i < count && log_chance > -700.0; i++)
        log_chance += log1p(-(double)newest / (double)(earlier + newest - i));
    return exp(log_chance);
}

static void load_kinds(struct mp_nights *nights) {
    uint64_t earlier = 0, newest = 0;
    for (size_t i = 0; i < nights->campaign_count; i++)
        add_kinds_of(nights, &nights->campaign[i]);
    for (size_t i = 0; i < nights->row_count; i++)
        *(i < nights->newest ? &earlier : &newest) += nights->row[i].rounds;
    for (size_t i = 0; i < nights->kind_count; i++)
        nights->kind[i].chance = all_earlier(nights->kind[i].earlier, earlier, newest);
}

enum mp_status mp_nights_measure(struct mp_nights *nights, struct mp_error *err) {
    measure_pools(nights);
    find_changes(nights);
    watch(nights);
    measure_speed(nights);
    measure_order(nights);
    load_kinds(nights);
    mark_known(nights);
    return mp_query_status(&nights->query, err);
}
