/* The places of a queue for command buffers that have not completed.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_SLOTS_H
#define MP_MODEL_SLOTS_H

#include <pthread.h>

struct mp_slots {
    pthread_mutex_t lock;
    pthread_cond_t freed;
    unsigned long free;
    unsigned long owed; /* lost while none was free */
};

void mp_slots_init(struct mp_slots *slots, unsigned long count);
void mp_slots_release(struct mp_slots *slots);

/* Blocks while none is free, as Apple's MTLCommandQueue page says of commandBuffer. */
void mp_slots_take(struct mp_slots *slots);
void mp_slots_give_back(struct mp_slots *slots);
/* Takes one for good: of those that are free, or the next that is given back. */
void mp_slots_lose(struct mp_slots *slots);

#endif
