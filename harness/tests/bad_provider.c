/* A driver that does not survive being loaded: $BAD_PROVIDER says how. It leaves a line
 * in $BAD_PROVIDER_MARK before, so that a test sees who loaded it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void leave_mark(void) {
    const char *path = getenv("BAD_PROVIDER_MARK");
    FILE *mark = path != NULL ? fopen(path, "a") : NULL;
    if (mark != NULL) {
        fputs("loaded\n", mark);
        fclose(mark);
    }
}

__attribute__((constructor)) static void load(void) {
    const char *how = getenv("BAD_PROVIDER");
    leave_mark();
    if (how == NULL)
        return;
    fprintf(stderr, "bad driver: about to %s\x1b[31m\n", how);
    if (strcmp(how, "abort") == 0)
        abort();
    if (strcmp(how, "leave") == 0)
        _exit(9);
    while (strcmp(how, "hang") == 0)
        pause();
}
