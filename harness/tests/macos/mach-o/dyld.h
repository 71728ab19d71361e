/* As much of Apple's mach-o/dyld.h as lists images: test_image_macos.c is the loader.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_MACOS_DYLD_H
#define MP_TESTS_MACOS_DYLD_H

#include <stdint.h>

struct mach_header;

uint32_t _dyld_image_count(void);
const struct mach_header *_dyld_get_image_header(uint32_t number);
const char *_dyld_get_image_name(uint32_t number);
int _NSGetExecutablePath(char *buf, uint32_t *size);

#endif
