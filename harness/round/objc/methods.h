/* The Objective-C methods of one image, asked of the runtime: for `mpstress-round
 * --list-methods`, in a process of its own.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_OBJC_METHODS_H
#define MP_ROUND_OBJC_METHODS_H

#include "harness/base/status.h"
#include "harness/base/strbuf.h"

/* Loads the library or bundle at `path`, which runs its constructors, and writes the
 * methods whose code is in it (harness/wire/method_list.h). MP_UNSUPPORTED: no runtime;
 * MP_NOT_FOUND: it cannot be loaded, or holds no method. */
enum mp_status mp_methods_list(const char *path, struct mp_strbuf *buf,
                               struct mp_error *err);

#endif
