/* Messages on stderr, one per line. Output goes to stdout and never through here.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_BASE_LOG_H
#define MP_BASE_LOG_H

#include "harness/base/status.h"

enum mp_log_level { MP_LOG_ERROR, MP_LOG_WARN, MP_LOG_INFO, MP_LOG_DEBUG };

/* The verbosity: MP_LOG_INFO at first; --quiet sets ERROR, -v DEBUG. A mutable global;
 * the only others in the two programs, apart from planted faults, are those that a
 * signal handler needs (harness/supervisor/cli/interrupt.c, harness/round/child.c). */
void mp_log_set_level(enum mp_log_level level);
enum mp_log_level mp_log_level(void);

/* Width of the terminal on stderr, at which long messages are wrapped between words.
 * 0, the initial value: not a terminal, each message is one line. */
void mp_log_set_width(unsigned columns);

/* Writes "mpstress: error: text" (info has no level word). Terminal control bytes are
 * escaped. */
void mp_log(enum mp_log_level level, const char *fmt, ...) MP_PRINTF(2, 3);

#endif
