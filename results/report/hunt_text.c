/* A hunt as text.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness/wire/device_name.h"
#include "results/report/hunt.h"
#include "results/report/line.h"
#include "results/report/rate.h"
#include "results/report/repeat.h"
#include "results/stats/binomial.h"
#include "results/stats/exposure.h"

#define ALPHA 0.05

static const char *way_name(const struct mp_hunt_way *way) {
    return way->perturb[0] != '\0' ? way->perturb : "none";
}

static bool is_interrupted(const struct mp_hunt_part *part) {
    return part->state != NULL && strcmp(part->state, "interrupted") == 0;
}

static void add_verdict(const struct mp_hunt_report *report, struct mp_text *text) {
    const struct mp_hunt_part *part =
        report->fresh.title != NULL ? &report->fresh : &report->search;
    if (report->code == 1)
        mp_text_add(text, MP_BAD, "FOUND");
    else
        mp_text_add(text, MP_WARN, report->code == 3 ? "NOT FOUND" : "NOTHING RAN");
    if (is_interrupted(&report->search) || is_interrupted(&report->fresh))
        mp_text_add(text, MP_WARN, ", INTERRUPTED");
    if (report->wanted != NULL)
        mp_text_add(text, MP_PLAIN, "  a failure with '%s' in its signature",
                    report->wanted);
    else if (part->title != NULL)
        mp_text_add(text, MP_PLAIN, "  %s", part->title);
    mp_text_end(text);
    mp_text_end(text);
}

static void add_signature(const struct mp_hunt_report *report, struct mp_text *text) {
    const struct mp_hunt_part *part =
        report->fresh.title != NULL ? &report->fresh : &report->search;
    struct mp_strbuf line;
    if (part->title == NULL)
        return;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "%s, in %llu of the %s rounds", part->title,
                   (unsigned long long)part->key_rounds,
                   part == &report->fresh ? "fresh" : "search's");
    mp_line_add(text, "signature", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

static void add_device(const struct mp_hunt_report *report, struct mp_text *text) {
    if (report->search.count == 0)
        return;
    const char *device = report->search.way[0].device;
    mp_line_add(text, "device", MP_BOLD, device);
    if (mp_device_name_is_model(device))
        mp_line_add(text, "", MP_WARN, MP_MODEL_NOTE);
}

static void add_search(const struct mp_hunt_report *report, struct mp_text *text) {
    const struct mp_hunt_part *part = &report->search;
    unsigned long long rounds = 0;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = 0; i < part->count; i++)
        rounds += part->way[i].rounds + part->way[i].no_verdict;
    mp_strbuf_addf(&line, "%llu rounds, shared out by failures per second", rounds);
    if (part->has_first)
        mp_strbuf_addf(&line,
                       "; the first after %.3g s of rounds (round %llu in the order)",
                       part->first_seconds, (unsigned long long)part->first_position);
    mp_line_add(text, "search", MP_PLAIN, line.text);
    for (size_t i = 0; i < part->count; i++) {
        const struct mp_hunt_way *way = &part->way[i];
        mp_strbuf_clear(&line);
        mp_strbuf_addf(&line, "%-10s %llu of %llu rounds, %.3g s", way_name(way),
                       (unsigned long long)way->wanted, (unsigned long long)way->rounds,
                       way->seconds);
        if (way->no_verdict > 0)
            mp_strbuf_addf(&line, ", %llu without verdict",
                           (unsigned long long)way->no_verdict);
        mp_line_add(text, "", MP_PLAIN, line.text);
    }
    mp_strbuf_release(&line);
}

/* What the rounds without a perturbation say where nothing was found: they were given out
 * whatever they showed. */
static void add_bound(const struct mp_hunt_report *report, struct mp_text *text) {
    const struct mp_hunt_part *part = &report->search;
    struct mp_strbuf line;
    if (report->code != 3 || part->count == 0 || part->way[0].rounds == 0)
        return;
    mp_strbuf_init(&line);
    mp_strbuf_addstr(&line, "the plain loop fails so in ");
    mp_rate_write(mp_rate_of(0, part->way[0].rounds), &line);
    mp_strbuf_addf(&line, " of its rounds (95 %%, one-sided), by its own %llu alone",
                   (unsigned long long)part->way[0].rounds);
    mp_line_add(text, "bound", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}

/* "one every 1.2 s (95 %: 0.8 to 2.1)", or how long none came. */
static void write_time(const struct mp_hunt_way *way, struct mp_strbuf *line) {
    struct mp_exposure_rate rate = mp_exposure_rate(way->wanted, way->seconds, ALPHA);
    if (way->wanted == 0)
        mp_strbuf_addf(line, "none in %.3g s (95 %%: one every %.3g s or rarer)",
                       way->seconds, rate.between_lower);
    else
        mp_strbuf_addf(line, "one every %.3g s (95 %%: %.3g to %.3g)", rate.between,
                       rate.between_limits.low, rate.between_limits.high);
}

static void add_fresh(const struct mp_hunt_report *report, struct mp_text *text) {
    const struct mp_hunt_part *part = &report->fresh;
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    for (size_t i = part->count; i-- > 0;) {
        const struct mp_hunt_way *way = &part->way[i];
        struct mp_interval limits =
            mp_binomial_clopper_pearson(way->wanted, way->rounds, ALPHA);
        mp_strbuf_clear(&line);
        mp_strbuf_addf(&line, "%-10s %llu of %llu rounds, %.3g to %.3g %%; ",
                       way_name(way), (unsigned long long)way->wanted,
                       (unsigned long long)way->rounds, 100 * limits.low,
                       100 * limits.high);
        write_time(way, &line);
        mp_line_add(text, i + 1 == part->count ? "fresh" : "", MP_PLAIN, line.text);
    }
    if (part->count > 0)
        mp_line_add(text, "", MP_DIM,
                    "Rounds with seeds of their own after the choice, interleaved with "
                    "the plain loop; only these are figures. They are in no night and "
                    "in no other rate.");
    mp_strbuf_release(&line);
}

void mp_hunt_write_ratio(struct mp_exposures arms, const char *failures,
                         struct mp_strbuf *line) {
    struct mp_exposure_ratio ratio = mp_exposure_compare(arms, ALPHA);
    if (isinf(ratio.ratio))
        mp_strbuf_addf(line,
                       "at least %.3g times the plain loop's %s a second (95 %%), which "
                       "had none",
                       ratio.limits.low, failures);
    else
        mp_strbuf_addf(line,
                       "%.3g times the plain loop's %s a second (95 %%: %.3g to %.3g)",
                       ratio.ratio, failures, ratio.limits.low, ratio.limits.high);
}

static void add_amplification(const struct mp_hunt_report *report, struct mp_text *text) {
    const struct mp_hunt_way *chosen = mp_hunt_chosen(report);
    struct mp_strbuf line;
    if (report->fresh.count == 0)
        return;
    mp_strbuf_init(&line);
    if (chosen == NULL) {
        mp_strbuf_addstr(&line, report->search.has_first
                                    ? "none: the plain loop was as fast as anything"
                                    : "not measured: nothing was found");
    } else if (chosen->wanted + report->fresh.way[0].wanted == 0) {
        mp_strbuf_addstr(&line, "unknown: neither failed in its fresh rounds; give "
                                "them more (--fresh)");
    } else {
        mp_hunt_write_ratio(mp_hunt_exposures(report), "failures", &line);
    }
    mp_line_add(text, "amplified", MP_BOLD, line.text);
    mp_strbuf_release(&line);
}

static void add_repeat(const struct mp_hunt_report *report, struct mp_text *text) {
    const struct mp_hunt_part *part =
        report->fresh.key_seed != NULL ? &report->fresh : &report->search;
    struct mp_strbuf line;
    if (part->key_seed == NULL)
        return;
    mp_strbuf_init(&line);
    mp_hunt_repeat(report, &line);
    mp_line_command(text, "repeat", line.text);
    mp_strbuf_release(&line);
}

void mp_hunt_repeat(const struct mp_hunt_report *report, struct mp_strbuf *line) {
    const struct mp_hunt_part *part =
        report->fresh.key_seed != NULL ? &report->fresh : &report->search;
    if (part->key_seed == NULL)
        return;
    struct mp_repeat repeat = {.cell = part->key_cell,
                               .device = part->way[0].device,
                               .arm = part->key_arm,
                               .fix = part->key_fix,
                               .seed = part->key_seed,
                               .db = report->path};
    mp_repeat_write(&repeat, line);
    mp_strbuf_addstr(line, " --rounds 20");
}

void mp_hunt_text(const struct mp_hunt_report *report, const struct mp_hunt_look *look,
                  struct mp_strbuf *buf) {
    struct mp_text text = {.buf = buf,
                           .use_colour = look->use_colour,
                           .use_ascii = look->use_ascii,
                           .width = look->width == 0 ? 100 : look->width};
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    add_verdict(report, &text);
    add_signature(report, &text);
    add_device(report, &text);
    add_search(report, &text);
    add_bound(report, &text);
    add_fresh(report, &text);
    add_amplification(report, &text);
    add_repeat(report, &text);
    mp_strbuf_addf(&line, "%lld (search)", (long long)report->search.campaign_id);
    if (report->fresh.campaign_id != 0)
        mp_strbuf_addf(&line, " and %lld (fresh)", (long long)report->fresh.campaign_id);
    mp_strbuf_addf(&line, " in %s, seed %s", report->path,
                   report->search.seed != NULL ? report->search.seed : "unknown");
    mp_line_add(&text, "campaigns", MP_PLAIN, line.text);
    mp_strbuf_release(&line);
}
