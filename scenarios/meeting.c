/* The meeting of threads, by one lock and one condition.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "scenarios/meeting.h"

void mp_meeting_init(struct mp_meeting *meeting, unsigned members) {
    pthread_mutex_init(&meeting->mutex, NULL);
    pthread_cond_init(&meeting->complete, NULL);
    meeting->members = members;
    meeting->present = 0;
    meeting->number = 0;
}

void mp_meeting_destroy(struct mp_meeting *meeting) {
    pthread_cond_destroy(&meeting->complete);
    pthread_mutex_destroy(&meeting->mutex);
}

static void begin_if_complete(struct mp_meeting *meeting) {
    if (meeting->present < meeting->members)
        return;
    meeting->present = 0;
    meeting->number++;
    pthread_cond_broadcast(&meeting->complete);
}

void mp_meeting_wait(struct mp_meeting *meeting) {
    pthread_mutex_lock(&meeting->mutex);
    const uint64_t number = meeting->number;
    meeting->present++;
    begin_if_complete(meeting);
    while (meeting->number == number)
        pthread_cond_wait(&meeting->complete, &meeting->mutex);
    pthread_mutex_unlock(&meeting->mutex);
}

void mp_meeting_leave(void *data) {
    struct mp_meeting *meeting = data;
    pthread_mutex_lock(&meeting->mutex);
    meeting->members--;
    if (meeting->members > 0)
        begin_if_complete(meeting);
    pthread_mutex_unlock(&meeting->mutex);
}
