/* Runs a program whose stdout is a terminal of so many columns, and writes what comes out
 * of it: in_columns COLUMNS PROGRAM [ARGUMENT ...]. Ends as the program does.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#define _XOPEN_SOURCE 600

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static int fail(const char *what) {
    perror(what);
    return 70;
}

/* A terminal that leaves the ends of lines alone; its size is told through `ret_side`,
 * which the program gets. */
static int open_terminal(unsigned short columns, int *ret_side) {
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    struct termios settings;
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0 || grantpt(terminal) != 0 || unlockpt(terminal) != 0)
        return -1;
    *ret_side = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    if (*ret_side < 0 || tcgetattr(*ret_side, &settings) != 0)
        return -1;
    settings.c_oflag &= ~(tcflag_t)OPOST;
    if (tcsetattr(*ret_side, TCSANOW, &settings) != 0 ||
        ioctl(*ret_side, TIOCSWINSZ, &size) != 0)
        return -1;
    return terminal;
}

/* Until the program has closed its side: then a terminal gives an error. */
static void copy(int terminal) {
    char bytes[4096];
    ssize_t len = 0;
    do {
        len = read(terminal, bytes, sizeof(bytes));
        if (len > 0)
            fwrite(bytes, 1, (size_t)len, stdout);
    } while (len > 0 || (len < 0 && errno == EINTR));
}

int main(int argc, char **argv) {
    int side = -1, status = 0;
    if (argc < 3) {
        fputs("usage: in_columns COLUMNS PROGRAM [ARGUMENT ...]\n", stderr);
        return 70;
    }
    int terminal = open_terminal((unsigned short)strtoul(argv[1], NULL, 10), &side);
    if (terminal < 0)
        return fail("in_columns: cannot open a terminal");
    pid_t pid = fork();
    if (pid < 0)
        return fail("in_columns: cannot start a process");
    if (pid == 0) {
        dup2(side, STDOUT_FILENO);
        close(side);
        close(terminal);
        execvp(argv[2], argv + 2);
        perror(argv[2]);
        _exit(71);
    }
    close(side);
    copy(terminal);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 72;
}
