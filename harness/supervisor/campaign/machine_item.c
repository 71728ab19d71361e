/* Adds findings to the list.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/campaign/machine_item.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct mp_machine_item *mp_machine_add(struct mp_machine *machine, const char *name,
                                       const char *todo, const char *fmt, ...) {
    /* The last slot is overwritten if there are ever more. */
    struct mp_machine_item *item = &machine->item[machine->count];
    va_list args;
    machine->count += machine->count + 1 < MP_MACHINE_ITEMS_MAX;
    memset(item, 0, sizeof(*item));
    item->name = name;
    item->is_careful = todo != NULL;
    snprintf(item->todo, sizeof(item->todo), "%s", todo != NULL ? todo : "");
    va_start(args, fmt);
    vsnprintf(item->words, sizeof(item->words), fmt, args);
    va_end(args);
    return item;
}
