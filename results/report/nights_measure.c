/* What nights show together: rates, whether they differ, where they changed, speed.
 * Numbers only; a night whose positive control stayed silent is in no figure here but its
 * speed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "results/report/nights_rows.h"
#include "results/report/rate.h"
#include "results/stats/median.h"

#define DIFFERS       0.05 /* P of Tarone's test below which nights count as different */
#define SHUFFLE_SEED  UINT64_C(0x6e696768747321)
#define SHUFFLES_MAX  9999
#define SHUFFLES_MIN  999
#define SHUFFLE_STEPS 20000000 /* of all shuffles together, about 0.2 s */
#define FAILURES_MANY 20000    /* beyond this whole nights are shuffled */

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

void mp_nights_measure(struct mp_nights *nights) {
    measure_pools(nights);
    find_changes(nights);
    measure_speed(nights);
}

void mp_nights_write_build(const struct mp_nights_build *build, const char *separator,
                           struct mp_strbuf *buf) {
    const char *const parts[] = {build->os,        build->os_build, build->driver,
                                 build->driver_id, build->gpu,      build->cpu};
    bool is_first = true;
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i][0] != '\0') {
            mp_strbuf_addf(buf, "%s%s", is_first ? "" : separator, parts[i]);
            is_first = false;
        }
    }
    if (is_first)
        mp_strbuf_addstr(buf, "unknown");
}

static void write_pair(struct mp_strbuf *buf, const char *what, const char *before,
                       const char *after) {
    if (strcmp(before, after) != 0) {
        mp_strbuf_addf(buf, "%s%s %s -> %s", buf->len > 0 ? "; " : "", what,
                       before[0] != '\0' ? before : "unknown",
                       after[0] != '\0' ? after : "unknown");
    }
}

void mp_nights_write_difference(const struct mp_nights *nights, size_t row,
                                struct mp_strbuf *buf) {
    if (row == 0)
        return;
    const struct mp_nights_build *before = &nights->build[nights->row[row - 1].build];
    const struct mp_nights_build *after = &nights->build[nights->row[row].build];
    write_pair(buf, "system", before->os, after->os);
    write_pair(buf, "build", before->os_build, after->os_build);
    write_pair(buf, "driver", before->driver, after->driver);
    write_pair(buf, "driver build", before->driver_id, after->driver_id);
    write_pair(buf, "GPU", before->gpu, after->gpu);
    write_pair(buf, "processor", before->cpu, after->cpu);
    write_pair(buf, "mpstress", nights->row[row - 1].version, nights->row[row].version);
}
