/* The source of repro/destroy_impl, as CMake puts it into this program.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PACKAGE_PROGRAM_H
#define MP_PACKAGE_PROGRAM_H

extern const char mp_package_program[];

#endif
