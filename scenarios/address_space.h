/* The address space of the round's process, as far as a scenario limits it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_ADDRESS_SPACE_H
#define MP_SCENARIOS_ADDRESS_SPACE_H

#include <stdint.h>

#include "harness/base/status.h"

/* Lets it grow by `room` bytes from what it is now. MP_UNSUPPORTED: this system does not
 * say how much is used. */
enum mp_status mp_address_space_limit(uint64_t room, struct mp_error *err);
/* As large as the system allows. */
void mp_address_space_lift(void);

#endif
