/* How an arm is written: "serial", or with a number "semaphore=2".
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_ARM_TEXT_H
#define MP_WIRE_ARM_TEXT_H

#include <stdbool.h>

#include "harness/base/option.h"

/* Reads the number of `text`. `row` says which there may be; NULL or without a name: the
 * arm takes none, and *ret_number becomes 1. MP_USAGE says how to write it. */
enum mp_status mp_arm_text_read(const char *text, const struct mp_option *row,
                                unsigned *ret_number, struct mp_error *err);

/* Whether the round of this arm starts processes, in which the driver is
 * ("processes=4"). */
bool mp_arm_text_spawns(const char *text);

#endif
