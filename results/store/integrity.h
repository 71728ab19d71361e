/* Integrity checks of a database. Only reads, and reads everything.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_INTEGRITY_H
#define MP_STORE_INTEGRITY_H

#include <stdbool.h>

#include "results/store/store.h"

/* What one check found. */
struct mp_integrity_finding {
    const char *check; /* its name, "balance" */
    bool is_wrong;     /* false: informative, nothing is wrong */
    const char *text;  /* one line; may hold text from the file: escape it before it is
                          shown */
};

struct mp_integrity_counts {
    uint64_t campaigns, rounds, checks, wrong, notes;
};

/* Passes on each finding as it is made. MP_STORE if the file cannot be read to its
 * end. Also works on a read-only store. */
enum mp_status
mp_store_integrity(struct mp_store *store,
                   void (*take)(void *arg, const struct mp_integrity_finding *finding),
                   void *arg, struct mp_integrity_counts *ret_counts,
                   struct mp_error *err);

/* Names of the checks, NULL after the last, and what each verifies. */
const char *mp_integrity_check_name(unsigned index);
const char *mp_integrity_check_words(unsigned index);

#endif
