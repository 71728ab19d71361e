/* What must be seen of every fault of the null device: the rows of the fault matrix.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_TESTS_FAULT_MATRIX_H
#define MP_TESTS_FAULT_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "harness/wire/hang.h"
#include "harness/wire/outcome.h"

/* What x86-64 and arm64 show of the same deed. */
#if defined(__x86_64__)
#define BY_PROCESSOR(x86_64, arm64) x86_64
#else
#define BY_PROCESSOR(x86_64, arm64) arm64
#endif

/* What must be known of the address. */
enum fault_where { NOWHERE, AT, AT_PC, AT_PAGE, AT_STACK, AT_ODD };

struct fault_row {
    const char *fault;
    const char *setting;  /* further ones of the device, NULL none */
    const char *scenario; /* NULL: noop */
    int signal, code;     /* signal 0: nothing stopped it */
    enum fault_where where;
    uint64_t address;
    bool is_derived;
    enum mp_crash_access access;
    enum mp_fault_class fault_class;
    bool is_on_main;  /* else on the first worker */
    const char *top;  /* the first frame that is not of the runtime */
    const char *also; /* stands somewhere in the stacks of the round */
    enum mp_outcome outcome;
    struct mp_exit exit; /* if no crash signal ended it */
    enum mp_hang_class hang_class;
    bool is_of_threads; /* more than one has a part in it: runs many times */
};

extern const struct fault_row fault_matrix[];
extern const size_t fault_matrix_rows;

#endif
