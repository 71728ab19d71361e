/* Uses isatty, ioctl, environment and locale.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/supervisor/cli/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool mp_terminal_is_live(int fd) {
    const char *term = getenv("TERM");
    return isatty(fd) && term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

unsigned mp_terminal_width(int fd) {
    struct winsize size = {0};
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool mp_terminal_wants_colour(int fd, enum mp_colour_choice choice) {
    const char *no_colour = getenv("NO_COLOR");
    if (choice != MP_COLOUR_AUTO)
        return choice == MP_COLOUR_ALWAYS;
    return (no_colour == NULL || *no_colour == '\0') && mp_terminal_is_live(fd);
}

bool mp_terminal_is_utf8(void) {
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}
