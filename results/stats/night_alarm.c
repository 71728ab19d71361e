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

/* The normal deviate of the same test; 0 where nothing could differ. */
static double find_deviate(const struct test *test, double correction) {
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
    return variance > 0.0 ? (excess - correction) / sqrt(variance) : 0.0;
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
    return exact.is_complete ? exact.greater : mp_normal_upper(find_deviate(test, 0.5));
}

static double share(uint64_t part, uint64_t all) {
    return all > 0 ? (double)part / (double)all : 0.0;
}

/* The smallest P of a night with all windows that end with it. */
static double look(struct mp_night_series series, size_t night, struct test *test) {
    double least = 1.0;
    for (size_t i = 0; i < WINDOW_COUNT; i++)
        if (night + 1 >= WINDOWS[i] + MP_NIGHT_ALARM_EARLIER)
            least = fmin(least, find_p(series, night + 1 - WINDOWS[i], night + 1, test));
    return least;
}

static void set_first(struct mp_night_series series, size_t first, struct test *test,
                      struct mp_night_alarm *alarm) {
    fill(series, first, alarm->night + 1, test);
    alarm->first = first;
    alarm->rate_after = share(test->all.failures_a, test->all.rounds_a);
    alarm->rate_before = share(test->all.failures_b, test->all.rounds_b);
}

/* Windows say that the rate rose, and only roughly when: the strongest split says when,
 * as in the search for changes. */
static void find_rise(struct mp_night_series series, struct test *test,
                      struct mp_night_alarm *alarm) {
    size_t reach = WINDOWS[WINDOW_COUNT - 1] - 1, end = alarm->night + 1;
    size_t least = alarm->since >= MP_NIGHT_ALARM_EARLIER + reach
                       ? alarm->since - reach
                       : MP_NIGHT_ALARM_EARLIER;
    size_t best = alarm->since;
    double most = -INFINITY;
    for (size_t first = least; first <= alarm->since; first++) {
        fill(series, first, end, test);
        double deviate = find_deviate(test, 0.0);
        if (deviate > most) {
            most = deviate;
            best = first;
        }
    }
    set_first(series, best, test, alarm);
}

static struct test make_test(struct mp_night_series series) {
    return (struct test){
        .strata = mp_memory_zeroed(series.cells + 1, sizeof(struct mp_two_arms)),
        .cells = series.cells};
}

void mp_night_alarm_begin(struct mp_night_series series, size_t first,
                          struct mp_night_alarm *alarm) {
    struct test test = make_test(series);
    set_first(series, first, &test, alarm);
    free(test.strata);
}

struct mp_night_alarm mp_night_alarm_test(struct mp_night_series series, double alpha) {
    const size_t looks = MP_NIGHT_ALARM_NIGHTS * WINDOW_COUNT;
    struct mp_night_alarm alarm = {.level = alpha / (double)looks, .p = 1.0};
    struct test test = make_test(series);
    size_t could = series.nights > MP_NIGHT_ALARM_EARLIER
                       ? series.nights - MP_NIGHT_ALARM_EARLIER
                       : 0;
    alarm.watched = could < MP_NIGHT_ALARM_NIGHTS ? could : MP_NIGHT_ALARM_NIGHTS;
    for (size_t i = 1; i <= alarm.watched; i++) {
        size_t night = series.nights - i;
        double p = look(series, night, &test);
        bool raises = p <= alarm.level;
        if (alarm.has_alarm && !raises)
            break;
        if (!alarm.has_alarm && (raises || i == 1)) {
            alarm.night = night;
            alarm.p = p;
        }
        if (raises)
            alarm.since = night;
        alarm.has_alarm = alarm.has_alarm || raises;
    }
    if (alarm.has_alarm)
        find_rise(series, &test, &alarm);
    else if (alarm.watched > 0)
        set_first(series, alarm.night, &test, &alarm);
    free(test.strata);
    return alarm;
}
