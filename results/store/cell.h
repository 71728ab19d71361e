/* A cell of a campaign: planned and run by the supervisor, recorded by the store.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_STORE_CELL_H
#define MP_STORE_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/role.h"
#include "harness/wire/round_spec.h"

#define MP_CELL_TITLE_MAX    192
#define MP_CELL_REPLAYED_MAX 512

/* Plain data; may be copied. */
struct mp_cell {
    struct mp_round_spec spec; /* seed 0 */
    char hash[17];             /* of device, scenario, parameters and arm */
    char seed_hash[17];        /* the seeds of its rounds are derived from it: its own
                                  hash, or that of its stratum */
    size_t stratum; /* cells of one stratum run next to each other in a block */
    enum mp_role role;
    uint64_t rounds;               /* 0: no limit */
    char title[MP_CELL_TITLE_MAX]; /* "mm:threads=8 [encode_mutex]", as the user wrote
                                    * it */
    /* In a replay, how the replayed round ended: the key of its signature, else its
     * outcome; "" unknown. */
    char replayed[MP_CELL_REPLAYED_MAX];

    /* Of the device's catalog item; not recorded. */
    bool is_device_present;
    const char *frames; /* borrowed; NULL unknown */
};

#endif
