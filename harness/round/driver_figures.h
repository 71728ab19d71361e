/* What the driver counts about itself, over one round: uses of what is stale, lost and
 * refused work, and what is still alive when the round has given everything back.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_DRIVER_FIGURES_H
#define MP_ROUND_DRIVER_FIGURES_H

#include "harness/round/device.h"

#define MP_DRIVER_FIGURES_MAX 8

struct mp_driver_figures {
    uint64_t before[MP_DRIVER_FIGURES_MAX];  /* a process may run several rounds */
    bool is_mirrored[MP_DRIVER_FIGURES_MAX]; /* the driver writes it into the page */
};

/* Main thread, once the device is open and before it is used. What the driver can write
 * into the worker's page itself, it does from now on: it is there if the round
 * crashes. */
void mp_driver_figures_begin(struct mp_driver_figures *figures, struct mp_device *device,
                             struct mp_worker *worker);
/* Main thread, once buffers and streams are destroyed: writes the rest of what was added
 * since into the page. Objects may be freed by threads of the driver, a little later than
 * their last use: waits for that, 200 ms at most, if any are alive. */
void mp_driver_figures_end(const struct mp_driver_figures *figures,
                           struct mp_device *device, struct mp_worker *worker);

#endif
