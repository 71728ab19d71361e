/* The stand-alone program that goes into a package: repro/destroy_impl, with the
 * parameters of the crash set above it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PACKAGE_SOURCE_H
#define MP_PACKAGE_SOURCE_H

#include "results/package/dossier.h"

#define MP_SOURCE_NAME  "destroy_impl.c"
#define MP_SOURCE_MACOS "clang -O2 -o destroy_impl destroy_impl.c -lobjc"
#define MP_SOURCE_LINUX "cc -O2 -pthread -o destroy_impl destroy_impl.c -l:libobjc.so.4"

/* Whether that program shows what this crash shows: a call on an encoder that another
 * thread ends, in Metal's driver or the model of it. */
bool mp_source_fits(const struct mp_dossier *dossier);
/* Adds the program. */
void mp_source_write(const struct mp_dossier *dossier, struct mp_strbuf *buf);
/* Its threads that call one encoder; one more ends it. */
int mp_source_threads(const struct mp_dossier *dossier);

#endif
