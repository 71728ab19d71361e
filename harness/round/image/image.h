/* What is loaded in this process: path and build of the program and every library. Asks
 * the loader; loads nothing.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_IMAGE_IMAGE_H
#define MP_ROUND_IMAGE_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* File name of the model's library on this system. */
extern const char *const mp_image_model_name;

/* Writes path and id (GNU build id or Mach-O UUID, hex) of the loaded image that
 * contains `address`; "" if unknown. */
void mp_image_describe(const void *address, char *path, size_t path_size, char *ret_id,
                       size_t id_size);

/* Whether the image at `path`, which the loader may know by another one, holds the code
 * at `address`, and how far that is from its beginning. */
bool mp_image_holds(const char *path, const void *address, uint64_t *ret_offset);

/* Writes the path of the running program, "" if unknown. */
void mp_image_program_path(char *path, size_t size);

struct mp_image {
    const char *path;  /* as the loader was told it */
    uint64_t size;     /* bytes in memory */
    const uint8_t *id; /* GNU build id or Mach-O UUID, NULL: none */
    size_t id_len;
};
/* Calls `visit` for each loaded image that has a file. Takes the loader's lock;
 * neither it nor `visit` may allocate. Everything `image` points to is borrowed for
 * the call. */
void mp_image_each(void (*visit)(void *data, const struct mp_image *image), void *data);
/* Another number when other images are loaded than before, but for a chance of about one
 * in 2^63; 0: unknown. */
uint64_t mp_image_changes(void);

#endif
