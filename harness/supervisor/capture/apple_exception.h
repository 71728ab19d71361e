/* What Apple's reports call an exception, in the words of mp_crash. Pure.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_APPLE_EXCEPTION_H
#define MP_CAPTURE_APPLE_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/wire/crash.h"

/* What the report says of the memory around the address. */
enum mp_apple_region {
    MP_REGION_UNKNOWN,
    MP_REGION_NONE, /* nothing is mapped there */
    MP_REGION_MAPPED,
    MP_REGION_GUARD /* the guard page of a stack */
};

struct mp_apple_exception {
    enum mp_apple_region region;
    char type[32];    /* "EXC_BAD_ACCESS" */
    char signal[16];  /* "SIGSEGV" */
    char detail[256]; /* "KERN_INVALID_ADDRESS at 0x5c8" */
    bool has_code, has_address;
    uint64_t code, address; /* the two exception codes */
};

/* Reads "0x0000000000000001, 0x00000000000005c8" or "KERN_INVALID_ADDRESS at 0x5c8";
 * members that it does not find are unchanged. */
void mp_apple_exception_read(struct mp_apple_exception *exception, const char *text);

/* Reads "0x311b08ff8 is in 0x311b08000-0x311b09000; ..." and the table behind it, whose
 * arrow is at the region of the address. */
void mp_apple_exception_read_region(struct mp_apple_exception *exception,
                                    const char *text);

/* Fills signal, code, address, access and class of `crash`, whose thread[0] holds the
 * registers of the thread that died if the report has them. */
void mp_apple_exception_apply(const struct mp_apple_exception *exception,
                              struct mp_crash *crash);

#endif
