/* Waits in short steps, so that a signal is seen, and says that it does: a round that has
 * ended is lost if the file cannot be written.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "results/store/patience.h"

#include <sqlite3.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"

#define STEP_MIN_NS MP_CLOCK_NS_PER_MS
#define STEP_MAX_NS (50 * MP_CLOCK_NS_PER_MS)
/* Writers that take turns wait less than this for each other. */
#define SAY_NS (5 * MP_CLOCK_NS_PER_S)

bool mp_patience_has_ended(const struct mp_store *store) {
    return store->patience.interrupts != NULL && *store->patience.interrupts > 1;
}

bool mp_patience_wait(struct mp_store *store, int tries) {
    uint64_t now_ns = mp_clock_now_ns();
    uint64_t step_ns = STEP_MIN_NS * (uint64_t)(tries < 50 ? tries + 1 : 50);
    if (tries == 0)
        store->waiting_since_ns = now_ns;
    uint64_t waited_ns = now_ns - store->waiting_since_ns;
    if (waited_ns >= store->patience.limit_ns || mp_patience_has_ended(store))
        return false;
    if (waited_ns >= SAY_NS && !store->has_said_waiting) {
        char limit[32];
        mp_clock_format_short(store->patience.limit_ns, limit, sizeof(limit));
        mp_log(MP_LOG_WARN,
               "another program holds %s; waiting up to %s for it, and no round is "
               "started until then",
               store->path, limit);
        store->has_said_waiting = true;
    }
    mp_clock_sleep_ns(step_ns < STEP_MAX_NS ? step_ns : STEP_MAX_NS);
    return true;
}

static int wait_for_other(void *arg, int tries) {
    return mp_patience_wait(arg, tries);
}

void mp_patience_impose(struct mp_store *store) {
    sqlite3_busy_handler(store->db, wait_for_other, store);
}
