/* What a round knows about the driver it opened. One struct all the way: the backend
 * fills it in, the round page carries it, the database has a column for each field.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_DRIVER_H
#define MP_WIRE_DRIVER_H

#include <stdbool.h>

/* Texts are NUL-terminated; "" is unknown or none. Those read from a page are raw
 * bytes: escape them where shown. */
struct mp_driver {
    char name[32];   /* the device: "null", "metal@model"; "" no device was opened */
    char gpu[64];    /* "Apple M4", "model" */
    char path[256];  /* bundle or library of the driver */
    char id[72];     /* its UUID or build id */
    char facts[256]; /* settings in force: "reader=U order=original" */
};

/* Begins facts that name the machine's other GPUs. */
#define MP_DRIVER_OTHERS "other GPUs: "

/* Whether a GPU is that of a virtual machine, by its name ("Apple Paravirtual device",
 * as hosted runners show it): Apple's GPU driver is not in such a guest. */
bool mp_driver_is_virtual(const char *gpu);

#endif
