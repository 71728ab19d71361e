/* A hunt as members of a JSON document.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>

#include "results/report/hunt.h"
#include "results/report/json.h"
#include "results/stats/binomial.h"
#include "results/stats/exposure.h"

#define ALPHA 0.05

static void add_way(const struct mp_hunt_way *way, struct json_object *to) {
    struct json_object *item = mp_json_add_object(to, NULL);
    struct mp_interval limits =
        mp_binomial_clopper_pearson(way->wanted, way->rounds, ALPHA);
    struct mp_exposure_rate rate = mp_exposure_rate(way->wanted, way->seconds, ALPHA);
    mp_json_add_text(item, "perturb", way->perturb[0] != '\0' ? way->perturb : "none");
    mp_json_add_integer(item, "cell_id", way->cell_id);
    mp_json_add_count(item, "rounds", way->rounds);
    mp_json_add_count(item, "wanted", way->wanted);
    mp_json_add_count(item, "no_verdict", way->no_verdict);
    mp_json_add_number(item, "low", limits.low);
    mp_json_add_number(item, "high", limits.high);
    mp_json_add_number(item, "seconds", way->seconds);
    mp_json_add_number(item, "seconds_between", rate.between);
    mp_json_add_number(item, "seconds_between_low", rate.between_limits.low);
    mp_json_add_number(item, "seconds_between_high", rate.between_limits.high);
}

static void add_part(const struct mp_hunt_part *part, const char *name,
                     struct json_object *to) {
    if (part->campaign_id == 0) {
        mp_json_add_null(to, name);
        return;
    }
    struct json_object *object = mp_json_add_object(to, name);
    mp_json_add_integer(object, "campaign_id", part->campaign_id);
    mp_json_add_text(object, "campaign", part->uuid);
    mp_json_add_text(object, "seed", part->seed);
    mp_json_add_text(object, "state", part->state);
    struct json_object *ways = mp_json_add_array(object, "ways");
    for (size_t i = 0; i < part->count; i++)
        add_way(&part->way[i], ways);
    if (part->has_first) {
        struct json_object *first = mp_json_add_object(object, "first");
        mp_json_add_integer(first, "round_id", part->first_round_id);
        mp_json_add_count(first, "position", part->first_position);
        mp_json_add_number(first, "seconds", part->first_seconds);
    } else {
        mp_json_add_null(object, "first");
    }
    mp_json_add_text(object, "signature", part->key);
    mp_json_add_text(object, "title", part->title);
    mp_json_add_count(object, "signature_rounds", part->key_rounds);
}

void mp_hunt_add_ratio(struct mp_exposures arms, struct json_object *to) {
    struct mp_exposure_ratio ratio = mp_exposure_compare(arms, ALPHA);
    mp_json_add_number(to, "ratio", ratio.ratio);
    mp_json_add_number(to, "low", ratio.limits.low);
    mp_json_add_number(to, "high", ratio.limits.high);
    mp_json_add_number(to, "confidence", 1 - ALPHA);
}

void mp_hunt_json(const struct mp_hunt_report *report, struct json_object *to) {
    const struct mp_hunt_way *chosen = mp_hunt_chosen(report);
    struct mp_strbuf repeat;
    mp_json_add_text(to, "database", report->path);
    mp_json_add_text(to, "wanted", report->wanted);
    mp_json_add_text(to, "device",
                     report->search.count > 0 ? report->search.way[0].device : NULL);
    add_part(&report->search, "search", to);
    add_part(&report->fresh, "fresh", to);
    mp_json_add_text(to, "chosen",
                     chosen != NULL            ? chosen->perturb
                     : report->fresh.count > 0 ? "none"
                                               : NULL);
    if (chosen != NULL)
        mp_hunt_add_ratio(mp_hunt_exposures(report),
                          mp_json_add_object(to, "amplification"));
    else
        mp_json_add_null(to, "amplification");
    mp_strbuf_init(&repeat);
    mp_hunt_repeat(report, &repeat);
    mp_json_add_text_or_null(to, "repeat", repeat.text);
    mp_strbuf_release(&repeat);
}
