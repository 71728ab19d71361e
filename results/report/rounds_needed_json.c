/* The answers of `mpstress plan` as one JSON document.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "harness/base/array.h"
#include "results/report/json.h"
#include "results/report/rounds_needed.h"
#include "results/stats/demonstration.h"

/* null for never. */
static void add_rounds(struct json_object *to, const char *name, uint64_t rounds) {
    if (rounds == MP_ROUNDS_NEVER)
        mp_json_add_null(to, name);
    else
        mp_json_add_count(to, name, rounds);
}

/* The time of this many blocks; null if no speed is known. */
static void add_time(const struct mp_rounds_needed *needed, struct json_object *to,
                     uint64_t rounds) {
    double ns = (double)rounds * (double)needed->block_ns;
    if (needed->campaign_id == 0 || rounds == MP_ROUNDS_NEVER)
        mp_json_add_null(to, "time_ns");
    else
        mp_json_add_count(to, "time_ns",
                          ns < (double)INT64_MAX ? rounds * needed->block_ns
                                                 : (uint64_t)INT64_MAX);
}

static void add_claim(const struct mp_rounds_needed *needed,
                      struct json_object *document) {
    char text[MP_CLAIM_TEXT_MAX];
    if (needed->options.claim == NULL) {
        mp_json_add_null(document, "claim");
        return;
    }
    struct mp_beta_prior prior = mp_evidence_prior(needed->options.claim);
    struct json_object *claim = mp_json_add_object(document, "claim");
    mp_claim_format(&needed->claim, text);
    mp_json_add_text(claim, "text", text);
    mp_json_add_number(claim, "target", needed->claim.target);
    mp_json_add_number(claim, "confidence", 1.0 - needed->claim.alpha);
    mp_json_add_number(claim, "log_e_needed", -log(needed->claim.alpha));
    struct json_object *object = mp_json_add_object(claim, "prior");
    mp_json_add_number(object, "a", prior.a);
    mp_json_add_number(object, "b", prior.b);
    struct json_object *fixed = mp_json_add_array(claim, "fixed");
    for (size_t i = 0; i < MP_ROUNDS_NEEDED_FIXED; i++) {
        struct json_object *item = mp_json_add_object(fixed, NULL);
        mp_json_add_count(item, "allowed", needed->fixed[i].allowed);
        add_rounds(item, "rounds", needed->fixed[i].rounds);
        add_time(needed, item, needed->fixed[i].rounds);
        mp_json_add_number(item, "pass_at_tenth", needed->fixed[i].pass_tenth);
        mp_json_add_number(item, "pass_at_half", needed->fixed[i].pass_half);
    }
    struct json_object *looking = mp_json_add_array(claim, "looking");
    for (size_t i = 0; i < MP_ROUNDS_NEEDED_LOOKING; i++) {
        struct json_object *item = mp_json_add_object(looking, NULL);
        mp_json_add_count(item, "failures", needed->looking[i].failures);
        add_rounds(item, "rounds", needed->looking[i].rounds);
        add_time(needed, item, needed->looking[i].rounds);
    }
    const struct mp_rounds_needed_budget *budget = &needed->budget;
    struct json_object *allowed = mp_json_add_object(claim, "budget");
    add_rounds(allowed, "rounds", budget->rounds);
    mp_json_add_number(allowed, "met_at_tenth", budget->tenth.met);
    mp_json_add_number(allowed, "rounds_at_tenth", budget->tenth.rounds);
    mp_json_add_number(allowed, "met_at_half", budget->half.met);
    mp_json_add_number(allowed, "rounds_at_half", budget->half.rounds);
}

static void add_more(const struct mp_rounds_needed *needed,
                     const struct mp_rounds_needed_known *known, struct json_object *to) {
    static const char *const names[] = {"thousand", "as_many_again", "night"};
    struct json_object *more = mp_json_add_array(to, "more");
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        if (known->more[i].rounds == 0)
            continue;
        struct json_object *item = mp_json_add_object(more, NULL);
        mp_json_add_text(item, "what", names[i]);
        add_rounds(item, "rounds", known->more[i].rounds);
        add_time(needed, item, known->more[i].rounds);
        mp_json_add_number(item, "upper", known->more[i].upper);
    }
}

static void add_known(const struct mp_rounds_needed *needed,
                      struct json_object *document) {
    struct json_object *list = mp_json_add_array(document, "known");
    bool has_claim = needed->options.claim != NULL;
    for (size_t i = 0; i < needed->known_count; i++) {
        const struct mp_rounds_needed_known *known = &needed->known[i];
        struct json_object *item = mp_json_add_object(list, NULL);
        mp_json_add_text_or_null(item, "cell", known->name);
        mp_json_add_count(item, "rounds", known->rounds);
        mp_json_add_count(item, "failures", known->failures);
        mp_json_add_count(item, "no_verdict", known->no_verdict);
        mp_json_add_count(item, "without_power", known->without_power);
        mp_json_add_count(item, "campaigns", known->campaigns);
        mp_json_add_count(item, "looked_at", known->looked_at);
        mp_json_add_number(item, "confidence", 1.0 - needed->claim.alpha);
        mp_json_add_number(item, "upper", known->upper);
        mp_json_add_number(item, "upper_looking", known->upper_looking);
        mp_json_add_number(item, "log_e", has_claim ? known->log_e : NAN);
        add_rounds(item, "clean_rounds_needed",
                   has_claim ? known->clean_left : MP_ROUNDS_NEVER);
        mp_json_add_bool(item, "is_shown_if_fixed", has_claim && known->is_shown);
        mp_json_add_bool(item, "is_met_looking",
                         has_claim &&
                             mp_eprocess_decides(known->log_e, needed->claim.alpha));
        add_more(needed, known, item);
    }
}

static void add_contrast(const struct mp_rounds_needed *needed,
                         struct json_object *document) {
    const struct mp_rounds_needed_options *options = &needed->options;
    uint64_t rounds = needed->contrast.rounds_per_arm;
    if (!options->has_contrast) {
        mp_json_add_null(document, "contrast");
        return;
    }
    bool has_time = needed->campaign_id != 0 && rounds != MP_ROUNDS_NEVER;
    struct json_object *object = mp_json_add_object(document, "contrast");
    mp_json_add_number(object, "from", options->from);
    mp_json_add_number(object, "to", options->to);
    mp_json_add_number(object, "power_wished", options->power);
    mp_json_add_number(object, "confidence", 0.95);
    mp_json_add_text(object, "test", "mcnemar");
    add_rounds(object, "rounds_per_arm", rounds);
    mp_json_add_number(object, "power", needed->contrast.power);
    add_rounds(object, "rounds_per_arm_looking", needed->contrast_looking.rounds_per_arm);
    mp_json_add_number(object, "power_looking", needed->contrast_looking.power);
    if (options->margin > 0) {
        struct json_object *margin = mp_json_add_object(object, "margin");
        mp_json_add_number(margin, "margin", options->margin);
        mp_json_add_bool(margin, "is_two_sided", options->is_two_sided);
        add_rounds(margin, "rounds_per_arm", needed->margin_apart.rounds_per_arm);
        add_rounds(margin, "rounds_per_arm_same_rounds",
                   needed->margin_together.rounds_per_arm);
    } else {
        mp_json_add_null(object, "margin");
    }
    mp_json_add_number(object, "time_ns",
                       has_time ? 2.0 * (double)rounds * (double)needed->round_ns : NAN);
}

void mp_rounds_needed_json(const struct mp_rounds_needed *needed, struct mp_strbuf *buf) {
    struct json_object *document = mp_json_document("plan", "planned", 0);
    add_claim(needed, document);
    add_known(needed, document);
    add_contrast(needed, document);
    if (needed->campaign_id != 0) {
        struct json_object *speed = mp_json_add_object(document, "speed");
        mp_json_add_integer(speed, "campaign_id", needed->campaign_id);
        mp_json_add_count(speed, "block_ns", needed->block_ns);
    } else {
        mp_json_add_null(document, "speed");
    }
    mp_json_print(document, buf);
}
