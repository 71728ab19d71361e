/* What the name of a device says, CLIENT[@PROVIDER][:SETTING=VALUE,...]:
 *
 *     metal                         the driver of this machine
 *     metal@model:reader=U          a software model of it; every model's provider is
 *                                   "model", whatever its client
 *     vulkan@lavapipe               one driver of this machine, which runs on the CPU
 *     null:fault=segv               no driver at all
 *     program                       whatever a user's program uses (program.h)
 *
 * The name stands in every spec, cell and report, also where there is no catalog, so that
 * these questions need neither a catalog nor a column of the database.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_DEVICE_NAME_H
#define MP_WIRE_DEVICE_NAME_H

#include <stdbool.h>

#include "harness/base/status.h"

/* Whether rounds run on a driver of the machine rather than one of ours. */
bool mp_device_name_is_real(const char *device);
/* Whether it is a driver that runs on the CPU, which says nothing about that of a GPU. */
bool mp_device_name_is_software(const char *device);
/* Whether the name is of this client: "vulkan@lavapipe:queues=1" of "vulkan". */
bool mp_device_name_is_of(const char *device, const char *client);
/* Whether it is a driver whose GPU rounds may wedge, and compete for. */
bool mp_device_name_uses_gpu(const char *device);
/* Whether they are rounds of a user's program. */
bool mp_device_name_is_program(const char *device);
/* Whether they run on a software model, which says nothing about a real driver. */
bool mp_device_name_is_model(const char *device);

/* Splits "metal@model:reader=U" into "metal@model" (`ret_name`, at least MP_SPEC_NAME_MAX
 * bytes) and the settings, a pointer into `device` ("" if there are none). */
enum mp_status mp_device_name_split(const char *device, char *ret_name,
                                    const char **ret_settings, struct mp_error *err);

#endif
