/* Whether the rounds of each cell still run on the driver that its first one ran on. A
 * round on another build is none of the campaign's, so it loses its verdict, and no more
 * are started. Which driver a round has only the round itself can say.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_DRIVERS_H
#define MP_CAMPAIGN_DRIVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/wire/driver.h"

struct mp_drivers;

/* Knows no driver yet. Release with mp_drivers_release. */
struct mp_drivers *mp_drivers_make(size_t cell_count);
void mp_drivers_release(struct mp_drivers *drivers);

/* What a round before the interruption said, as mp_store_cell_driver gives it. */
void mp_drivers_recall(struct mp_drivers *drivers, size_t cell, const char *build);
bool mp_drivers_is_known(const struct mp_drivers *drivers, size_t cell);

/* Takes what a round of `cell` said; true if it ran on another driver than the rounds
 * before it. A round that opened no device says nothing. */
bool mp_drivers_see(struct mp_drivers *drivers, size_t cell,
                    const struct mp_driver *driver);
/* Of the first round on another driver, in words, for the user; "" there was none.
 * Borrowed. */
const char *mp_drivers_words(const struct mp_drivers *drivers);

#endif
