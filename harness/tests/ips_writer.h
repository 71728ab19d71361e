/* Writes a crash as Apple's ReportCrash would, for tests that hold what capture finds
 * against what an import of the same crash finds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_IPS_WRITER_H
#define MP_TESTS_IPS_WRITER_H

#include <stdint.h>

#include "harness/base/strbuf.h"
#include "harness/wire/crash.h"

/* What macOS would have called it. */
struct mp_mach_codes {
    const char *type, *signal;
    uint64_t code;
    uint32_t esr;
};

/* The registers, threads, frames, modules and last words of `crash`; its address is the
 * second code. */
void ips_write(const struct mp_crash *crash, const struct mp_mach_codes *codes,
               struct mp_strbuf *buf);

#endif
