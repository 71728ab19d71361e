/* Where the threads of a round wait for each other again and again: the next step of all
 * begins when the last one arrives. Unlike a barrier it can be left.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_SCENARIOS_MEETING_H
#define MP_SCENARIOS_MEETING_H

#include <pthread.h>
#include <stdint.h>

struct mp_meeting {
    pthread_mutex_t mutex;
    pthread_cond_t complete;
    unsigned members, present;
    uint64_t number; /* of meetings that took place */
};

void mp_meeting_init(struct mp_meeting *meeting, unsigned members);
/* All members have left. */
void mp_meeting_destroy(struct mp_meeting *meeting);

/* Waits until all members have arrived or left. Its deadline is that of the round: a
 * member that hangs elsewhere is what the round is to show. */
void mp_meeting_wait(struct mp_meeting *meeting);
/* Nobody waits for this member any more. As data of a cleanup handler too. */
void mp_meeting_leave(void *meeting);

#endif
