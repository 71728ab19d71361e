/* Implementations that a client keeps, one for each class and selector, and calls without
 * a message: as clients do that take a table of them at their start. What replaces a
 * method later never sees these calls.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_ROUND_OBJC_METHOD_CACHE_H
#define MP_ROUND_OBJC_METHOD_CACHE_H

#include "harness/round/objc/runtime.h"

/* The driver's own code for a method of a class, whatever has replaced it since; NULL: it
 * is not known. */
typedef const void *mp_objc_own_method(const char *class, const char *selector);

/* Gives `objc` a cache, from which all messages are sent from now on. `own` (NULL: not
 * known) says what the client took before anything was replaced; without it the client
 * takes what answers at the first call. MP_UNSUPPORTED: the runtime lacks a function. */
enum mp_status mp_objc_cache_open(struct mp_objc *objc, mp_objc_own_method *own,
                                  struct mp_error *err);
/* Back to messages. */
void mp_objc_cache_close(struct mp_objc *objc);

#endif
