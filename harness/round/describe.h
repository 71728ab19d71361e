/* What this program can do, for `mpstress-round --describe`.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_DESCRIBE_H
#define MP_ROUND_DESCRIBE_H

#include "harness/base/strbuf.h"
#include "harness/round/scenario.h"

/* Adds a catalog (wire/catalog.h) of all devices, each probed by opening it, of
 * `scenarios` (NULL-ended) and of all arms. */
void mp_describe_write(const struct mp_scenario *const *scenarios, struct mp_strbuf *buf);

#endif
