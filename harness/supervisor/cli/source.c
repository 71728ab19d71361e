/* Reads the catalog of the round program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/source.h"

#include <stdlib.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/runner.h"

#define DESCRIBE_TIMEOUT_NS                                                              \
    (30 * MP_CLOCK_NS_PER_S) /* a first Metal device takes seconds */

enum mp_status mp_source_read(char *ret_program, struct mp_catalog *ret_catalog,
                              struct mp_error *err) {
    char *text = NULL;
    size_t len = 0;
    enum mp_status status = mp_runner_find_program(ret_program, MP_SOURCE_PATH_MAX, err);
    if (status == MP_OK)
        status = mp_runner_describe(ret_program, DESCRIBE_TIMEOUT_NS, &text, &len, err);
    if (status == MP_OK) {
        status = mp_catalog_parse(text, len, ret_catalog, err);
        if (status != MP_OK)
            mp_error_prefix(err, "what '%s --describe' wrote", ret_program);
    }
    free(text);
    return status;
}
