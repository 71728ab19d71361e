/* Rounds of the newer nights one by one: the alarm, and whether failures of the newest
 * night come in clusters. Must not read more than MP_NIGHTS_ORDER_MAX of them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "harness/base/memory.h"
#include "results/report/nights_rows.h"

#define RISE         5.0  /* the rate that shall be noticed, in usual rates */
#define QUIET_NIGHTS 100  /* a false alarm comes once in so many, on average */
#define PERIOD_MAX   1000 /* beyond it run lengths are those of a coarser chain */
#define LIMIT_MAX    8    /* failures */

/* Which cells' rounds are looked at, of one campaign. */
static bool is_watched(const struct mp_nights *nights, int64_t cell_id) {
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
                is_watched(nights, sqlite3_column_int64(rows, 0))) {
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

void mp_nights_watch(struct mp_nights *nights) {
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
