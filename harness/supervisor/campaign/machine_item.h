/* What was found about this machine, a line for each matter.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_MACHINE_ITEM_H
#define MP_CAMPAIGN_MACHINE_ITEM_H

#include <stdbool.h>
#include <stddef.h>

#include "harness/base/status.h"

#define MP_MACHINE_ITEMS_MAX 20

struct mp_machine_item {
    const char *name; /* "heat" */
    bool is_careful;  /* figures need a caveat */
    bool is_passing;  /* it changes by the minute */
    char words[320];  /* what was found */
    char todo[320];   /* "" nothing */
};

struct mp_machine {
    struct mp_machine_item item[MP_MACHINE_ITEMS_MAX];
    size_t count;
};

/* Adds a finding; `todo` is advice, and means that care is needed, unless it is NULL. */
struct mp_machine_item *mp_machine_add(struct mp_machine *machine, const char *name,
                                       const char *todo, const char *fmt, ...)
    MP_PRINTF(4, 5);

#endif
