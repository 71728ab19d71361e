/* What changes on a machine from round to round and may change a rate: its power source
 * and its heat.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAMPAIGN_HOST_STATE_H
#define MP_CAMPAIGN_HOST_STATE_H

#include <stddef.h>

#define MP_HOST_STATE_MAX 64

/* Writes "power=ac thermal=nominal" into `buf`, MP_HOST_STATE_MAX bytes; "unknown" stands
 * for what the system does not tell. power: ac, battery. thermal: on Linux the hottest
 * sensor in steps of 5 degrees Celsius ("55C"), on macOS the pressure level (nominal,
 * moderate, heavy, trapping, sleeping; Apple's OSThermalNotification.h). `root` goes
 * before the paths of Linux: "" outside of tests. */
void mp_host_state_read(const char *root, char *buf);

#endif
