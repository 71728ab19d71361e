/* Writes the catalog from the tables of devices, scenarios and arms. Keeps no list of its
 * own. Devices are opened one a process: a driver may die of that, and two of them may
 * not fit into one process (Metal and the model have classes of the same names).
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/describe.h"

#include <stdio.h>
#include <string.h>

#include "harness/round/arm.h"
#include "harness/round/program.h"
#include "harness/wire/catalog.h"

static const struct mp_option no_rows[] = {{.name = NULL}};

/* Opens `ops` with its defaults and writes what it is. */
static enum mp_status look_at(const struct mp_device_ops *ops, char *detail, size_t size,
                              bool *ret_is_virtual, struct mp_error *err) {
    struct mp_device *device;
    struct mp_driver driver = {.name = ""};
    enum mp_status status;

    status = ops->probe(err);
    if (status != MP_OK)
        return status;
    status = mp_device_open(ops->name, 0, &device, err);
    if (status != MP_OK)
        return status;
    device->ops->info(device, &driver);
    bool has_others =
        strncmp(driver.facts, MP_DRIVER_OTHERS, strlen(MP_DRIVER_OTHERS)) == 0;
    *ret_is_virtual = mp_driver_is_virtual(driver.gpu);
    snprintf(detail, size, "%s%s%s%s%s%.120s", driver.gpu,
             *ret_is_virtual ? ", virtual" : "", driver.path[0] ? ", " : "", driver.path,
             has_others ? "; " : "", has_others ? driver.facts : "");
    mp_device_close(device);
    return MP_OK;
}

static struct mp_catalog_item item_of(const struct mp_device_ops *ops) {
    return (struct mp_catalog_item){
        .kind = MP_CATALOG_DEVICE,
        .name = ops->name,
        .summary = ops->summary,
        .detail = "",
        .how = ops->how ? ops->how : "",
        .hit = "",
        .origin = "",
        .is_default = ops->is_default,
        .planted = ops->planted ? ops->planted : "",
        .harmless = ops->harmless ? ops->harmless : "",
        .hidden = ops->hidden ? ops->hidden : "",
        .usual = ops->usual ? ops->usual : "",
        .blames_client = ops->blames_client,
        .frames = ops->frames ? ops->frames : "",
        .finders = ops->finders ? ops->finders : "",
        .rows = ops->settings,
    };
}

static void write_scenario(const struct mp_scenario *scenario, struct mp_strbuf *buf) {
    const struct mp_catalog_item item = {
        .kind = MP_CATALOG_SCENARIO,
        .name = scenario->name,
        .summary = scenario->summary,
        .is_present = true,
        .detail = scenario->hunts,
        .how = scenario->how,
        .hit = scenario->hit,
        .origin = scenario->origin,
        .promises_overlap = scenario->promises_overlap,
        .has_outputs = scenario->has_outputs,
        .planted = "",
        .harmless = "",
        .hidden = "",
        .frames = "",
        .finders = "",
        .rows = scenario->params,
    };

    mp_catalog_write(&item, buf);
}

static void write_arm(const struct mp_arm *arm, struct mp_strbuf *buf) {
    const struct mp_catalog_item item = {
        .kind = MP_CATALOG_ARM,
        .name = arm->name,
        .summary = arm->summary,
        .is_present = true,
        .detail = "",
        .how = "",
        .hit = "",
        .origin = "",
        .serialises = arm->serialises,
        .injects = arm->injects,
        .planted = "",
        .harmless = "",
        .hidden = "",
        .frames = "",
        .finders = "",
        .rows = arm->number ? arm->number : no_rows,
    };

    mp_catalog_write(&item, buf);
}

void mp_describe_write(const struct mp_scenario *const *scenarios,
                       struct mp_strbuf *buf) {
    const struct mp_device_ops *const *devices = mp_device_list();

    for (size_t i = 0; devices[i]; i++) {
        const struct mp_catalog_item item = item_of(devices[i]);

        mp_catalog_write(&item, buf);
    }
    for (size_t i = 0; scenarios[i]; i++)
        write_scenario(scenarios[i], buf);
    for (const struct mp_arm *arm = mp_arm_list(); arm->name; arm++)
        write_arm(arm, buf);
    for (const struct mp_catalog_item *item = mp_program_items(); item->name; item++)
        mp_catalog_write(item, buf);
}

enum mp_status mp_describe_device(const char *name, struct mp_strbuf *buf,
                                  struct mp_error *err) {
    const struct mp_catalog_item *program = mp_program_items();
    const struct mp_device_ops *ops;
    struct mp_catalog_item item;
    struct mp_error why = {""};
    char detail[sizeof(why.text)] = "";

    if (strcmp(name, program->name) == 0) {
        mp_catalog_write(program, buf);
        return MP_OK;
    }
    ops = mp_device_find(name, err);
    if (!ops)
        return MP_NOT_FOUND;
    item = item_of(ops);
    item.is_present =
        look_at(ops, detail, sizeof(detail), &item.is_virtual, &why) == MP_OK;
    item.detail = item.is_present ? detail : why.text;
    mp_catalog_write(&item, buf);
    return MP_OK;
}
