/* Names for frames whose image has no symbols: a helper round loads the image, in a
 * process of its own and with a deadline, and lists the methods that the runtime knows in
 * it, or opens the device and lists the driver's functions that it calls. A frame is
 * named only if its function begins where one of these does, in the same build.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_METHOD_NAMES_H
#define MP_PROCESS_METHOD_NAMES_H

#include "harness/supervisor/process/answer.h"
#include "harness/wire/crash.h"

/* Images that are asked about, each once, whatever comes of it. */
#define MP_METHOD_NAMES_IMAGES_MAX 16

struct mp_method_names;

/* `program` is mpstress-round; it and `tended` outlive what is returned. Never NULL. */
struct mp_method_names *mp_method_names_open(const char *program,
                                             const struct mp_tend *tended);
/* Fills symbol and offset of the frames that have none and whose function's start is
 * known (crash.h), in a crash of a round on `device`, as its spec has it; NULL: nothing
 * to do. May take seconds, at the first crash in an image. */
void mp_method_names_apply(struct mp_method_names *names, const char *device,
                           struct mp_crash *crash);
void mp_method_names_close(struct mp_method_names *names);

#endif
