/* What of this machine may spoil evidence, with what to do about it: layers, injected
 * libraries, other users of the GPU, heat, clock, limits. Only reads.
 *
 * What stays as it is from day to day is part of the environment's fingerprint as well
 * (environment.h), and parts nights; heat, clock and disk change by the minute: they are
 * kept with each campaign.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_MACHINE_H
#define MP_CAMPAIGN_MACHINE_H

#include "harness/supervisor/campaign/machine_item.h"

/* Looks at everything. `root` is prepended to Linux paths: "" except in tests.
 * `database`: a path on the disk whose space is looked at. */
void mp_machine_read(struct mp_machine *machine, const char *root, const char *database);
/* The same, but only what is passing and cheap to read. */
void mp_machine_read_passing(struct mp_machine *machine, const char *root,
                             const char *database);

/* Per system. */
void mp_machine_read_system(struct mp_machine *machine, const char *root);
void mp_machine_read_system_passing(struct mp_machine *machine, const char *root);

#endif
