/* The alarm of nights.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/stats/night_alarm.h"

#include <math.h>
#include <stdlib.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "results/stats/normal.h"
#include "results/stats/strata_exact.h"

#define DOUBT        0.1 /* that nights differ more than assumed */
#define WINDOW_COUNT MP_COUNT(WINDOWS)

static const size_t WINDOWS[] = {1, 2, 4};

/* What one test compares. */
struct test {
    struct mp_two_arms *strata; /* arm A: the newest nights */
    size_t cells;
    struct mp_two_arms all; /* of all strata */
};

static void add(struct mp_night night, uint64_t *failures, uint64_t *rounds) {
    *failures += night.failures < night.rounds ? night.failures : night.rounds;
    *rounds += night.rounds;
}

static void fill(struct mp_night_series series, size_t first, size_t end,
                 struct test *test) {
    test->all = (struct mp_two_arms){0};
    for (size_t cell = 0; cell < series.cells; cell++) {
        struct mp_two_arms arms = {0};
        for (size_t i = 0; i < end; i++) {
            struct mp_night night = series.count[i * series.cells + cell];
            bool is_blind = series.is_blind != NULL && series.is_blind[i];
            if (i < first && !is_blind)
                add(night, &arms.failures_b, &arms.rounds_b);
            else if (i >= first)
                add(night, &arms.failures_a, &arms.rounds_a);
        }
        test->strata[cell] = arms;
        test->all.failures_a += arms.failures_a;
        test->all.rounds_a += arms.rounds_a;
        test->all.failures_b += arms.failures_b;
        test->all.rounds_b += arms.rounds_b;
    }
}

/* Fewer rounds, of which no more fail: never a smaller P than the true one. */
static void thin(struct test *test, double factor) {
    for (size_t i = 0; i < test->cells; i++) {
        struct mp_two_arms *arms = &test->strata[i];
        arms->rounds_a = (uint64_t)ceil((double)arms->rounds_a / factor);
        arms->rounds_b = (uint64_t)ceil((double)arms->rounds_b / factor);
        arms->failures_a = (uint64_t)floor((double)arms->failures_a / factor);
        arms->failures_b = (uint64_t)ceil((double)arms->failures_b / factor);
    }
}

/* The normal limit of the same test. */
static double find_normal_p(const struct test *test) {
    double excess = 0.0, variance = 0.0;
    for (size_t i = 0; i < test->cells; i++) {
        struct mp_two_arms arms = test->strata[i];
        double a = (double)arms.rounds_a, b = (double)arms.rounds_b, all = a + b;
        if (all <= 1.0)
            continue;
        double rate = ((double)arms.failures_a + (double)arms.failures_b) / all;
        excess += fma(-a, rate, (double)arms.failures_a);
        variance += rate * (1.0 - rate) * a * (b / (all - 1.0));
    }
    return variance > 0.0 ? mp_normal_upper((excess - 0.5) / sqrt(variance)) : 1.0;
}

static double find_p(struct mp_night_series series, size_t first, size_t end,
                     struct test *test) {
    struct mp_night_dispersion earlier =
        mp_night_series_dispersion(mp_night_series_part(series, 0, first));
    fill(series, first, end, test);
    if (test->all.failures_a == 0)
        return 1.0;
    thin(test, mp_night_dispersion_upper(earlier, DOUBT));
    struct mp_strata_exact exact = mp_strata_exact(test->strata, test->cells);
    return exact.is_complete ? exact.greater : find_normal_p(test);
}

static double share(uint64_t part, uint64_t all) {
    return all > 0 ? (double)part / (double)all : 0.0;
}

struct mp_night_alarm mp_night_alarm_test(struct mp_night_series series, double alpha) {
    const size_t looks = MP_NIGHT_ALARM_NIGHTS * WINDOW_COUNT;
    struct mp_night_alarm alarm = {.level = alpha / (double)looks, .p = 1.0};
    struct test test = {.strata =
                            mp_memory_zeroed(series.cells + 1, sizeof(*test.strata)),
                        .cells = series.cells};
    for (size_t night = series.nights; night-- > MP_NIGHT_ALARM_EARLIER;) {
        if (alarm.has_alarm || alarm.watched == MP_NIGHT_ALARM_NIGHTS)
            break;
        alarm.watched++;
        for (size_t i = 0; i < WINDOW_COUNT; i++) {
            if (night + 1 < WINDOWS[i] + MP_NIGHT_ALARM_EARLIER)
                continue;
            size_t first = night + 1 - WINDOWS[i];
            double p = find_p(series, first, night + 1, &test);
            bool raises = p <= alarm.level;
            if (alarm.watched > 1 && !raises)
                continue;
            if (p < alarm.p || (raises && !alarm.has_alarm)) {
                alarm.night = night;
                alarm.first = first;
                alarm.p = p;
                alarm.rate_after = share(test.all.failures_a, test.all.rounds_a);
                alarm.rate_before = share(test.all.failures_b, test.all.rounds_b);
            }
            alarm.has_alarm = alarm.has_alarm || raises;
        }
    }
    size_t could = series.nights > MP_NIGHT_ALARM_EARLIER
                       ? series.nights - MP_NIGHT_ALARM_EARLIER
                       : 0;
    alarm.watched = could < MP_NIGHT_ALARM_NIGHTS ? could : MP_NIGHT_ALARM_NIGHTS;
    free(test.strata);
    return alarm;
}
