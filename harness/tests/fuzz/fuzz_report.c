/* Fuzzes the reader of reports of the operating system.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "harness/supervisor/capture/os_report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is kept must be within its bounds: the store trusts the indices. */
static void check(const struct mp_crash *crash) {
    for (size_t t = 0; t < crash->thread_count; t++) {
        for (size_t f = 0; f < crash->thread[t].frame_count; f++) {
            int module = crash->thread[t].frame[f].module;
            if (module < -1 || module >= (int)crash->module_count)
                abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mp_os_report *report = NULL;
    struct mp_error err;
    struct mp_signature signature;
    if (mp_os_report_parse((const char *)data, size, &report, &err) == MP_OK) {
        for (const struct mp_os_report *at = report; at != NULL; at = at->next) {
            if (at->crash != NULL)
                check(at->crash);
            (void)mp_os_report_sign(at, &signature);
        }
        mp_os_report_destroy(report);
    }
    return 0;
}
