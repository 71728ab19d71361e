/* The blocks that a command buffer runs when it is scheduled and when it has ended, and
 * the order in which the end of a buffer becomes visible.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_MODEL_HANDLER_H
#define MP_MODEL_HANDLER_H

#include "repro/model/classes.h"

struct mp_command_buffer;

/* The buffer is scheduled, once: status, handlers, then waiters. On an executor. */
void mp_handlers_scheduled(struct mp_command_buffer *buffer);
/* The buffer has run: status, handlers in their order on the queue's completion queue,
 * what it retained, its slot, then waiters (a public decompilation of
 * -[_MTLCommandBuffer didCompleteWithStartTime:endTime:error:], which is other systems').
 * On an executor. */
void mp_handlers_completed(struct mp_command_buffer *buffer);
/* The buffer goes without having been committed: runs what it has, as that driver does.
 */
void mp_handlers_abandon(struct mp_command_buffer *buffer);

/* addScheduledHandler: and addCompletedHandler:. */
extern const struct mp_method mp_handler_methods[];

#endif
