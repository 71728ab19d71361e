/* The arguments and the environment of a process as macOS hands them out (sysctl
 * KERN_PROCARGS2; sysctl_procargsx in XNU's kern_sysctl.c): the number of arguments as an
 * int, the path of the program, NULs up to the first argument, the arguments, the
 * environment, and what the kernel tells the loader. Pure text work, with bounds: a
 * process may have overwritten all of it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_PROCESS_PROCARGS_H
#define MP_PROCESS_PROCARGS_H

#include <stddef.h>

/* The first entry of the environment that begins with the first `text_len` bytes of
 * `text`, in the `len` bytes at `buf`, to which it points; NULL: there is none. Only an
 * entry whose end is there counts. If the first argument is empty it is taken for
 * padding, and the first entry of the environment for an argument. */
const char *mp_procargs_find(const char *buf, size_t len, const char *text,
                             size_t text_len);

#endif
