/* Properties of the terminals on stdout and stderr. Never writes.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CLI_TERMINAL_H
#define MP_CLI_TERMINAL_H

#include <stdbool.h>

enum mp_colour_choice { MP_COLOUR_AUTO, MP_COLOUR_ALWAYS, MP_COLOUR_NEVER };

/* Whether a line can be redrawn on `fd`: a TTY whose $TERM is set and not "dumb". */
bool mp_terminal_is_live(int fd);
/* Columns, 0 if unknown. */
unsigned mp_terminal_width(int fd);
/* `choice`, else $NO_COLOR, else whether `fd` is a live terminal. */
bool mp_terminal_wants_colour(int fd, enum mp_colour_choice choice);
/* Whether the locale's text is UTF-8. */
bool mp_terminal_is_utf8(void);

#endif
