/* Where this program and a driver's library lie, and which build they are.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_METAL_IMAGE_H
#define MP_ROUND_METAL_IMAGE_H

#include <stddef.h>

/* File name of the model's library on this system. */
extern const char *const mp_image_model_name;

/* Writes path and id (GNU build id or Mach-O UUID, hex) of the loaded image that holds `address`;
 * "" for what cannot be told. */
void mp_image_describe(const void *address, char *path, size_t path_size, char *ret_id,
                       size_t id_size);

/* Writes the path of the running program, "" if unknown. */
void mp_image_program_path(char *path, size_t size);

#endif
