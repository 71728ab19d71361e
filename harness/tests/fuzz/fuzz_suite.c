/* Fuzzes the reader of suites.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdint.h>

#include "harness/supervisor/campaign/suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mp_suite suite;
    struct mp_error err;
    mp_suite_init(&suite);
    (void)mp_suite_parse(&suite, (const char *)data, size, "fuzz", &err);
    mp_suite_release(&suite);
    return 0;
}
