/* An error with which a driver ended a command buffer: as the driver gives it, and whose
 * fault it is. On Apple's GPUs a fault of any process ends command buffers of others,
 * even of processes that have only just begun.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_WIRE_GPU_ERROR_H
#define MP_WIRE_GPU_ERROR_H

#include <stdint.h>

#define MP_GPU_ERROR_DOMAIN_MAX 64
#define MP_GPU_ERROR_TEXT_MAX   384

enum mp_gpu_blame {
    MP_GPU_NO_ERROR,
    MP_GPU_BLAME_OTHER, /* the buffer suffered from another buffer's error, or from the
                           state of the machine: shows nothing of this round */
    MP_GPU_BLAME_OWN    /* the buffer itself did it, or nothing says otherwise */
};

/* Raw, as in an NSError. Texts may hold any bytes: escape them where shown. */
struct mp_gpu_error {
    char domain[MP_GPU_ERROR_DOMAIN_MAX];
    int64_t code;
    uint32_t callback; /* the kernel driver's number for it; 0: it gives none */
    char text[MP_GPU_ERROR_TEXT_MAX];
};

/* The number that the kernel driver's callback gives, which Metal passes on only within
 * the description: "(00000005:kIOGPUCommandBufferCallbackErrorInnocentVictim)", in older
 * systems "(IOAF code 5)", as seen in public reports of users. The name beside it is not
 * read. 0: `text` holds none. Any bytes are safe. */
uint32_t mp_gpu_error_callback(const char *text);

/* Whose fault an error is, by its numbers alone. Numbers of the callback (from public
 * reports): 2 timeout, 3 hang, 8 out of memory, 11 page fault: own. 4 submissions
 * ignored, 5 innocent victim, 6 no permission in the background, 14 impacting
 * interactivity: other. Without one, codes of MTLCommandBufferErrorDomain (Apple's
 * MTLCommandBuffer.h): 4 access revoked and 7 not permitted are other. What is not known
 * is own. Never MP_GPU_NO_ERROR. */
enum mp_gpu_blame mp_gpu_error_blame(const struct mp_gpu_error *error);

/* A short word for it: "innocent victim"; "code 77" where it is not known. Written into
 * `buf`, 32 bytes at least; returns `buf`. */
const char *mp_gpu_error_word(const struct mp_gpu_error *error, char *buf);

#endif
