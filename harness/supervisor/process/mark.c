/* Whose a process is, by the mark in its environment.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/memory.h"
#include "harness/supervisor/process/environ.h"
#include "harness/supervisor/process/host.h"
#include "harness/supervisor/process/process_list.h"

enum mp_host_mark mp_host_find_mark(pid_t pid, const char *entry) {
    char *buf = mp_memory_zeroed(MP_ENVIRON_MAX, 1);
    const char *found = mp_environ_find(pid, entry, strcspn(entry, "=") + 1, buf);
    enum mp_host_mark mark = MP_HOST_UNMARKED;
    if (found != NULL)
        mark = strcmp(found, entry) == 0 ? MP_HOST_MARKED : MP_HOST_OTHER;
    else if (mp_environ_is_dying(pid))
        mark = MP_HOST_DYING;
    free(buf);
    return mark;
}

struct mp_process_search {
    char *environment; /* of the process that is looked at */
    void *room;
};

struct mp_process_search *mp_process_search_open(void) {
    struct mp_process_search *search = mp_memory_zeroed(1, sizeof(*search));
    search->environment = mp_memory_zeroed(MP_ENVIRON_MAX, 1);
    search->room = mp_memory_zeroed(mp_process_list_room, 1);
    return search;
}

void mp_process_search_close(struct mp_process_search *search) {
    free(search->environment);
    free(search->room);
    free(search);
}

/* What one search has found so far. */
struct finds {
    const struct mp_process_search *search;
    const char *mark;
    pid_t *pids; /* borrowed */
    size_t count, max;
};

static bool look_at(void *data, pid_t pid) {
    struct finds *finds = data;
    if (finds->count < finds->max && pid != getpid() &&
        mp_environ_find(pid, finds->mark, strlen(finds->mark),
                        finds->search->environment) != NULL)
        finds->pids[finds->count++] = pid;
    return finds->count < finds->max;
}

size_t mp_process_find_marked(struct mp_process_search *search, const char *mark,
                              pid_t *ret_pids, size_t max) {
    struct finds finds = {.search = search, .mark = mark, .pids = ret_pids, .max = max};
    mp_process_list(search->room, look_at, &finds);
    return finds.count;
}
