/* A counting semaphore.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/slots.h"

void mp_slots_init(struct mp_slots *slots, unsigned long count) {
    slots->free = count;
    slots->owed = 0;
    pthread_mutex_init(&slots->lock, NULL);
    pthread_cond_init(&slots->freed, NULL);
}

void mp_slots_release(struct mp_slots *slots) {
    pthread_cond_destroy(&slots->freed);
    pthread_mutex_destroy(&slots->lock);
}

void mp_slots_take(struct mp_slots *slots) {
    pthread_mutex_lock(&slots->lock);
    while (slots->free == 0)
        pthread_cond_wait(&slots->freed, &slots->lock);
    slots->free--;
    pthread_mutex_unlock(&slots->lock);
}

void mp_slots_give_back(struct mp_slots *slots) {
    pthread_mutex_lock(&slots->lock);
    if (slots->owed > 0)
        slots->owed--;
    else
        slots->free++;
    pthread_cond_signal(&slots->freed);
    pthread_mutex_unlock(&slots->lock);
}

void mp_slots_lose(struct mp_slots *slots) {
    pthread_mutex_lock(&slots->lock);
    if (slots->free > 0)
        slots->free--;
    else
        slots->owed++;
    pthread_mutex_unlock(&slots->lock);
}
