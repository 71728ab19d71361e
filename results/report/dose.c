/* Sweeps of a campaign.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/dose.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/memory.h"
#include "results/report/cell_arm.h"
#include "results/report/cell_title.h"
#include "results/report/json.h"
#include "results/report/line.h"
#include "results/stats/digits.h"
#include "results/stats/percent.h"

#define SHOWN_MAX 8
#define DOSES_MAX 12 /* in a line */
#define UNLIKELY  0.05

static const char note[] =
    "Hazard of a round: -log(1 - rate), modelled as a power of the parameter. 1: each "
    "adds the same chance; 2: it takes pairs of them; 0: no effect. Maximum likelihood "
    "with 95 % profile limits";

/* A number in the settings of a cell. */
struct setting {
    const struct mp_report_cell *cell;
    size_t index; /* of the cell */
    double dose;
    char *name, *rest; /* owned: of the number, and of all other settings */
};

struct settings {
    struct setting *row;
    size_t count;
};

/* "threads=8" of "n=256,threads=8,q=1", from `start` to `end`. */
static void add_setting(struct settings *settings, const struct mp_report *report,
                        size_t index, const char *start, const char *end) {
    const struct mp_report_cell *cell = &report->cell[index];
    const char *equals = memchr(start, '=', (size_t)(end - start));
    if (equals == NULL)
        return;
    char *after = NULL;
    double dose = strtod(equals + 1, &after);
    if (after != end || after == equals + 1 || !isfinite(dose))
        return;
    struct mp_strbuf name, rest;
    mp_strbuf_init(&name);
    mp_strbuf_init(&rest);
    mp_strbuf_addf(&name, "%.*s", (int)(equals - start), start);
    mp_strbuf_addf(&rest, "%.*s", (int)(start - cell->params), cell->params);
    mp_strbuf_addstr(&rest, *end == ',' ? end + 1 : end);
    if (rest.len > 0 && rest.text[rest.len - 1] == ',')
        rest.text[--rest.len] = '\0';
    settings->row =
        mp_memory_resize(settings->row, settings->count + 1, sizeof(*settings->row));
    settings->row[settings->count++] = (struct setting){.cell = cell,
                                                        .index = index,
                                                        .dose = dose,
                                                        .name = mp_strbuf_detach(&name),
                                                        .rest = mp_strbuf_detach(&rest)};
}

static struct settings collect(const struct mp_report *report) {
    struct settings settings = {0};
    for (size_t i = 0; i < report->cell_count; i++) {
        const char *at = report->cell[i].params;
        while (*at != '\0') {
            const char *end = at + strcspn(at, ",");
            add_setting(&settings, report, i, at, end);
            at = *end == ',' ? end + 1 : end;
        }
    }
    return settings;
}

/* Below, equal or above: whether two are of one family. */
static int compare_families(const struct setting *a, const struct setting *b) {
    const char *const pairs[][2] = {{a->cell->scenario, b->cell->scenario},
                                    {a->cell->device, b->cell->device},
                                    {a->cell->arm, b->cell->arm},
                                    {a->name, b->name},
                                    {a->rest, b->rest}};
    if (a->cell->role != b->cell->role)
        return a->cell->role < b->cell->role ? -1 : 1;
    for (size_t i = 0; i < MP_COUNT(pairs); i++) {
        int order = strcmp(pairs[i][0], pairs[i][1]);
        if (order != 0)
            return order;
    }
    return 0;
}

static int by_family(const void *left, const void *right) {
    const struct setting *a = left, *b = right;
    int order = compare_families(a, b);
    if (order != 0)
        return order;
    if (a->dose != b->dose)
        return a->dose < b->dose ? -1 : 1;
    return a->index < b->index ? -1 : a->index > b->index;
}

static int by_first_cell(const void *left, const void *right) {
    const struct mp_dose_family *a = left, *b = right;
    const struct mp_report_cell *first = a->cell[0].cell, *second = b->cell[0].cell;
    if (first != second)
        return first < second ? -1 : 1; /* of one array */
    return strcmp(a->parameter, b->parameter);
}

static uint64_t count_failures(const struct mp_report_cell *cell,
                               struct mp_outcome_set counts) {
    uint64_t failures = 0;
    for (int i = 0; i < MP_OUTCOME_COUNT; i++)
        if (mp_outcome_set_counts(counts, (enum mp_outcome)i))
            failures += cell->outcome[i];
    return failures;
}

static void add_family(struct mp_dose_sweep *sweep, const struct setting *row,
                       size_t count) {
    struct mp_dose *doses = mp_memory_zeroed(count, sizeof(*doses));
    sweep->family =
        mp_memory_resize(sweep->family, sweep->count + 1, sizeof(*sweep->family));
    struct mp_dose_family *family = &sweep->family[sweep->count++];
    *family = (struct mp_dose_family){
        .parameter = mp_memory_copy_text(row->name),
        .settings = mp_memory_copy_text(row->rest),
        .cell = mp_memory_zeroed(count, sizeof(*family->cell)),
        .count = count,
    };
    for (size_t i = 0; i < count; i++) {
        const struct mp_report_cell *cell = row[i].cell;
        family->cell[i] =
            (struct mp_dose_cell){cell, row[i].dose, count_failures(cell, sweep->counts)};
        family->no_verdict += cell->no_verdict;
        doses[i] = (struct mp_dose){row[i].dose, family->cell[i].failures, cell->rounds};
    }
    family->response = mp_dose_response(doses, count, MP_RATE_ALPHA);
    free(doses);
}

void mp_dose_load(struct mp_dose_sweep *sweep, const struct mp_report *report,
                  struct mp_outcome_set counts) {
    sweep->counts = counts;
    sweep->has_looked = mp_report_has_looked(report);
    struct settings settings = collect(report);
    if (settings.count > 1)
        qsort(settings.row, settings.count, sizeof(*settings.row), by_family);
    for (size_t i = 0, end; i < settings.count; i = end) {
        const struct setting *first = &settings.row[i];
        for (end = i + 1; end < settings.count; end++)
            if (compare_families(first, &settings.row[end]) != 0)
                break;
        if (settings.row[end - 1].dose > first->dose)
            add_family(sweep, first, end - i);
    }
    if (sweep->count > 1)
        qsort(sweep->family, sweep->count, sizeof(*sweep->family), by_first_cell);
    for (size_t i = 0; i < settings.count; i++) {
        free(settings.row[i].name);
        free(settings.row[i].rest);
    }
    free(settings.row);
}

void mp_dose_release(struct mp_dose_sweep *sweep) {
    for (size_t i = 0; i < sweep->count; i++) {
        free(sweep->family[i].parameter);
        free(sweep->family[i].settings);
        free(sweep->family[i].cell);
    }
    free(sweep->family);
}

/* "-0.31": a limit, rounded away from the estimate. */
static void write_limit(double value, bool is_upper, struct mp_strbuf *buf) {
    char digits[MP_DIGITS_SIZE];
    if ((value < 0.0) == is_upper)
        mp_digits_lower(fabs(value), digits, sizeof(digits));
    else
        mp_digits_upper(fabs(value), digits, sizeof(digits));
    mp_strbuf_addf(buf, "%s%s", value < 0.0 ? "-" : "", digits);
}

/* "[0.85, 1.2]", "at least 3.1", "at most -3.1", "unknown" */
static void write_limits(double low, double high, struct mp_strbuf *buf) {
    if (low > high) {
        mp_strbuf_addstr(buf, "none that fits");
    } else if (isinf(low) && isinf(high)) {
        mp_strbuf_addstr(buf, "unknown");
    } else if (isinf(high)) {
        mp_strbuf_addstr(buf, "at least ");
        write_limit(low, false, buf);
    } else if (isinf(low)) {
        mp_strbuf_addstr(buf, "at most ");
        write_limit(high, true, buf);
    } else {
        mp_strbuf_addch(buf, '[');
        write_limit(low, false, buf);
        mp_strbuf_addstr(buf, ", ");
        write_limit(high, true, buf);
        mp_strbuf_addch(buf, ']');
    }
}

/* "1.02 [0.85, 1.2]"; the limits that hold stand first. */
static void write_slope(const struct mp_dose_sweep *sweep,
                        const struct mp_dose_response *response, struct mp_strbuf *buf) {
    if (isfinite(response->low) && isfinite(response->high)) {
        char digits[MP_DIGITS_SIZE];
        mp_digits_point(fabs(response->slope), digits, sizeof(digits));
        mp_strbuf_addf(buf, "%s%s ", response->slope < 0.0 ? "-" : "", digits);
    }
    if (sweep->has_looked) {
        write_limits(response->low_anytime, response->high_anytime, buf);
        mp_strbuf_addstr(buf, " (95 % at all looks; ");
    }
    write_limits(response->low, response->high, buf);
    if (sweep->has_looked)
        mp_strbuf_addstr(buf, ", had the number of rounds been fixed in advance)");
}

static const char *direction_of(const struct mp_dose_sweep *sweep,
                                const struct mp_dose_response *response) {
    bool looked = sweep->has_looked;
    double low = looked ? response->low_anytime : response->low;
    double high = looked ? response->high_anytime : response->high;
    if (low > high)
        return "no power of it describes the rates";
    if (low > 0.0)
        return "rises with it";
    if (high < 0.0)
        return "falls with it";
    return "neither rise nor fall is shown";
}

static void write_note(const struct mp_dose_sweep *sweep, struct mp_strbuf *buf) {
    mp_strbuf_addstr(buf, note);
    mp_strbuf_addstr(buf, sweep->has_looked
                              ? "."
                              : ", valid if the number of rounds had been fixed in "
                                "advance.");
    if (sweep->counts.bits != 0) {
        mp_strbuf_addstr(buf, " Failures: ");
        mp_outcome_set_write(sweep->counts, ", ", " and ", buf);
        mp_strbuf_addstr(buf, " alone.");
    }
}

/* "2, 4, 8, 16 failed in 17.5, 34, 56.5, 81.5 %": the doses that have rounds. */
static void write_doses(const struct mp_dose_family *family, struct mp_strbuf *buf) {
    struct mp_strbuf rates;
    mp_strbuf_init(&rates);
    size_t shown = 0;
    for (size_t i = 0; i < family->count; i++) {
        const struct mp_report_cell *cell = family->cell[i].cell;
        char rate[MP_PERCENT_SIZE];
        if (cell->rounds == 0 || shown++ >= DOSES_MAX)
            continue;
        mp_percent_point((double)family->cell[i].failures / (double)cell->rounds, rate,
                         sizeof(rate));
        mp_strbuf_addf(buf, "%s%g", shown > 1 ? ", " : "", family->cell[i].dose);
        mp_strbuf_addf(&rates, "%s%s", shown > 1 ? ", " : "", rate);
    }
    mp_strbuf_addf(buf, "%s failed in %s %%", shown > DOSES_MAX ? " and others" : "",
                   rates.text);
    mp_strbuf_release(&rates);
}

/* What there is to say beside the slope. */
static void write_doubts(const struct mp_dose_family *family, struct mp_strbuf *buf) {
    const struct mp_dose_response *response = &family->response;
    if (response->misfit_p < UNLIKELY) {
        char p[MP_DIGITS_SIZE];
        mp_digits_probability(response->misfit_p, p, sizeof(p));
        mp_strbuf_addf(buf, "; but no power describes these rates (P %s)", p);
    }
    if (response->doses < family->count)
        mp_strbuf_addstr(buf, "; a value of 0 or without rounds is not in it");
    if (family->no_verdict > 0)
        mp_strbuf_addf(buf, "; %llu %s without a verdict left out",
                       (unsigned long long)family->no_verdict,
                       mp_plural(family->no_verdict, "round", "rounds"));
}

/* "destroy_impl:q=0.01, arm none" */
static void write_name(const struct mp_report *report,
                       const struct mp_dose_family *family, struct mp_strbuf *buf) {
    const struct mp_report_cell *cell = family->cell[0].cell;
    mp_cell_title_write(report, cell, family->parameter, buf);
    mp_strbuf_addstr(buf, ", ");
    mp_cell_arm_write(cell, buf);
    if (report->device_count > 1)
        mp_strbuf_addf(buf, ", device %zu", cell->device_index + 1);
}

void mp_dose_add(const struct mp_dose_sweep *sweep, const struct mp_report *report,
                 struct mp_text *text) {
    size_t found = 0;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < sweep->count; i++) {
        const struct mp_dose_family *family = &sweep->family[i];
        if (!family->response.has_slope || ++found > SHOWN_MAX)
            continue;
        if (found == 1)
            mp_line_title(text, "Rate against a parameter");
        mp_strbuf_clear(&line);
        write_name(report, family, &line);
        mp_strbuf_addf(&line, ", %s: ", family->parameter);
        write_doses(family, &line);
        mp_strbuf_addf(&line, "; the hazard goes as %s to the power of ",
                       family->parameter);
        write_slope(sweep, &family->response, &line);
        mp_strbuf_addf(&line, ": %s", direction_of(sweep, &family->response));
        write_doubts(family, &line);
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_PLAIN, 2, line.text);
    }
    if (found > SHOWN_MAX) {
        mp_text_add(text, MP_DIM, "  and %zu more; --json shows all", found - SHOWN_MAX);
        mp_text_end(text);
    }
    if (found > 0) {
        mp_strbuf_clear(&line);
        write_note(sweep, &line);
        mp_text_add(text, MP_PLAIN, "  ");
        mp_text_wrap(text, MP_DIM, 2, line.text);
    }
    mp_strbuf_release(&line);
}

static void add_doses_json(const struct mp_dose_family *family, struct json_object *to) {
    struct json_object *doses = mp_json_add_array(to, "doses");
    for (size_t i = 0; i < family->count; i++) {
        const struct mp_report_cell *cell = family->cell[i].cell;
        struct json_object *dose = mp_json_add_object(doses, NULL);
        mp_json_add_number(dose, "dose", family->cell[i].dose);
        mp_json_add_integer(dose, "cell_id", cell->id);
        mp_json_add_count(dose, "rounds", cell->rounds);
        mp_json_add_count(dose, "failures", family->cell[i].failures);
        mp_json_add_count(dose, "no_verdict", cell->no_verdict);
    }
}

void mp_dose_add_json(const struct mp_dose_sweep *sweep, struct json_object *to) {
    struct json_object *array = mp_json_add_array(to, "dose_response");
    for (size_t i = 0; i < sweep->count; i++) {
        const struct mp_dose_family *family = &sweep->family[i];
        const struct mp_dose_response *response = &family->response;
        const struct mp_report_cell *cell = family->cell[0].cell;
        struct json_object *object = mp_json_add_object(array, NULL);
        mp_json_add_text(object, "parameter", family->parameter);
        mp_json_add_text(object, "scenario", cell->scenario);
        mp_json_add_text(object, "device", cell->device);
        mp_json_add_text(object, "arm", cell->arm);
        mp_json_add_text(object, "role", mp_role_name(cell->role));
        mp_json_add_text(object, "settings", family->settings);
        add_doses_json(family, object);
        bool has_slope = response->has_slope;
        mp_json_add_bool(object, "has_slope", has_slope);
        mp_json_add_number(object, "slope", has_slope ? response->slope : NAN);
        mp_json_add_number(object, "low", has_slope ? response->low : NAN);
        mp_json_add_number(object, "high", has_slope ? response->high : NAN);
        mp_json_add_number(object, "low_at_all_looks",
                           has_slope ? response->low_anytime : NAN);
        mp_json_add_number(object, "high_at_all_looks",
                           has_slope ? response->high_anytime : NAN);
        mp_json_add_bool(object, "is_refuted_at_all_looks",
                         has_slope && response->low_anytime > response->high_anytime);
        mp_json_add_number(object, "confidence", 1.0 - MP_RATE_ALPHA);
        mp_json_add_number(object, "p", has_slope ? response->p : NAN);
        mp_json_add_number(object, "misfit_p", has_slope ? response->misfit_p : NAN);
    }
}

void mp_dose_add_markdown(const struct mp_dose_sweep *sweep,
                          const struct mp_report *report,
                          void (*add)(struct mp_strbuf *buf, const char *text),
                          struct mp_strbuf *buf) {
    size_t found = 0;
    struct mp_strbuf part;
    mp_strbuf_init(&part);
    for (size_t i = 0; i < sweep->count; i++) {
        const struct mp_dose_family *family = &sweep->family[i];
        if (!family->response.has_slope || ++found > SHOWN_MAX)
            continue;
        if (found == 1)
            mp_strbuf_addstr(buf, "\n| parameter | of | rates | slope, 95 % limits | |\n"
                                  "|---|---|---|---|---|\n");
        mp_strbuf_addstr(buf, "| ");
        add(buf, family->parameter);
        mp_strbuf_addstr(buf, " | ");
        mp_strbuf_clear(&part);
        write_name(report, family, &part);
        add(buf, part.text);
        mp_strbuf_addstr(buf, " | ");
        mp_strbuf_clear(&part);
        write_doses(family, &part);
        add(buf, part.text);
        mp_strbuf_addstr(buf, " | ");
        mp_strbuf_clear(&part);
        write_slope(sweep, &family->response, &part);
        add(buf, part.text);
        mp_strbuf_addstr(buf, " | ");
        mp_strbuf_clear(&part);
        mp_strbuf_addstr(&part, direction_of(sweep, &family->response));
        write_doubts(family, &part);
        add(buf, part.text);
        mp_strbuf_addstr(buf, " |\n");
    }
    if (found > SHOWN_MAX)
        mp_strbuf_addf(buf, "\nand %zu more in the JSON\n", found - SHOWN_MAX);
    if (found > 0) {
        mp_strbuf_clear(&part);
        write_note(sweep, &part);
        mp_strbuf_addch(buf, '\n');
        add(buf, part.text);
        mp_strbuf_addch(buf, '\n');
    }
    mp_strbuf_release(&part);
}
