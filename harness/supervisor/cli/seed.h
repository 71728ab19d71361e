/* Seeds: given by the user, or new.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_SEED_H
#define MP_CLI_SEED_H

#include <stdint.h>

#include "harness/base/args.h"
#include "harness/base/status.h"

/* Reads the option `name` as this program writes seeds (0x...), or decimal. `ret_seed`
 * is unchanged if the option is absent. */
enum mp_status mp_seed_read(const struct mp_args *args, const char *name,
                            uint64_t *ret_seed, struct mp_error *err);
uint64_t mp_seed_draw(void);

#endif
