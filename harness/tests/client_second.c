/* A second file of a program that uses mpstress.h.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "client/mpstress.h"

void second_file_does(uint64_t object);

void second_file_does(uint64_t object) {
    mpstress_begin(object, 0);
    mpstress_end(object, 0);
    mpstress_done(1);
}
