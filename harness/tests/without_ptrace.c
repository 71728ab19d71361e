/* Runs a program where tracing is refused: without_ptrace PROGRAM [ARGUMENT ...]
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "harness/tests/forbid_ptrace.h"

int main(int argc, char **argv) {
    if (argc < 2 || !forbid_ptrace()) {
        fputs("without_ptrace: no program, or no seccomp filter on this system\n",
              stderr);
        return 70;
    }
    execvp(argv[1], argv + 1);
    perror(argv[1]);
    return 71;
}
