/* A ring of rounds by position. Knows nothing of time.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/waiting.h"

#include <stdlib.h>
#include <string.h>

#include "harness/base/memory.h"

#define ROOM_MIN 16

struct mp_waiting_slot {
    bool has_ended;
    struct mp_ended ended;
};

void mp_waiting_init(struct mp_waiting *waiting, uint64_t next) {
    *waiting = (struct mp_waiting){.next = next};
}

void mp_waiting_release(struct mp_waiting *waiting) {
    free(waiting->slot);
    memset(waiting, 0, sizeof(*waiting));
}

static void grow(struct mp_waiting *waiting, size_t needed) {
    size_t room = waiting->room > 0 ? waiting->room : ROOM_MIN;
    while (room < needed)
        room *= 2;
    struct mp_waiting_slot *slot = mp_memory_zeroed(room, sizeof(*slot));
    for (size_t i = 0; waiting->room > 0 && i < waiting->count; i++)
        slot[i] = waiting->slot[(waiting->first + i) % waiting->room];
    free(waiting->slot);
    waiting->slot = slot;
    waiting->room = room;
    waiting->first = 0;
}

void mp_waiting_add(struct mp_waiting *waiting, uint64_t position,
                    const struct mp_ended *ended) {
    size_t at = (size_t)(position - waiting->next);
    if (at >= waiting->room)
        grow(waiting, at + 1);
    waiting->slot[(waiting->first + at) % waiting->room] =
        (struct mp_waiting_slot){true, *ended};
    waiting->count = at < waiting->count ? waiting->count : at + 1;
}

bool mp_waiting_take(struct mp_waiting *waiting, struct mp_ended *ret_ended) {
    if (waiting->count == 0 || !waiting->slot[waiting->first].has_ended)
        return false;
    *ret_ended = waiting->slot[waiting->first].ended;
    waiting->slot[waiting->first].has_ended = false;
    waiting->first = (waiting->first + 1) % waiting->room;
    waiting->count--;
    waiting->next++;
    return true;
}
