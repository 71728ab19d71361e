/* Whether what a round is about to ask for fits on this machine.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/footprint.h"

#include <unistd.h>

#define MIB 1048576.0

enum mp_status mp_footprint_check_bytes(double bytes, struct mp_error *err) {
    const double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);

    if (bytes <= memory / 2)
        return MP_OK;
    return mp_error_set(err, MP_UNSUPPORTED,
                        "its buffers and references take %.0f MiB, and this machine has "
                        "%.0f MiB, of which a round may take half; choose smaller sizes "
                        "or fewer threads, or fewer ops in flight",
                        bytes / MIB, memory / MIB);
}

enum mp_status mp_footprint_check_work(double work, struct mp_error *err) {
    if (work <= MP_FOOTPRINT_WORK_MAX)
        return MP_OK;
    return mp_error_set(err, MP_UNSUPPORTED,
                        "its references take %.3g multiplications on the CPU before the "
                        "threads start, and a round may take %.3g; choose smaller sizes "
                        "or fewer threads",
                        work, MP_FOOTPRINT_WORK_MAX);
}
