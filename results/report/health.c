/* Health of the devices.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/report/health.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "results/report/line.h"

#define EPISODES_MAX 10

/* clang-format off */
#define HEALTH(member, kind) MP_FIELD(struct mp_health_row, member, kind)
static const struct mp_field HEALTH_TABLE[] = {
    HEALTH(after_seq, INTEGER), HEALTH(device, WORD), HEALTH(started_at, WORD),
    HEALTH(wall_ns, INTEGER), HEALTH(outcome, WORD), HEALTH(detail, WORD),
    HEALTH(round_id, INTEGER), HEALTH(round_outcome, TEXT),
};
/* clang-format on */

static const struct mp_fields health_fields =
    MP_FIELDS(struct mp_health_row, HEALTH_TABLE);

void mp_report_health_load(struct mp_report_health *health, struct mp_report *report) {
    health->check = mp_fields_list(
        &health_fields, &report->query,
        "SELECT h.*, r.id AS round_id, r.outcome AS round_outcome FROM health_check AS h"
        " LEFT JOIN round AS r ON r.campaign_id = ?1 AND r.seq = h.after_seq"
        " WHERE h.campaign_id = ?1 ORDER BY h.id",
        report->campaign_id, 0, &health->count);
}

void mp_report_health_release(struct mp_report_health *health) {
    mp_fields_release(&health_fields, health->check, health->count);
    free(health->check);
}

static bool has_passed(const struct mp_health_row *check) {
    return strcmp(check->outcome, "pass") == 0;
}

/* Whether the previous canary on the device, if any, had passed. */
static bool was_well(const struct mp_report_health *health, size_t index) {
    for (size_t i = index; i-- > 0;)
        if (strcmp(health->check[i].device, health->check[index].device) == 0)
            return has_passed(&health->check[i]);
    return true;
}

/* The next canary on the device that passed; NULL if none did. */
static const struct mp_health_row *find_end(const struct mp_report_health *health,
                                            size_t index) {
    for (size_t i = index + 1; i < health->count; i++)
        if (strcmp(health->check[i].device, health->check[index].device) == 0 &&
            has_passed(&health->check[i]))
            return &health->check[i];
    return NULL;
}

/* From the round that made a device unhealthy to the one after which it was healthy
 * again. */
static void add_illness(const struct mp_report_health *health, size_t index,
                        struct mp_text *text) {
    const struct mp_health_row *check = &health->check[index];
    const struct mp_health_row *end = find_end(health, index);
    struct mp_strbuf line;
    mp_strbuf_init(&line);
    mp_strbuf_addf(&line, "unhealthy after round %lld ", (long long)check->after_seq);
    if (check->round_outcome != NULL)
        mp_strbuf_addf(&line, "(%s, mpstress show round %lld) ", check->round_outcome,
                       (long long)check->round_id);
    if (end != NULL)
        mp_strbuf_addf(&line, "until after round %lld", (long long)end->after_seq);
    else
        mp_strbuf_addstr(&line, "to the end");
    mp_strbuf_addf(&line, "; the canary: %s", check->detail);
    mp_line_item(text, "", MP_WARN, line.text);
    mp_strbuf_release(&line);
}

void mp_report_health_add(const struct mp_report_health *health, struct mp_text *text) {
    size_t passed = 0, ill = 0;
    char sums[160];
    if (health->count == 0)
        return;
    for (size_t i = 0; i < health->count; i++)
        passed += has_passed(&health->check[i]);
    snprintf(sums, sizeof(sums), "%zu %s run: %zu passed, %zu did not", health->count,
             mp_plural(health->count, "canary was", "canaries were"), passed,
             health->count - passed);
    mp_line_title(text, "Health of the devices");
    mp_line_item(text, "", MP_PLAIN, sums);
    for (size_t i = 0; i < health->count; i++)
        if (!has_passed(&health->check[i]) && was_well(health, i) && ill++ < EPISODES_MAX)
            add_illness(health, i, text);
    if (ill > EPISODES_MAX) {
        mp_line_begin(text, "");
        mp_text_add(text, MP_PLAIN, "and %zu more times", ill - EPISODES_MAX);
        mp_text_end(text);
    }
}

void mp_report_health_add_json(const struct mp_report_health *health,
                               struct json_object *to) {
    mp_fields_add_list(&health_fields, health->check, health->count,
                       "after_seq device started_at wall_ns outcome detail", to,
                       "health");
}
