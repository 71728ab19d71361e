/* Releases what the end of a round owns.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/process/round_end.h"

#include <stddef.h>

#include "harness/wire/crash.h"

void mp_round_end_release(struct mp_round_end *end) {
    mp_crash_destroy(end->crash);
    mp_crash_destroy(end->second);
    end->crash = NULL;
    end->second = NULL;
    mp_flight_release(&end->flight);
    mp_modules_release(&end->modules);
}
