/* Blocks that a command buffer keeps, in the order in which they were added.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_HANDLER_LIST_H
#define MP_MODEL_HANDLER_LIST_H

#include "repro/model/block.h"

struct mp_handler;

struct mp_handlers {
    struct mp_handler *first, *last;
};

/* Keeps a copy of the block. */
void mp_handlers_append(struct mp_handlers *handlers, struct mp_block *block);
/* Calls all with `object` and lets them go. */
void mp_handlers_run(struct mp_handlers *handlers, id object);

#endif
