/* The place of a command buffer in the list of those that wait for an event.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_PARK_H
#define MP_MODEL_PARK_H

#include <stdint.h>

struct mp_command_buffer;

struct mp_park {
    struct mp_command_buffer *buffer;
    void (*resume)(struct mp_command_buffer *buffer);
    uint64_t value; /* filled in by the event, as all below */
    struct mp_park *next;
};

#endif
