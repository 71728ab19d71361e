/* The certificate of a minimized case, and its lines of the report.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "harness/supervisor/cli/minimize.h"
#include "results/report/json.h"
#include "results/stats/binomial.h"

#define ALPHA 0.05

/* The validation, if a round of it ran: an interrupted search has none. */
static const struct mp_shrink_step *last_of(const struct mp_shrink *shrink) {
    const struct mp_shrink_step *step =
        shrink->steps > 0 ? &shrink->step[shrink->steps - 1] : NULL;
    bool is_last = step != NULL && step->question.asks == MP_SHRINK_ASKS_LAST;
    return is_last && step->rounds > 0 ? step : NULL;
}

static void add_params(const struct mp_cell *cell, const char *name,
                       struct json_object *to) {
    struct json_object *params = mp_json_add_object(to, name);
    for (size_t i = 0; i < cell->spec.param_count; i++)
        mp_json_add_text(params, cell->spec.param[i].name, cell->spec.param[i].value);
}

/* Perturbations are words; other values of an axis are numbers, and words their place. */
static void add_values(const struct mp_minimize *minimize, const int64_t *value,
                       struct json_object *to) {
    struct json_object *values = mp_json_add_object(to, "values");
    for (size_t i = 0; i < minimize->shrink.axes; i++) {
        struct mp_strbuf text;
        mp_strbuf_init(&text);
        mp_minimize_write_value(minimize, i, value[i], &text);
        mp_json_add_text(values, minimize->shrink.axis[i].name, text.text);
        mp_strbuf_release(&text);
    }
}

static void add_step(const struct mp_minimize *minimize, size_t at,
                     struct json_object *to) {
    static const char *const asks[] = {"base", "step", "last"};
    static const char *const verdicts[] = {"open", "keeps", "loses"};
    const struct mp_shrink_step *step = &minimize->shrink.step[at];
    struct json_object *item = mp_json_add_object(to, NULL);
    char seed[24];
    snprintf(seed, sizeof(seed), "0x%016" PRIx64, minimize->campaign[at].seed);
    mp_json_add_count(item, "number", step->question.number);
    mp_json_add_text(item, "asks", asks[step->question.asks]);
    add_values(minimize, step->question.value, item);
    mp_json_add_number(item, "alpha", step->question.alpha);
    mp_json_add_count(item, "rounds", step->rounds);
    mp_json_add_count(item, "failures", step->failures);
    mp_json_add_count(item, "other_failures", step->others);
    mp_json_add_text(item, "verdict",
                     step->is_refused ? "no_case" : verdicts[step->verdict]);
    mp_json_add_integer(item, "campaign_id", minimize->campaign[at].id);
    mp_json_add_text_or_null(item, "seed", minimize->campaign[at].id != 0 ? seed : "");
}

void mp_minimize_json(const struct mp_minimize *minimize, struct json_object *to) {
    const struct mp_shrink *shrink = &minimize->shrink;
    const struct mp_shrink_step *last = last_of(shrink);
    struct json_object *object = mp_json_add_object(to, "minimized");
    mp_json_add_text(object, "format", "mpstress-certificate/1");
    mp_json_add_text(object, "end", mp_shrink_end_name(shrink->end));
    mp_json_add_bool(object, "is_valid", shrink->is_valid);
    mp_json_add_text(object, "device", minimize->base.spec.device);
    mp_json_add_text(object, "scenario", minimize->base.spec.scenario);
    mp_json_add_text(object, "arm", minimize->base.spec.arm);
    mp_json_add_text_or_null(object, "fix", minimize->base.spec.fix);
    mp_json_add_text(object, "signature", minimize->key);
    mp_json_add_text(object, "title", minimize->title);
    mp_json_add_number(object, "total_error", shrink->total);
    mp_json_add_number(object, "share", shrink->share);
    mp_json_add_number(object, "keep", shrink->keep);
    mp_json_add_count(object, "rounds", shrink->rounds);
    add_params(&minimize->base, "first", object);
    add_params(&minimize->least, "least", object);
    if (last != NULL) {
        struct mp_interval limits =
            mp_binomial_clopper_pearson(last->failures, last->rounds, ALPHA);
        struct json_object *fresh = mp_json_add_object(object, "validation");
        mp_json_add_count(fresh, "rounds", last->rounds);
        mp_json_add_count(fresh, "failures", last->failures);
        mp_json_add_number(fresh, "low", limits.low);
        mp_json_add_number(fresh, "high", limits.high);
    } else {
        mp_json_add_null(object, "validation");
    }
    struct json_object *steps = mp_json_add_array(object, "steps");
    for (size_t i = 0; i < shrink->steps; i++)
        add_step(minimize, i, steps);
}

static bool has_tried(const struct mp_shrink *shrink) {
    bool has_tried = false;
    for (size_t i = 0; i < shrink->steps; i++)
        has_tried |= shrink->step[i].question.asks == MP_SHRINK_ASKS_STEP;
    return has_tried;
}

/* What became smaller, and how the search ended. */
static void write_axes(const struct mp_minimize *minimize, struct mp_strbuf *line) {
    const struct mp_shrink *shrink = &minimize->shrink;
    size_t start = line->len;
    for (size_t i = 0; i < minimize->shrink.axes; i++) {
        const struct mp_shrink_axis *axis = &minimize->shrink.axis[i];
        if (axis->now == axis->first)
            continue;
        mp_strbuf_addf(line, "%s%s ", line->len > start ? ", " : "", axis->name);
        mp_minimize_write_value(minimize, i, axis->first, line);
        mp_strbuf_addstr(line, " to ");
        size_t before = line->len;
        mp_minimize_write_value(minimize, i, axis->now, line);
        mp_strbuf_addstr(line, line->len == before ? "none" : "");
    }
    if (line->len > start)
        mp_strbuf_addstr(line, shrink->end == MP_SHRINK_MINIMAL
                                   ? "; no single step further keeps the failure"
                                   : "; the rounds ended before the search did");
    else if (shrink->end == MP_SHRINK_MINIMAL)
        mp_strbuf_addstr(line, "nothing: no single step keeps the failure");
    else
        mp_strbuf_addf(line,
                       "nothing yet: the rounds ended %s, and a smaller case may do",
                       has_tried(shrink) ? "before the search did"
                                         : "before a smaller case was tried");
}

void mp_minimize_text(const struct mp_minimize *minimize, struct mp_text *text) {
    const struct mp_shrink *shrink = &minimize->shrink;
    const struct mp_shrink_step *last = last_of(shrink);
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    if (shrink->end == MP_SHRINK_NEVER) {
        mp_line_add(text, "minimized", MP_WARN,
                    "not at all: the first case did not fail so in its rounds");
        mp_strbuf_release(&line);
        return;
    }
    write_axes(minimize, &line);
    mp_line_add(text, "minimized", MP_BOLD, line.text);
    mp_strbuf_clear(&line);
    mp_strbuf_addf(&line,
                   "%zu questions, %" PRIu64 " rounds; a smaller case had to fail in "
                   "%.3g %% of its rounds (half of the first one's lower limit) %s; all "
                   "decisions are right with a probability of at least %.3g %%",
                   shrink->steps, shrink->rounds, 100 * shrink->keep,
                   minimize->key != NULL ? "under the same signature"
                                         : "in whatever way, since no failure had a "
                                           "signature",
                   100 * (1 - shrink->total));
    mp_line_add(text, "", MP_PLAIN, line.text);
    mp_strbuf_clear(&line);
    if (last != NULL) {
        struct mp_interval limits =
            mp_binomial_clopper_pearson(last->failures, last->rounds, ALPHA);
        mp_strbuf_addf(
            &line, "%s: %" PRIu64 " of %" PRIu64 " fresh rounds, %.3g to %.3g %% (95 %%)",
            shrink->is_valid ? "valid" : "NOT valid", last->failures, last->rounds,
            100 * limits.low, 100 * limits.high);
        mp_line_add(text, "validation", shrink->is_valid ? MP_PLAIN : MP_WARN, line.text);
    } else {
        mp_line_add(text, "validation", MP_WARN, "none: the search ended before it");
    }
    mp_strbuf_clear(&line);
    mp_minimize_write_command(minimize, &line);
    mp_line_command(text, "run", line.text);
    mp_strbuf_release(&line);
}
