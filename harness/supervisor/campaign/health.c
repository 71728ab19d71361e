/* The state of each device, driven by rounds and canaries.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/health.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"
#include "harness/base/strbuf.h"
#include "harness/supervisor/campaign/plan_make.h"
#include "harness/wire/device_name.h"

#define CANARY_SCENARIO "single_thread"
/* The setting with which a test device remembers that it is broken. */
#define SCAR "scar="

enum state { STATE_HEALTHY, STATE_UNHEALTHY };

struct device {
    const char *text; /* borrowed from a cell */
    bool is_watched;
    struct mp_round_spec canary;
    enum state state;
    bool is_due;
    uint64_t after;     /* the newest round that requires a canary */
    uint64_t first_bad; /* the round after which it was found unhealthy */
    unsigned failed;    /* canaries in a row */
};

struct mp_health {
    struct device *device;
    size_t device_count;
    size_t *of_cell; /* index into device */
    unsigned limit;
};

/* The device without its settings, except the one that remembers a break. In the place of
 * "mps" stands "metal", the same GPU: older systems lack calls of MPS that the canary
 * makes, and a canary that is skipped would pass for a broken device. */
static void sane_device(const char *device, char *ret_text) {
    bool is_mps = mp_device_name_is_of(device, "mps");
    size_t len = strcspn(device, ":"), client = is_mps ? strcspn(device, "@:") : 0;
    const char *scar = strstr(device + len, SCAR);
    size_t scar_len = scar != NULL ? strcspn(scar, ",") : 0;
    bool has_scar = scar_len > sizeof(SCAR) - 1;
    snprintf(ret_text, MP_SPEC_DEVICE_MAX, "%s%.*s%s%.*s", is_mps ? "metal" : "",
             (int)(len - client), device + client, has_scar ? ":" : "",
             has_scar ? (int)scar_len : 0, has_scar ? scar : "");
}

/* The canary of one device is a plan of one cell. */
static enum mp_status make_canary(struct device *device, const struct mp_catalog *catalog,
                                  struct mp_error *err) {
    char sane[MP_SPEC_DEVICE_MAX];
    const char *devices[] = {sane};
    struct mp_plan_settings settings = {.device = devices,
                                        .device_count = 1,
                                        .has_rounds = true,
                                        .rounds = 1,
                                        .recorder = true};
    struct mp_suite suite;
    struct mp_plan plan;
    sane_device(device->text, sane);
    mp_suite_init(&suite);
    enum mp_status status = mp_suite_add_scenario(&suite, CANARY_SCENARIO, err);
    if (status == MP_OK)
        status = mp_plan_make(&suite, &settings, catalog, &plan, err);
    if (status == MP_OK) {
        device->canary = plan.cell[0].spec;
        mp_plan_release(&plan);
    } else {
        mp_error_prefix(err, "cannot create the canary of device '%s'", device->text);
    }
    mp_suite_release(&suite);
    return status;
}

/* The device named by `text`, added if new. */
static size_t find_device(struct mp_health *health, const char *text) {
    size_t i = 0;
    while (i < health->device_count && strcmp(health->device[i].text, text) != 0)
        i++;
    if (i == health->device_count)
        health->device[health->device_count++] = (struct device){.text = text};
    return i;
}

enum mp_status mp_health_make(const struct mp_plan *plan,
                              const struct mp_catalog *catalog, enum mp_health_mode mode,
                              unsigned limit, struct mp_health **ret_health,
                              struct mp_error *err) {
    struct mp_health *health = mp_memory_zeroed(1, sizeof(*health));
    enum mp_status status = MP_OK;
    health->device = mp_memory_zeroed(plan->cell_count + 1, sizeof(*health->device));
    health->of_cell = mp_memory_zeroed(plan->cell_count + 1, sizeof(*health->of_cell));
    health->limit = limit;
    for (size_t i = 0; i < plan->cell_count; i++)
        health->of_cell[i] = find_device(health, plan->cell[i].spec.device);
    for (size_t i = 0; i < health->device_count && status == MP_OK; i++) {
        struct device *device = &health->device[i];
        device->is_watched =
            (mode == MP_HEALTH_ON && !mp_device_name_is_program(device->text)) ||
            (mode == MP_HEALTH_AUTO && mp_device_name_uses_gpu(device->text));
        if (device->is_watched)
            status = make_canary(device, catalog, err);
    }
    if (status == MP_OK)
        *ret_health = health;
    else
        mp_health_release(health);
    return status;
}

void mp_health_release(struct mp_health *health) {
    if (health != NULL) {
        free(health->device);
        free(health->of_cell);
        free(health);
    }
}

bool mp_health_is_suspect(const struct mp_health *health, size_t cell) {
    return health->device[health->of_cell[cell]].is_due;
}

static void withdraw(const struct device *device, struct mp_judgement *judgement) {
    struct mp_strbuf text;
    mp_strbuf_init(&text);
    mp_strbuf_addf(&text,
                   "the device has been unhealthy since round %" PRIu64
                   ", its canary fails; this round ended as %s: %s",
                   device->first_bad, mp_outcome_name(judgement->outcome),
                   judgement->detail);
    snprintf(judgement->detail, sizeof(judgement->detail), "%.*s",
             (int)sizeof(judgement->detail) - 1, text.text);
    mp_strbuf_release(&text);
    judgement->outcome = MP_OUTCOME_NO_VERDICT;
    judgement->has_signature = false;
    judgement->is_withdrawn = true;
}

void mp_health_judge(struct mp_health *health, size_t cell, uint64_t seq,
                     struct mp_judgement *judgement) {
    struct device *device = &health->device[health->of_cell[cell]];
    if (!device->is_watched)
        return;
    bool has_verdict = mp_outcome_class(judgement->outcome) != MP_CLASS_NO_VERDICT;
    /* Before anything is withdrawn, no verdict means that another's error ended its work:
     * the GPU may still be recovering. */
    bool is_bad = mp_outcome_class(judgement->outcome) == MP_CLASS_FAILURE ||
                  judgement->outcome == MP_OUTCOME_NO_VERDICT;
    if (device->state == STATE_UNHEALTHY && has_verdict)
        withdraw(device, judgement);
    if (is_bad || device->state == STATE_UNHEALTHY) {
        device->is_due = true;
        device->after = seq;
    }
}

static struct device *find_due(const struct mp_health *health) {
    for (size_t i = 0; i < health->device_count; i++)
        if (health->device[i].is_due)
            return &health->device[i];
    return NULL;
}

const struct mp_round_spec *mp_health_due(const struct mp_health *health,
                                          uint64_t *ret_after) {
    const struct device *device = find_due(health);
    if (device == NULL)
        return NULL;
    *ret_after = device->after;
    return &device->canary;
}

bool mp_health_take(struct mp_health *health, enum mp_outcome outcome) {
    struct device *device = find_due(health);
    bool is_healthy = outcome == MP_OUTCOME_PASS;
    if (device == NULL)
        return true;
    device->is_due = false;
    if (!is_healthy && device->state == STATE_HEALTHY)
        device->first_bad = device->after;
    device->failed = is_healthy ? 0 : device->failed + 1;
    device->state = is_healthy ? STATE_HEALTHY : STATE_UNHEALTHY;
    return is_healthy;
}

bool mp_health_has_failed(const struct mp_health *health) {
    for (size_t i = 0; i < health->device_count; i++)
        if (health->device[i].failed >= health->limit)
            return true;
    return false;
}
