/* Symbolises addresses of a process that is gone: symbols, source lines, unwind tables.
 * Reads local files only, never debuginfod or separate debug files, so that a crash costs
 * milliseconds.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef MP_CAPTURE_SYMBOLS_LINUX_H
#define MP_CAPTURE_SYMBOLS_LINUX_H

#include <stdbool.h>
#include <stdint.h>

#include "harness/supervisor/capture/copy_linux.h"
#include "harness/wire/crash.h"

struct mp_symbols;

/* Borrows both: `crash` has the modules, and a file that is of another build than the
 * module was is not used. NULL if there is no memory; every other call accepts NULL. */
struct mp_symbols *mp_symbols_open(const struct mp_copy *copy,
                                   const struct mp_crash *crash);
/* Fills symbol, offset, file and line of `frame`, of which pc, module and offset are
 * known. A return address is looked up one byte earlier, inside the call; an exact pc as
 * it is. */
void mp_symbols_name(struct mp_symbols *symbols, struct mp_crash_frame *frame,
                     bool is_exact);
/* The search table of .eh_frame_hdr of a module, where the tracee has it mapped. */
#define MP_UNWIND_ENTRY_SIZE 8 /* two 32-bit offsets from the header */
struct mp_unwind_table {
    uint64_t start, end; /* the module */
    uint64_t header, entries;
    uint64_t entry_count;
};
/* Finds the table for code at `pc`; false if its module has none. */
bool mp_symbols_find_table(struct mp_symbols *symbols, uint64_t pc,
                           struct mp_unwind_table *ret_table);
void mp_symbols_close(struct mp_symbols *symbols);

#endif
