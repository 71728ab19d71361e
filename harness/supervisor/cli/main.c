/* The program `mpstress`: finds the command, reads its options, runs it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "harness/base/log.h"
#include "harness/supervisor/cli/big_stack.h"
#include "harness/supervisor/cli/command.h"
#include "harness/supervisor/cli/document.h"
#include "harness/supervisor/cli/hint.h"
#include "harness/supervisor/cli/terminal.h"

static int run_command(const struct mp_command *command, char *const *argv,
                       char *const *rest) {
    struct mp_args args;
    struct mp_error err;
    int code = MP_CODE_OK;
    enum mp_status status = mp_args_parse(command->options, rest, &args, &err);
    args.command = command->name;
    if (status != MP_OK) {
        if (status == MP_NOT_FOUND)
            mp_hint_parameter(command, rest, &err);
        code = mp_command_refuse(command->name, rest, &err);
    } else if (mp_args_flag(&args, "help")) {
        mp_document_print_command(command);
    } else {
        if (mp_args_flag(&args, "quiet"))
            mp_log_set_level(MP_LOG_ERROR);
        else if (mp_args_flag(&args, "verbose"))
            mp_log_set_level(MP_LOG_DEBUG);
        code = command->run(&args, argv);
    }
    mp_args_release(&args);
    return code;
}

/* A reader that stops early, as head does, is not a failure. */
static bool has_reader_left(void) {
    struct pollfd poll_stdout = {.fd = STDOUT_FILENO};
    return poll(&poll_stdout, 1, 0) == 1 && (poll_stdout.revents & POLLERR) != 0;
}

/* Output goes to stdout: if writing failed, so did the command. */
static int finish(int code) {
    bool is_written = fflush(stdout) == 0 && !ferror(stdout);
    if (!is_written && !has_reader_left()) {
        mp_log(MP_LOG_ERROR, "cannot write to stdout");
        return code == MP_CODE_OK ? MP_CODE_HARNESS : code;
    }
    return code;
}

/* The number of a closed stdout would be that of the next pipe or file, and output would
 * go there. A file that cannot be written holds it: to write fails, as it should. */
static void hold_standard_files(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY) == -1)
            return;
}

static int run_program(int argc, char **argv) {
    hold_standard_files();
    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); /* reported as write errors */
    signal(SIGXFSZ, SIG_IGN);
    if (mp_terminal_is_live(STDERR_FILENO))
        mp_log_set_width(mp_terminal_width(STDERR_FILENO));
    if (argc < 2) {
        mp_document_print_overview(stderr);
        return MP_CODE_USAGE;
    }
    const char *name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    struct mp_error err;
    const struct mp_command *command = mp_command_find(name, &err);
    if (command == NULL)
        return finish(mp_command_refuse(name, argv + 1, &err));
    return finish(run_command(command, argv, argv + 2));
}

int main(int argc, char **argv) {
    return mp_big_stack_run(run_program, argc, argv);
}
