/* The amplification: the crash per second under the perturbation that a hunt chose,
 * against the plain loop between its rounds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/base/text.h"
#include "results/package/parts.h"
#include "results/report/hunt.h"
#include "results/report/json.h"

static struct mp_exposures arms_of(const struct mp_dossier_hunt *hunt) {
    return (struct mp_exposures){.failures_a = (uint64_t)hunt->hits,
                                 .failures_b = (uint64_t)hunt->plain_hits,
                                 .exposure_a = hunt->seconds,
                                 .exposure_b = hunt->plain_seconds};
}

static void write_rounds(int64_t hits, int64_t rounds, double seconds,
                         struct mp_strbuf *line) {
    mp_strbuf_addf(line, "%lld in %lld %s that took %.3g s", (long long)hits,
                   (long long)rounds, mp_plural((uint64_t)rounds, "round", "rounds"),
                   seconds);
}

static void write_measured(const struct mp_writing *writing,
                           const struct mp_dossier_hunt *hunt, struct mp_strbuf *line) {
    bool is_hang = mp_writing_is_hang(writing);
    if (hunt->hits + hunt->plain_hits == 0)
        mp_strbuf_addf(line, "unknown, since this %s came in neither. perturb=%s: ",
                       mp_writing_noun(writing), hunt->perturb);
    else {
        mp_strbuf_addf(line, "perturb=%s has ", hunt->perturb);
        mp_hunt_write_ratio(
            arms_of(hunt), is_hang ? "hangs of this kind" : "crashes of this kind", line);
        mp_strbuf_addstr(line, ": ");
    }
    write_rounds(hunt->hits, hunt->rounds, hunt->seconds, line);
    mp_strbuf_addstr(line, "; plain: ");
    write_rounds(hunt->plain_hits, hunt->plain_rounds, hunt->plain_seconds, line);
    mp_strbuf_addstr(line, ", between them. Exact limits given the sum of both, if they "
                           "come at a constant rate.");
}

void mp_part_amplification(const struct mp_writing *writing) {
    for (size_t i = 0; i < writing->dossier->hunt_count; i++) {
        const struct mp_dossier_hunt *hunt = &writing->dossier->hunt[i];
        struct mp_strbuf line;
        mp_strbuf_init(&line);
        if (hunt->perturb == NULL)
            mp_strbuf_addstr(&line, "none, since in the search no perturbation was "
                                    "faster than the plain loop.");
        else
            write_measured(writing, hunt, &line);
        mp_letter_add(writing->letter, MP_LETTER_ITEM,
                      "Amplification measured in campaign %lld: %s",
                      (long long)hunt->campaign_id, line.text);
        mp_strbuf_release(&line);
    }
}

void mp_dossier_amplification_json(const struct mp_dossier *dossier,
                                   struct json_object *to) {
    for (size_t i = 0; i < dossier->hunt_count; i++) {
        const struct mp_dossier_hunt *hunt = &dossier->hunt[i];
        struct json_object *item = mp_json_add_object(to, NULL);
        mp_json_add_integer(item, "campaign", hunt->campaign_id);
        mp_json_add_text(item, "perturb", hunt->perturb);
        mp_json_add_integer(item, "plain_this_crash", hunt->plain_hits);
        mp_json_add_integer(item, "plain_rounds", hunt->plain_rounds);
        mp_json_add_number(item, "plain_seconds", hunt->plain_seconds);
        if (hunt->perturb == NULL)
            continue;
        mp_json_add_integer(item, "this_crash", hunt->hits);
        mp_json_add_integer(item, "rounds", hunt->rounds);
        mp_json_add_number(item, "seconds", hunt->seconds);
        mp_hunt_add_ratio(arms_of(hunt), item);
    }
}
