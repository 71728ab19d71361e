/* Names near one that nothing has.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_NEAR_NAME_H
#define MP_CLI_NEAR_NAME_H

#include "harness/base/status.h"
#include "harness/wire/catalog.h"

/* Says that nothing is called `name`, what is called nearly so, among devices,
 * scenarios, arms, suites, settings, parameters, their choices and the words known
 * elsewhere, and where to see all; of a number only the last. Returns MP_NOT_FOUND. */
enum mp_status mp_near_name_error(const struct mp_catalog *catalog, const char *name,
                                  struct mp_error *err);

#endif
