/* See handler_list.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/handler_list.h"

#include <stdio.h>
#include <stdlib.h>

#include "repro/model/count.h"

struct mp_handler {
    struct mp_handler *next;
    struct mp_block *block; /* owned */
};

void mp_handlers_append(struct mp_handlers *handlers, struct mp_block *block) {
    struct mp_handler *handler = calloc(1, sizeof(*handler));
    if (!handler) {
        fprintf(stderr, "mpmodel: out of memory\n");
        abort();
    }
    handler->block = mp_block_copy(block);
    if (handlers->last)
        handlers->last->next = handler;
    else
        handlers->first = handler;
    handlers->last = handler;
}

void mp_handlers_run(struct mp_handlers *handlers, id object) {
    struct mp_handler *handler = handlers->first;
    *handlers = (struct mp_handlers){NULL, NULL};
    while (handler) {
        struct mp_handler *next = handler->next;
        mp_block_call(handler->block, object);
        mp_block_release(handler->block);
        free(handler);
        mp_count_raise(MP_COUNT_HANDLERS_RUN);
        handler = next;
    }
}
