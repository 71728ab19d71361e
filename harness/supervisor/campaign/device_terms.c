/* Reads the terms of a device from its item of the catalog.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/device_terms.h"

#include <stdio.h>
#include <string.h>

#define LIST_MAX 256

/* The value of a parameter that not every scenario has, or NULL. */
static const struct mp_option_value *find(const struct mp_option_values *params,
                                          const char *name) {
    for (size_t i = 0; i < params->count; i++)
        if (strcmp(params->rows[i].name, name) == 0)
            return &params->value[i];
    return NULL;
}

enum mp_status mp_device_terms_apply(const struct mp_catalog_item *device,
                                     const char *scenario,
                                     struct mp_option_values *params,
                                     struct mp_error *err) {
    const char *at = device->usual != NULL ? device->usual : "";
    size_t name_len = strlen(scenario);
    char list[LIST_MAX];
    while (*at != '\0') {
        size_t len = strcspn(at, " ");
        if (len > name_len && at[name_len] == ':' &&
            strncmp(at, scenario, name_len) == 0) {
            snprintf(list, sizeof(list), "%.*s", (int)(len - name_len - 1),
                     at + name_len + 1);
            return mp_option_set_list(params, list, err);
        }
        at += len + (at[len] == ' ');
    }
    return MP_OK;
}

bool mp_device_terms_blame_client(const struct mp_catalog_item *device,
                                  const struct mp_catalog_item *arm,
                                  const struct mp_option_values *params) {
    const struct mp_option_value *threads = find(params, "threads");
    const struct mp_option_value *streams = find(params, "streams");
    const struct mp_option_value *share = find(params, "share");
    const struct mp_option_value *sync = find(params, "sync");
    const struct mp_option_value *q = find(params, "q");
    const struct mp_option_value *policy = find(params, "policy");
    const struct mp_option_value *rule = find(params, "rule");
    if (rule && strcmp(rule->text, "broken") == 0)
        return true;
    if (!device->blames_client || arm->serialises || !threads || !streams || !share ||
        !sync || !q)
        return false;
    bool takes_turns = !policy || strcmp(policy->text, "round_robin") == 0;
    bool is_shared = strcmp(share->text, "all") == 0 ||
                     (takes_turns && streams->integer <= threads->integer);
    return threads->integer > 1 && is_shared && strcmp(sync->text, "off_queue") == 0 &&
           q->real > 0;
}
