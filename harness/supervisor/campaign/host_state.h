/* The state of a machine that changes between rounds and may change a rate: power source,
 * temperature, low power mode.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_HOST_STATE_H
#define MP_CAMPAIGN_HOST_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MP_HOST_STATE_MAX 64

/* Writes "power=ac thermal=nominal" into `buf`, MP_HOST_STATE_MAX bytes; "unknown" if
 * the system does not say. power: ac, battery. thermal: on Linux the hottest sensor in
 * steps of 5 degrees Celsius ("55C"), on macOS the pressure level (nominal, moderate,
 * heavy, trapping, sleeping; Apple's OSThermalNotification.h). " low_power=yes" follows
 * if macOS says that this mode is on. `root` is prepended to Linux paths: "" except in
 * tests. */
void mp_host_state_read(const char *root, char *buf);

/* On macOS: the number that the system keeps with the notification `key`. */
bool mp_host_state_number(const char *key, uint64_t *ret_number);

#endif
