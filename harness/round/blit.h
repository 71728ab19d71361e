/* Copies and fills of buffers by the device's copy engine, as one more command of a
 * stream.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_BLIT_H
#define MP_ROUND_BLIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mp_device_buffer;

/* Offsets and sizes in bytes, multiples of 4. Buffers are borrowed until the command has
 * run. */
struct mp_blit {
    struct mp_device_buffer *from; /* NULL: a fill */
    size_t from_offset;
    struct mp_device_buffer *to;
    size_t to_offset, size;
    uint8_t value; /* of a fill, for each byte */
    /* What stands before and what comes after it on the stream is ordered by a fence, as
     * clients of untracked resources must (Metal); without it, by the driver. */
    bool is_fenced;
};

#endif
