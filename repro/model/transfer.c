/* See transfer.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "repro/model/transfer.h"

#include <stdio.h>
#include <string.h>

#include "repro/model/count.h"
#include "repro/model/driver.h"

/* Bytes from the bound place to the end of the buffer. */
static uint64_t room(const struct mp_binding *binding) {
    return binding->resource && binding->offset <= binding->resource->length
               ? binding->resource->length - binding->offset
               : 0;
}

int mp_transfer_run(const struct mp_command *command, char *ret_why, size_t size) {
    const struct mp_binding *from = &command->buffer[0], *to = &command->buffer[1];
    bool is_copy = command->kind == MP_COMMAND_COPY;
    const char *name = is_copy ? "a copy" : "a fill";
    if (!to->resource || (is_copy && !from->resource)) {
        snprintf(ret_why, size, "%s has no buffer", name);
        return MP_BUFFER_ERROR_INVALID_RESOURCE;
    }
    if (command->size > room(to) || (is_copy && command->size > room(from))) {
        snprintf(ret_why, size, "%s of %llu bytes leaves its buffer", name,
                 (unsigned long long)command->size);
        return MP_BUFFER_ERROR_PAGE_FAULT;
    }
    unsigned char *target = to->resource->contents + to->offset;
    if (is_copy)
        memmove(target, from->resource->contents + from->offset, command->size);
    else
        memset(target, (int)command->value, command->size);
    mp_count_raise(MP_COUNT_BLITS);
    return MP_BUFFER_ERROR_NONE;
}
