/* A comparison as JSON.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_REPORT_COMPARE_JSON_H
#define MP_REPORT_COMPARE_JSON_H

#include <json-c/json_types.h>

#include "results/report/compare_rows.h"

/* Adds the member "comparison"; null if nothing was compared. */
void mp_compare_add_json(const struct mp_compare *compare, struct json_object *to);

#endif
