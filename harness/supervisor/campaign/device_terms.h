/* What a device asks of the cells that run on it: parameters that suit it, and the role
 * of a cell whose failures are its client's fault.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_DEVICE_TERMS_H
#define MP_CAMPAIGN_DEVICE_TERMS_H

#include <stdbool.h>

#include "harness/base/option.h"
#include "harness/base/status.h"
#include "harness/wire/catalog.h"

/* Sets the parameters that `device` wants in place of the defaults of `scenario`.
 * MP_FORMAT: the device names what the scenario does not have. */
enum mp_status mp_device_terms_apply(const struct mp_catalog_item *device,
                                     const char *scenario,
                                     struct mp_option_values *params,
                                     struct mp_error *err);

/* Whether a cell with these parameters can fail on `device` only by the fault of its
 * client: it breaks a rule on purpose (rule=broken), or a synchronize beside the queue
 * lands where another thread encodes, and the arm does not keep it away. */
bool mp_device_terms_blame_client(const struct mp_catalog_item *device,
                                  const struct mp_catalog_item *arm,
                                  const struct mp_option_values *params);

#endif
