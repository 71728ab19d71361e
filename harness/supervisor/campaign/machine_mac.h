/* The machine as macOS shows it, asked through a few functions, so that the questions and
 * what follows from the answers are tested without a Mac.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_MACHINE_MAC_H
#define MP_CAMPAIGN_MACHINE_MAC_H

#include <stdint.h>
#include <sys/types.h>

#include "harness/supervisor/campaign/machine_item.h"

#define MP_MAC_CREATOR_SIZE 64
#define MP_MAC_CREATORS_MAX 64

struct mp_mac_seam {
    /* A number of sysctl(3) by its name; false: there is none. */
    bool (*number)(const char *name, int64_t *ret_number);
    /* csr_get_active_config: 0 is System Integrity Protection in full; the bits are those
     * of XNU's bsd/sys/csr.h. */
    bool (*protection)(uint32_t *ret_config);
    /* The number kept with a notification (notify(3)). */
    bool (*notified)(const char *key, uint64_t *ret_number);
    /* IOUserClientCreator of each child of Apple's GPU in the I/O registry: "pid 421,
     * WindowServer". User clients are not registered, so matching by class finds none of
     * them: the children are walked. Returns how many were written. */
    size_t (*creators)(char (*ret_creator)[MP_MAC_CREATOR_SIZE], size_t max);
    /* Whether a folder can be read: 1; 0: there is none; -1: it is refused. */
    int (*folder)(const char *path);
    const char *home; /* NULL: unknown */
};

/* `self`: this process, which is no other client. */
void mp_machine_mac(struct mp_machine *machine, const struct mp_mac_seam *seam,
                    pid_t self);
void mp_machine_mac_passing(struct mp_machine *machine, const struct mp_mac_seam *seam);

#endif
