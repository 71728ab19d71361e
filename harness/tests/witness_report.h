/* Makes an .ips of what a process wrote down of its own crash (witness.c). Nothing of
 * capture is used.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_WITNESS_REPORT_H
#define MP_TESTS_WITNESS_REPORT_H

#include <stdbool.h>

#include "harness/base/strbuf.h"

/* Appends to `buf`. False if there is no file at `path`, or it names no signal. */
bool witness_report(const char *path, struct mp_strbuf *buf);

#endif
