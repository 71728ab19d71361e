/* Figures over nights in words, and the table of cells.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/nights_sections.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "harness/base/table.h"
#include "results/report/line.h"
#include "results/report/rate.h"
#include "results/report/verdict.h"
#include "results/stats/percent.h"

#define LISTED_MAX 10
#define DIFFERS    0.05
#define CLUSTERED  0.05
/* Another night is worthwhile while it lowers the bound by more than this share. */
#define WORTH_WHILE 0.1

/* "P 0.012", or "P below 0.0001" at the resolution of shuffles or digits: never 0. */
static void write_p(double p, struct mp_strbuf *buf) {
    if (p < 1e-4)
        mp_strbuf_addstr(buf, "P below 0.0001");
    else
        mp_strbuf_addf(buf, "P %.2g", p);
}

static void add_line(struct mp_text *text, const char *label, enum mp_style style,
                     const char *content) {
    mp_text_left(text, MP_DIM, MP_LABEL_WIDTH, label);
    mp_text_wrap(text, style, MP_LABEL_WIDTH, content);
}

/* "build A: ", "all builds: ", or nothing if there is one build. */
static void begin_pool(const struct mp_nights *nights, const struct mp_nights_pool *pool,
                       struct mp_strbuf *line) {
    mp_strbuf_clear(line);
    if (pool->build == SIZE_MAX)
        mp_strbuf_addstr(line, "all builds pooled, as requested: ");
    else if (nights->build_count > 1)
        mp_strbuf_addf(line, "build %s: ", nights->build[pool->build].name);
}

/* The nights whose zeros mean nothing. */
static void write_silent(const struct mp_nights_pool *pool, struct mp_strbuf *line) {
    if (pool->silent_nights > 0)
        mp_strbuf_addf(line,
                       "; %zu %s without power, where a control that must fail stayed"
                       " silent, can raise an alarm and %s compared with no other",
                       pool->silent_nights,
                       mp_plural(pool->silent_nights, "more night", "more nights"),
                       mp_plural(pool->silent_nights, "is", "are"));
    if (pool->silent_failures > 0)
        mp_strbuf_addf(line, "; %" PRIu64 " %s of %s are in these rounds",
                       pool->silent_failures,
                       mp_plural(pool->silent_failures, "failure", "failures"),
                       mp_plural(pool->silent_nights, "it", "them"));
    if (pool->without_power > 0)
        mp_strbuf_addf(line, "; left out: %" PRIu64 " %s without power, which %s nothing",
                       pool->without_power,
                       mp_plural(pool->without_power, "pass", "passes"),
                       mp_plural(pool->without_power, "shows", "show"));
}

static void add_pooling(const struct mp_nights *nights, struct mp_text *text) {
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < nights->pool_count; i++) {
        const struct mp_nights_pool *pool = &nights->pool[i];
        begin_pool(nights, pool, &line);
        mp_strbuf_addf(&line, "%zu %s, %" PRIu64 " rounds of %zu %s", pool->nights,
                       mp_plural(pool->nights, "night", "nights"), pool->rounds,
                       nights->shown, mp_plural(nights->shown, "subject", "subjects"));
        if (pool->uncontrolled_nights > 0)
            mp_strbuf_addf(&line, "; %zu of them without a control that must fail",
                           pool->uncontrolled_nights);
        write_silent(pool, &line);
        add_line(text, i == 0 ? "together" : "",
                 pool->silent_nights > 0 ? MP_WARN : MP_PLAIN, line.text);
    }
    if (nights->pool_count > 1)
        add_line(text, "", MP_PLAIN,
                 "Nights on different builds of system or driver are not pooled; "
                 "--across-builds pools them.");
    mp_strbuf_release(&line);
}

static void add_spread(const struct mp_nights *nights, struct mp_text *text) {
    const char *label = "spread";
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < nights->pool_count; i++) {
        const struct mp_nights_pool *pool = &nights->pool[i];
        const struct mp_night_spread *spread = &pool->spread;
        if (!pool->has_spread)
            continue;
        char low[MP_PERCENT_SIZE], high[MP_PERCENT_SIZE];
        bool differs = spread->p < DIFFERS;
        begin_pool(nights, pool, &line);
        mp_percent_lower(spread->adjusted.low, low, sizeof(low));
        mp_percent_upper(spread->adjusted.high, high, sizeof(high));
        mp_strbuf_addf(&line, "nights differ %s than chance allows (phi %.3g, ",
                       differs ? "more" : "no more", spread->phi);
        write_p(spread->p, &line);
        mp_strbuf_addf(&line,
                       "); allowing for the observed spread, %" PRIu64
                       " rounds are worth %.0f"
                       " independent ones, and 95 %% limits are [%s, %s] %%",
                       pool->rounds - pool->silent_failures,
                       floor(spread->effective_rounds + 1e-9), low, high);
        add_line(text, label, differs ? MP_WARN : MP_PLAIN, line.text);
        label = "";
    }
    mp_strbuf_release(&line);
}

static void add_changes(const struct mp_nights *nights, struct mp_text *text) {
    struct mp_strbuf line, difference;
    mp_strbuf_init(&line);
    mp_strbuf_init(&difference);
    for (size_t i = 0; i < nights->change_count; i++) {
        const struct mp_change *change = &nights->change[i];
        size_t row = nights->changed_row[change->night];
        char before[MP_PERCENT_SIZE], after[MP_PERCENT_SIZE];
        mp_percent_point(change->rate_before, before, sizeof(before));
        mp_percent_point(change->rate_after, after, sizeof(after));
        mp_strbuf_clear(&line);
        mp_strbuf_clear(&difference);
        mp_nights_write_difference(nights, row, &difference);
        mp_strbuf_addf(&line, "%s: from %s %% to %s %% (chi-squared %.4g, ",
                       nights->row[row].night, before, after, change->statistic);
        write_p(change->p, &line);
        mp_strbuf_addf(&line, " by shuffling, each subject by itself); %s",
                       difference.len > 0
                           ? "changed with that night: "
                           : "system, driver and mpstress stayed the same");
        mp_strbuf_addstr(&line, difference.text);
        add_line(text, i == 0 ? "changes" : "", MP_BAD, line.text);
    }
    if (nights->change_count == 0)
        add_line(text, "changes", MP_PLAIN,
                 nights->changed_count < MP_NIGHTS_MIN
                     ? "too few nights to look for a change of the rate; 5 with power "
                       "are needed"
                     : "no change of the rate shown");
    if (nights->changed_count >= MP_NIGHTS_MIN)
        add_line(
            text, "", MP_DIM,
            "a change that is none is shown in about 5 % of reports, also if nights vary "
            "by up to two thirds of the rate; more often if they vary by more than it");
    mp_strbuf_release(&line);
    mp_strbuf_release(&difference);
}

static void add_alarm(const struct mp_nights *nights, struct mp_text *text) {
    const struct mp_night_alarm *alarm = &nights->alarm;
    if (!nights->has_watch)
        return;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    if (alarm->has_alarm) {
        const char *night = nights->row[nights->watched_row[alarm->night]].night;
        const char *since = nights->row[nights->watched_row[alarm->since]].night;
        const char *first = nights->row[nights->watched_row[alarm->first]].night;
        char before[MP_PERCENT_SIZE], after[MP_PERCENT_SIZE];
        mp_percent_point(alarm->rate_before, before, sizeof(before));
        mp_percent_point(alarm->rate_after, after, sizeof(after));
        mp_strbuf_addf(&line, "ALARM in the night of %s", night);
        if (alarm->since != alarm->night)
            mp_strbuf_addf(&line, ", first in that of %s", since);
        mp_strbuf_addstr(&line, ": ");
        if (alarm->first != alarm->night)
            mp_strbuf_addf(&line, "from %s on ", first);
        mp_strbuf_addf(&line, "%s %% failed, in all nights before %s %%, ", after,
                       before);
        write_p(alarm->p, &line);
    } else {
        mp_strbuf_addstr(&line, "quiet");
    }
    mp_strbuf_addf(
        &line,
        "; stricter than \"changes\", since it is read every night: while the rate stays"
        " the same, the chance of an alarm in %d nights is at most %g %%, even if nights"
        " vary by up to two thirds of the rate; it is higher if they vary by the whole"
        " rate or more; one night, and two and four together, are compared with all"
        " nights before them; watched: %zu %s",
        MP_NIGHT_ALARM_NIGHTS, 100.0 * MP_RATE_ALPHA, alarm->watched,
        mp_plural(alarm->watched, "night", "nights"));
    add_line(text, "alarm", alarm->has_alarm ? MP_BAD : MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

static void write_cell(const struct mp_nights *nights, size_t index,
                       struct mp_strbuf *buf) {
    const struct mp_nights_cell *cell = &nights->cell[index];
    const char *name = cell->scenario;
    for (size_t i = 0; i < nights->cell_count; i++) {
        const struct mp_nights_cell *other = &nights->cell[i];
        if (i != index && other->is_shown &&
            strcmp(other->scenario, cell->scenario) == 0 &&
            strcmp(other->arm, cell->arm) == 0 &&
            strcmp(other->device, cell->device) == 0)
            name = cell->title; /* the scenario alone does not tell them apart */
    }
    mp_strbuf_addf(buf, "%s, arm %s, on %s", name, cell->arm, cell->device);
}

static void add_speed(const struct mp_nights *nights, struct mp_text *text) {
    size_t drifting = 0, across = 0;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < nights->speed_count; i++) {
        const struct mp_nights_speed *speed = &nights->speed[i];
        across += speed->is_across_builds;
        if (speed->ratio >= MP_NIGHTS_SLOW && speed->ratio <= MP_NIGHTS_FAST)
            continue;
        if (drifting++ < LISTED_MAX) {
            mp_strbuf_clear(&line);
            write_cell(nights, speed->cell, &line);
            mp_strbuf_addf(&line,
                           ": %.3g ops/s, %.2f of the median of %zu earlier nights%s",
                           speed->newest, speed->ratio, speed->nights,
                           speed->is_across_builds ? " (on all builds)" : "");
            add_line(text, drifting == 1 ? "speed" : "", MP_WARN, line.text);
        }
    }
    mp_strbuf_clear(&line);
    if (nights->speed_count == 0) {
        mp_strbuf_addstr(&line,
                         "no subject has 5 earlier nights with which to compare its "
                         "speed");
    } else {
        mp_strbuf_addf(
            &line,
            "%zu of %zu %s outside of %.2g to %.3g times the median of earlier nights",
            drifting, nights->speed_count,
            mp_plural(nights->speed_count, "subject is", "subjects are"), MP_NIGHTS_SLOW,
            MP_NIGHTS_FAST);
    }
    if (across > 0)
        mp_strbuf_addf(&line, "; %zu compared with nights on other builds as well",
                       across);
    add_line(text, drifting == 0 ? "speed" : "", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

/* Known kinds: met, expired, vanished. */
static void add_known_kinds(const struct mp_nights *nights, bool has_power,
                            struct mp_text *text) {
    const char *label = "known";
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < nights->kind_count; i++) {
        const struct mp_nights_kind *kind = &nights->kind[i];
        if (kind->issue == NULL || (kind->newest == 0 && !has_power))
            continue;
        mp_strbuf_clear(&line);
        if (kind->newest == 0) {
            mp_strbuf_addf(&line, "vanished: %s, last on %s; absent by chance with ",
                           kind->title, nights->row[kind->last_row].night);
            write_p(kind->chance, &line);
            mp_strbuf_addf(&line, "; %s", kind->issue);
        } else {
            mp_strbuf_addf(
                &line, "%" PRIu64 " x %s: %s%s%s; %s", kind->newest, kind->title,
                kind->has_expired ? "EXPIRED on " : "known until ", kind->until,
                kind->has_expired ? " and counts as new" : "", kind->issue);
        }
        add_line(text, label, kind->newest > 0 && kind->has_expired ? MP_BAD : MP_PLAIN,
                 line.text);
        label = "";
    }
    mp_strbuf_release(&line);
}

/* Whether somebody looks after it, so that it is told with the known ones. */
static bool is_looked_after(const struct mp_nights_kind *kind) {
    return kind->issue != NULL;
}

static void add_new_kinds(const struct mp_nights *nights, struct mp_text *text) {
    size_t found = 0;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < nights->kind_count; i++) {
        const struct mp_nights_kind *kind = &nights->kind[i];
        if (kind->newest > 0 && kind->earlier == 0 && !is_looked_after(kind) &&
            found++ < LISTED_MAX) {
            mp_strbuf_clear(&line);
            mp_strbuf_addf(&line, "%" PRIu64 " x %s", kind->newest, kind->title);
            add_line(text, found == 1 ? "new" : "", MP_BAD, line.text);
        }
    }
    mp_strbuf_clear(&line);
    if (found > LISTED_MAX) {
        mp_strbuf_addf(&line, "and %zu more new kinds of failure", found - LISTED_MAX);
        add_line(text, "", MP_BAD, line.text);
    } else if (found == 0) {
        add_line(text, "new", MP_PLAIN, "no kind of failure in the newest night is new");
    }
    mp_strbuf_release(&line);
}

static void add_gone_kinds(const struct mp_nights *nights, struct mp_text *text) {
    size_t found = 0;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < nights->kind_count; i++) {
        const struct mp_nights_kind *kind = &nights->kind[i];
        if (kind->newest == 0 && kind->earlier > 0 && !is_looked_after(kind) &&
            found++ < LISTED_MAX) {
            mp_strbuf_clear(&line);
            mp_strbuf_addf(&line,
                           "%s: %" PRIu64
                           " times in %zu earlier %s, last on %s; absent by "
                           "chance with ",
                           kind->title, kind->earlier, kind->nights,
                           mp_plural(kind->nights, "night", "nights"),
                           nights->row[kind->last_row].night);
            write_p(kind->chance, &line);
            add_line(text, found == 1 ? "gone" : "", MP_PLAIN, line.text);
        }
    }
    if (found > LISTED_MAX) {
        mp_strbuf_clear(&line);
        mp_strbuf_addf(&line, "and %zu more", found - LISTED_MAX);
        add_line(text, "", MP_PLAIN, line.text);
    }
    mp_strbuf_release(&line);
}

static void add_kinds(const struct mp_nights *nights, struct mp_text *text) {
    bool has_power = nights->verdict != MP_VERDICT_NO_POWER &&
                     nights->verdict != MP_VERDICT_NOTHING_RAN;
    add_known_kinds(nights, has_power, text);
    if (nights->newest == 0) {
        add_line(text, "new", MP_PLAIN,
                 "this is the only night: new and vanished kinds of failure, speed and "
                 "change need earlier nights");
        return;
    }
    add_new_kinds(nights, text);
    if (!has_power) {
        add_line(text, "gone", MP_PLAIN,
                 "vanished kinds are not judged: the newest night had no power");
    } else {
        add_gone_kinds(nights, text);
    }
}

static void add_order(const struct mp_nights *nights, struct mp_text *text) {
    if (!nights->has_runs_test)
        return;
    struct mp_strbuf line;
    bool is_clustered = nights->runs_test.exact < CLUSTERED;
    mp_strbuf_init(&line);
    mp_strbuf_addf(
        &line, "%s (%" PRIu64 " failures and %" PRIu64 " passes in %" PRIu64 " runs, ",
        is_clustered ? "failures of the newest night cluster in time"
                     : "failures of the newest night are spread as by chance",
        nights->runs.failures, nights->runs.passes, nights->runs.runs);
    write_p(nights->runs_test.exact, &line);
    mp_strbuf_addstr(&line, is_clustered ? "): look at heat, load, and whether the device"
                                           " was unhealthy"
                                         : ")");
    add_line(text, "order", is_clustered ? MP_WARN : MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

/* One line: what more nights on the newest build would change. */
static void add_value(const struct mp_nights *nights, struct mp_text *text) {
    const struct mp_nights_pool *pool = &nights->pool[nights->pool_count - 1];
    for (size_t i = 0; i < nights->pool_count; i++)
        if (nights->pool[i].build == nights->row[nights->row_count - 1].build)
            pool = &nights->pool[i];
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    begin_pool(nights, pool, &line);
    if (pool->usual == 0) {
        mp_strbuf_addstr(&line, "no night with power yet: the next one is worth most");
    } else {
        char now[MP_PERCENT_SIZE], next[MP_PERCENT_SIZE];
        mp_percent_upper(pool->bound, now, sizeof(now));
        mp_percent_upper(pool->next_bound, next, sizeof(next));
        bool has_value = pool->next_bound < (1.0 - WORTH_WHILE) * pool->bound;
        uint64_t to_halve = (pool->rounds + pool->usual - 1) / pool->usual;
        mp_strbuf_addf(&line,
                       "the bound moves from %s %% to %s %% for %" PRIu64
                       " more rounds, a usual night%s:"
                       " more nights have %s; about %" PRIu64 " would halve it",
                       now, next, pool->usual,
                       pool->failures > 0 ? ", if none fails" : "",
                       has_value ? "value" : "little value", to_halve);
    }
    add_line(text, "more", MP_BOLD, line.text);
    mp_strbuf_release(&line);
}

/* A row for the cell, if it has rounds on this build. */
static void add_cell(const struct mp_nights *nights, size_t index, size_t build,
                     struct mp_table *table) {
    struct mp_rate rate = {0};
    size_t rows = 0;
    for (size_t i = 0; i < nights->row_count; i++) {
        const struct mp_nights_row *row = &nights->row[i];
        if (row->is_pooled && (build == SIZE_MAX || row->build == build)) {
            rate.rounds += row->count[index].rounds;
            rate.failures += row->count[index].failures;
            rate.without_power += row->count[index].without_power;
            rows += row->count[index].rounds > 0;
        }
    }
    if (rows == 0)
        return;
    enum mp_style style = rate.failures > 0 ? MP_BAD : MP_PLAIN;
    struct mp_strbuf name, limits;
    mp_strbuf_init(&name);
    mp_strbuf_init(&limits);
    write_cell(nights, index, &name);
    mp_rate_write(rate, &limits);
    size_t at = mp_table_add_row(table);
    mp_table_set(table, at, 0, MP_PLAIN, "%zu", rows);
    mp_table_set(table, at, 1, style, "%" PRIu64 "/%" PRIu64, rate.failures, rate.rounds);
    mp_table_set(table, at, 2, style, "%s", limits.text);
    mp_table_set(table, at, 3, MP_PLAIN, "%s", name.text);
    mp_strbuf_release(&name);
    mp_strbuf_release(&limits);
}

static void add_cell_table(const struct mp_nights *nights, size_t build,
                           struct mp_text *text) {
    struct mp_table table;
    mp_table_init(&table, text);
    mp_table_add_column(&table,
                        (struct mp_table_column){.title = "nights", .is_right = true});
    mp_table_add_column(
        &table,
        (struct mp_table_column){.title = "failed/rounds", .gap = 1, .is_right = true});
    mp_table_add_column(
        &table, (struct mp_table_column){.title = MP_RATE_TITLE, .gap = 2, .min = 26});
    mp_table_add_column(&table, (struct mp_table_column){.gap = 2, .is_wrapped = true});
    for (size_t i = 0; i < nights->cell_count; i++)
        if (nights->cell[i].is_shown)
            add_cell(nights, i, build, &table);
    mp_table_write_titles(&table);
    for (size_t i = 0; i < table.row_count; i++)
        mp_table_write_row(&table, i);
    mp_table_release(&table);
}

/* Rounds of one cell over nights, per build. */
static void add_cells(const struct mp_nights *nights, struct mp_text *text) {
    mp_text_end(text);
    for (size_t i = 0; i < nights->pool_count; i++) {
        size_t build = nights->pool[i].build;
        if (nights->pool[i].nights == 0)
            continue;
        mp_text_add(text, MP_BOLD, "Subjects over all nights");
        if (nights->pool_count > 1)
            mp_text_add(text, MP_BOLD, " of build %s", nights->build[build].name);
        mp_text_end(text);
        add_cell_table(nights, build, text);
    }
    mp_text_end(text);
}

void mp_nights_add_sections(const struct mp_nights *nights, struct mp_text *text) {
    add_pooling(nights, text);
    add_spread(nights, text);
    if (nights->newest > 0) {
        add_changes(nights, text);
        add_alarm(nights, text);
        add_speed(nights, text);
    }
    add_kinds(nights, text);
    add_order(nights, text);
    add_value(nights, text);
    add_cells(nights, text);
    mp_text_wrap(
        text, MP_DIM, 0,
        "Rounds: those of the subjects that passed or failed; void: those without a "
        "verdict. Failing: two-sided 95 % Clopper-Pearson limits, where none failed the "
        "one-sided 95 % upper bound. Control: whether what must fail did; where it "
        "stayed silent, zeros mean nothing.");
}
