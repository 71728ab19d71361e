/* Reads the catalog of the round program. Devices are opened only when somebody asks
 * whether they open.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/source.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/runner.h"

#define DESCRIBE_TIMEOUT_NS (30 * MP_CLOCK_NS_PER_S)
/* A first Metal device takes seconds. */
#define OPEN_TIMEOUT_NS (30 * MP_CLOCK_NS_PER_S)

/* How long a device may take to open: $MPSTRESS_OPEN_TIMEOUT, else the default. */
static enum mp_status open_timeout(uint64_t *ret_ns, struct mp_error *err) {
    const char *set = getenv("MPSTRESS_OPEN_TIMEOUT");
    *ret_ns = OPEN_TIMEOUT_NS;
    if (set == NULL || set[0] == '\0')
        return MP_OK;
    enum mp_status status = mp_clock_parse_duration(set, ret_ns, err);
    if (status != MP_OK)
        mp_error_prefix(err, "MPSTRESS_OPEN_TIMEOUT");
    return status;
}

/* Opens one device in a process of its own. `data` is the path of the round program. */
static void look(void *data, const char *name, struct mp_catalog_finding *ret_finding) {
    struct mp_catalog one = {.count = 0};
    struct mp_error err = {""};
    char *text = NULL;
    size_t len = 0;
    uint64_t timeout_ns = OPEN_TIMEOUT_NS;
    enum mp_status status = open_timeout(&timeout_ns, &err);
    if (status == MP_OK)
        status = mp_runner_describe_device(data, name, timeout_ns, &text, &len, &err);
    if (status == MP_OK)
        status = mp_catalog_parse(text, len, &one, &err);
    if (status == MP_OK && one.count > 0) {
        ret_finding->is_present = one.item[0].is_present;
        ret_finding->is_virtual = one.item[0].is_virtual;
        snprintf(ret_finding->detail, sizeof(ret_finding->detail), "%s",
                 one.item[0].detail != NULL ? one.item[0].detail : "");
    } else {
        ret_finding->is_unasked = status == MP_SYSTEM;
        ret_finding->is_broken = !ret_finding->is_unasked;
        snprintf(ret_finding->detail, sizeof(ret_finding->detail), "%s", err.text);
    }
    mp_catalog_release(&one);
    free(text);
}

enum mp_status mp_source_read(char *ret_program, struct mp_catalog *ret_catalog,
                              struct mp_error *err) {
    char *text = NULL;
    size_t len = 0;
    uint64_t timeout_ns = 0;
    enum mp_status status = open_timeout(&timeout_ns, err);
    if (status == MP_OK)
        status = mp_runner_find_program(ret_program, MP_SOURCE_PATH_MAX, err);
    if (status == MP_OK)
        status = mp_runner_describe(ret_program, DESCRIBE_TIMEOUT_NS, &text, &len, err);
    if (status == MP_OK) {
        status = mp_catalog_parse(text, len, ret_catalog, err);
        if (status != MP_OK)
            mp_error_prefix(err, "what '%s --describe' wrote", ret_program);
    }
    if (status == MP_OK)
        mp_catalog_set_look(ret_catalog, look, ret_program);
    free(text);
    return status;
}

void mp_source_open_devices(const struct mp_catalog *catalog) {
    for (size_t i = 0; i < catalog->count; i++)
        if (catalog->item[i].kind == MP_CATALOG_DEVICE)
            (void)mp_catalog_opens(catalog, &catalog->item[i]);
}
