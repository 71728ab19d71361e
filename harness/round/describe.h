/* What this program can do, for `mpstress-round --describe` and `--describe-device`.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_DESCRIBE_H
#define MP_ROUND_DESCRIBE_H

#include "harness/base/status.h"
#include "harness/base/strbuf.h"
#include "harness/round/scenario.h"

/* Adds a catalog (wire/catalog.h) of all devices, of `scenarios` (NULL-ended) and of all
 * arms. Opens no device: none is present in it. */
void mp_describe_write(const struct mp_scenario *const *scenarios, struct mp_strbuf *buf);

/* Opens the device called `name` and adds its item, with what it is or why it is absent.
 * The driver may do to this process what it likes. MP_NOT_FOUND: no such device. */
enum mp_status mp_describe_device(const char *name, struct mp_strbuf *buf,
                                  struct mp_error *err);

#endif
