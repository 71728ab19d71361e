/* What nights show together: rates, whether they differ, where they changed, speed,
 * alarm, order, kinds. A night whose positive control stayed silent is in no figure here
 * but its speed. At most MP_NIGHTS_ORDER_MAX rounds are read one by one.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/nights_measure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/rate.h"
#include "results/stats/median.h"

#define DIFFERS       0.05 /* P of Tarone's test below which nights count as different */
#define SHUFFLE_SEED  UINT64_C(0x6e696768747321)
#define SHUFFLES_MAX  9999
#define SHUFFLES_MIN  999
#define SHUFFLE_STEPS 20000000 /* of all shuffles together, about 0.2 s */
#define FAILURES_MANY 20000    /* beyond this whole nights are shuffled */

#define RISE         5.0  /* the rate that shall be noticed, in usual rates */
#define QUIET_NIGHTS 100  /* a false alarm comes once in so many, on average */
#define PERIOD_MAX   1000 /* beyond it run lengths are those of a coarser chain */
#define LIMIT_MAX    8    /* failures */

/* The one-sided bound, for rounds that are worth `worth` independent ones each. */
static double find_bound(uint64_t failures, uint64_t rounds, double worth) {
    return mp_binomial_clopper_pearson_real((double)failures * worth,
                                            (double)rounds * worth, 2 * MP_RATE_ALPHA)
        .high;
}

static void add_to_pool(struct mp_nights_pool *pool, const struct mp_nights_row *row) {
    if (row->control == MP_CONTROL_SILENT) {
        pool->silent_nights++;
        pool->silent_rounds += row->rounds;
        pool->silent_failures += row->failures;
        return;
    }
    pool->no_verdict += row->no_verdict;
    if (row->is_pooled) {
        pool->nights++;
        pool->uncontrolled_nights += row->control == MP_CONTROL_NONE;
        pool->rounds += row->rounds;
        pool->failures += row->failures;
    }
}

static void measure_pool(const struct mp_nights *nights, struct mp_nights_pool *pool) {
    uint64_t *failures = mp_memory_zeroed(nights->row_count + 1, sizeof(*failures));
    uint64_t *rounds = mp_memory_zeroed(nights->row_count + 1, sizeof(*rounds));
    double *sizes = mp_memory_zeroed(nights->row_count + 1, sizeof(*sizes));
    size_t count = 0;
    for (size_t i = 0; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        if (pool->build != SIZE_MAX && row->build != pool->build)
            continue;
        add_to_pool(pool, row);
        if (row->is_pooled) {
            failures[count] = row->failures;
            rounds[count] = row->rounds;
            sizes[count++] = (double)row->rounds;
        }
    }
    pool->usual = (uint64_t)mp_median(sizes, count);
    pool->has_spread = count >= MP_NIGHTS_MIN && pool->failures > 0;
    pool->spread = mp_overdispersion_measure(failures, rounds, count, MP_RATE_ALPHA);
    double worth = pool->has_spread && pool->spread.tarone_p < DIFFERS
                       ? pool->spread.effective_rounds / (double)pool->rounds
                       : 1.0;
    pool->bound = find_bound(pool->failures, pool->rounds, worth);
    pool->next_bound = find_bound(pool->failures, pool->rounds + pool->usual, worth);
    free(failures);
    free(rounds);
    free(sizes);
}

/* One for each build that has nights, or one for all. */
static void measure_pools(struct mp_nights *nights) {
    bool is_one = nights->options->across_builds && nights->build_count > 1;
    nights->pool_count = is_one ? 1 : nights->build_count;
    nights->pool = mp_memory_zeroed(nights->pool_count + 1, sizeof(*nights->pool));
    for (size_t i = 0; i < nights->pool_count; i++) {
        nights->pool[i].build = is_one ? SIZE_MAX : i;
        measure_pool(nights, &nights->pool[i]);
    }
}

static bool nights_differ(const struct mp_night *series, size_t count) {
    uint64_t *failures = mp_memory_zeroed(count + 1, sizeof(*failures));
    uint64_t *rounds = mp_memory_zeroed(count + 1, sizeof(*rounds));
    for (size_t i = 0; i < count; i++) {
        failures[i] = series[i].failures;
        rounds[i] = series[i].rounds;
    }
    double p = mp_overdispersion_measure(failures, rounds, count, MP_RATE_ALPHA).tarone_p;
    free(failures);
    free(rounds);
    return p < DIFFERS;
}

/* Over all builds: a change that comes with another build is what is looked for. */
static void find_changes(struct mp_nights *nights) {
    struct mp_night *series = mp_memory_zeroed(nights->row_count + 1, sizeof(*series));
    uint64_t failures = 0;
    nights->changed_row =
        mp_memory_zeroed(nights->row_count + 1, sizeof(*nights->changed_row));
    for (size_t i = 0; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        if (row->is_pooled) {
            nights->changed_row[nights->changed_count] = i;
            series[nights->changed_count++] =
                (struct mp_night){row->failures, row->rounds};
            failures += row->failures;
        }
    }
    size_t count = nights->changed_count;
    if (count >= MP_NIGHTS_MIN && failures > 0) {
        nights->shuffles_nights =
            failures > FAILURES_MANY || nights_differ(series, count);
        uint64_t steps = count + (nights->shuffles_nights ? 0 : failures);
        uint64_t draws = SHUFFLE_STEPS / (steps * count);
        draws = draws < SHUFFLES_MIN   ? SHUFFLES_MIN
                : draws > SHUFFLES_MAX ? SHUFFLES_MAX
                                       : draws;
        struct mp_change_plan plan = {
            .shuffle = nights->shuffles_nights ? MP_SHUFFLE_NIGHTS : MP_SHUFFLE_ROUNDS,
            .draws = draws,
            .seed = SHUFFLE_SEED};
        nights->change_count =
            mp_change_point_find(series, count, MP_RATE_ALPHA, plan, nights->change);
    }
    free(series);
}

static double speed_of(const struct mp_nights_count *count) {
    return count->timed > 0 && count->run_ns > 0 ? count->ops / (count->run_ns / 1e9)
                                                 : 0.0;
}

/* The earlier nights of the same build if they are enough, else of all builds. */
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

/* Cells that should pass: what a positive control does before it fails is no speed. */
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

/* Whether the rounds of a cell are looked at one by one. */
static bool is_shown(const struct mp_nights *nights, int64_t cell_id) {
    for (size_t i = 0; i < nights->cell_count; i++) {
        const struct mp_nights_cell *cell = &nights->cell[i];
        if (cell->id == cell_id && cell->is_shown)
            return true;
    }
    return false;
}

/* The rounds of a night that count, in the order in which they were begun: in that of
 * their ending, slow failures would stand together for being slow. */
static void feed_row(struct mp_nights *nights, size_t row, struct mp_cusum *cusum,
                     struct mp_runs *runs) {
    for (size_t i = 0; i < nights->campaign_count; i++) {
        if (nights->campaign[i].row != row)
            continue;
        nights->report.campaign_id = nights->campaign[i].id;
        sqlite3_stmt *rows =
            mp_report_query(&nights->report,
                            "SELECT cell_id, outcome FROM round JOIN campaign_cell"
                            " USING (campaign_id, cell_id) WHERE campaign_id = ?1"
                            " AND role = 'subject'"
                            " ORDER BY ifnull(position, seq)",
                            0);
        while (mp_report_next(&nights->report, rows)) {
            enum mp_outcome outcome = mp_outcome_find(mp_report_column(rows, 1));
            enum mp_outcome_class class = outcome == MP_OUTCOME_COUNT
                                              ? MP_CLASS_NO_VERDICT
                                              : mp_outcome_class(outcome);
            if (class != MP_CLASS_NO_VERDICT &&
                is_shown(nights, sqlite3_column_int64(rows, 0))) {
                if (cusum != NULL)
                    mp_cusum_add(cusum, class == MP_CLASS_FAILURE);
                if (runs != NULL)
                    mp_runs_add(runs, class == MP_CLASS_FAILURE);
            }
        }
    }
}

static double run_length(const struct mp_nights_alarm *alarm, unsigned failures) {
    uint64_t period = alarm->period < PERIOD_MAX ? alarm->period : PERIOD_MAX;
    double coarse =
        (double)alarm->period / (double)period; /* rounds in one step of the chain */
    return coarse * mp_cusum_run_length(period, failures * period, alarm->p0 * coarse);
}

/* What is usual, from the nights of the first half that count. */
static void learn(struct mp_nights *nights) {
    struct mp_nights_alarm *alarm = &nights->alarm;
    size_t half = nights->changed_count / 2;
    uint64_t rounds = 0, failures = 0, later = 0;
    alarm->first_row = nights->changed_row[half];
    for (size_t i = 0; i < nights->changed_count; i++) {
        const struct mp_nights_row *row = &nights->row[nights->changed_row[i]];
        if (i < half) {
            rounds += row->rounds;
            failures += row->failures;
        } else {
            later += row->rounds;
        }
    }
    alarm->p0 = rounds > 0 ? (double)failures / (double)rounds : 0.0;
    alarm->p1 = fmin(RISE * alarm->p0, (1.0 + alarm->p0) / 2.0);
    alarm->period = mp_cusum_period(alarm->p0, alarm->p1);
    if (failures == 0) {
        alarm->rule = MP_ALARM_FIRST_FAILURE;
    } else if (alarm->period >= 2) {
        alarm->rule = MP_ALARM_CUSUM;
        double usual = (double)later / (double)(nights->changed_count - half);
        for (unsigned failed = 1; failed <= LIMIT_MAX; failed++) {
            alarm->limit = failed;
            alarm->run_length = run_length(alarm, failed);
            if (alarm->run_length >= QUIET_NIGHTS * usual)
                break;
        }
    }
}

/* The counts of nights are enough here. */
static void find_first_failure(struct mp_nights *nights) {
    struct mp_nights_alarm *alarm = &nights->alarm;
    for (size_t i = nights->changed_count / 2; i < nights->changed_count; i++) {
        const struct mp_nights_row *row = &nights->row[nights->changed_row[i]];
        alarm->rounds += row->rounds;
        if (row->failures > 0 && !alarm->has_alarm) {
            alarm->has_alarm = true;
            alarm->alarm_row = nights->changed_row[i];
        }
    }
}

static void run_cusum(struct mp_nights *nights) {
    struct mp_nights_alarm *alarm = &nights->alarm;
    size_t first = nights->changed_count;
    uint64_t rounds = 0;
    for (size_t i = nights->changed_count; i-- > nights->changed_count / 2;) {
        rounds += nights->row[nights->changed_row[i]].rounds;
        if (rounds > MP_NIGHTS_ORDER_MAX) {
            alarm->is_cut = true;
            break;
        }
        first = i;
    }
    struct mp_cusum cusum;
    double unit = (double)alarm->period;
    mp_cusum_init_whole(&cusum, alarm->period, (uint64_t)alarm->limit * alarm->period);
    for (size_t i = first; i < nights->changed_count; i++) {
        size_t row = nights->changed_row[i];
        alarm->first_row = i == first ? row : alarm->first_row;
        feed_row(nights, row, &cusum, NULL);
        if (cusum.alarm_at != 0 && !alarm->has_alarm) {
            alarm->has_alarm = true;
            alarm->alarm_row = row;
        }
    }
    alarm->rounds = cusum.rounds;
    alarm->level = cusum.level / unit;
}

static void watch(struct mp_nights *nights) {
    uint64_t rounds = 0;
    for (size_t row = nights->newest; row < nights->row_count; row++)
        rounds += nights->row[row].rounds;
    for (size_t row = nights->newest;
         row < nights->row_count && rounds <= MP_NIGHTS_ORDER_MAX; row++)
        feed_row(nights, row, NULL, &nights->runs);
    nights->has_runs_test = nights->runs.failures >= 5 && nights->runs.passes >= 5 &&
                            mp_runs_test(&nights->runs, &nights->runs_test);
    if (nights->changed_count >= MP_NIGHTS_MIN) {
        learn(nights);
        if (nights->alarm.rule == MP_ALARM_CUSUM)
            run_cusum(nights);
        else if (nights->alarm.rule == MP_ALARM_FIRST_FAILURE)
            find_first_failure(nights);
    }
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
    nights->report.campaign_id = campaign->id;
    sqlite3_stmt *rows = mp_report_query(
        &nights->report,
        /* "<> 'pass'" leads to the index of these rounds. */
        "SELECT r.cell_id, ifnull(s.key, ''), ifnull(s.title, r.outcome || ': ' || "
        "o.words),"
        " count(DISTINCT r.id) FROM round AS r JOIN outcome AS o ON o.name = r.outcome"
        " JOIN campaign_cell AS cc ON cc.campaign_id = ?1 AND cc.cell_id = r.cell_id"
        " LEFT JOIN crash AS k ON k.round_id = r.id AND k.sample IS NOT 2"
        " LEFT JOIN signature AS s ON s.id = k.signature_id"
        " WHERE r.campaign_id = ?1 AND r.outcome <> 'pass' AND o.class = 'failure'"
        " AND cc.role = 'subject' GROUP BY 1, 2, 3 ORDER BY 2, 3",
        0);
    while (mp_report_next(&nights->report, rows)) {
        if (!is_shown(nights, sqlite3_column_int64(rows, 0)))
            continue;
        struct mp_nights_kind *kind =
            find_kind(nights, mp_report_column(rows, 1), mp_report_column(rows, 2));
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

static void load_kinds(struct mp_nights *nights) {
    uint64_t earlier = 0, newest = 0;
    for (size_t i = 0; i < nights->campaign_count; i++)
        add_kinds_of(nights, &nights->campaign[i]);
    for (size_t i = 0; i < nights->row_count; i++)
        *(i < nights->newest ? &earlier : &newest) += nights->row[i].rounds;
    for (size_t i = 0; i < nights->kind_count; i++) {
        struct mp_nights_kind *kind = &nights->kind[i];
        double rate =
            earlier > 0 ? fmin(1.0, (double)kind->earlier / (double)earlier) : 0.0;
        kind->chance = exp((double)newest * log1p(-fmin(rate, 1.0 - 1e-16)));
    }
}

enum mp_status mp_nights_measure(struct mp_nights *nights, struct mp_error *err) {
    measure_pools(nights);
    find_changes(nights);
    measure_speed(nights);
    watch(nights);
    load_kinds(nights);
    return mp_report_status(&nights->report, err);
}
