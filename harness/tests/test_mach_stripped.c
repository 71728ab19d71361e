/* A driver without symbols, caught by capture as a Mac compiles it, on the double of Mach:
 * its methods are named by a helper round, as the symbols that were taken out had them.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <gelf.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/supervisor/process/runner.h"
#include "harness/tests/mach_double/mach_double.h"

#define PATIENCE_NS (60 * MP_CLOCK_NS_PER_S)
#define ROUNDS_MAX  40

/* A round in which threads use what another one destroys. */
static void run_racy(struct mp_runner *runner, struct mp_round_end *ret_end) {
    struct mp_round_spec spec;
    struct mp_error err = {.text = "no round ended in time"};
    mp_round_spec_init(&spec);
    snprintf(spec.scenario, sizeof(spec.scenario), "destroy_impl");
    snprintf(spec.device, sizeof(spec.device),
             "metal@model:defects=destroy_race,reader=U");
    spec.timeout_ms = PATIENCE_NS / MP_CLOCK_NS_PER_MS;
    memset(ret_end, 0, sizeof(*ret_end));
    if (mp_runner_start(runner, &spec, 1, &err) != MP_OK ||
        mp_runner_wait(runner, PATIENCE_NS, ret_end, &err) != MP_OK)
        fail_msg("%s", err.text);
}

/* Whether the library with all its symbols has a function `name` at `offset`. */
static bool is_symbol(const char *name, uint64_t offset) {
    bool is_found = false;
    int fd = open(MP_TEST_MODEL, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_not_equal(elf_version(EV_CURRENT), EV_NONE);
    Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
    assert_non_null(elf);
    for (Elf_Scn *section = elf_nextscn(elf, NULL); section != NULL;
         section = elf_nextscn(elf, section)) {
        GElf_Shdr header;
        GElf_Sym symbol;
        Elf_Data *data = elf_getdata(section, NULL);
        if (gelf_getshdr(section, &header) == NULL || header.sh_type != SHT_SYMTAB ||
            data == NULL)
            continue;
        for (int i = 0; gelf_getsym(data, i, &symbol) != NULL; i++) {
            const char *text = elf_strptr(elf, header.sh_link, symbol.st_name);
            is_found |=
                symbol.st_value == offset && text != NULL && strcmp(text, name) == 0;
        }
    }
    elf_end(elf);
    close(fd);
    return is_found;
}

/* Counts the methods among the frames of the model, and holds each against the truth. */
static unsigned check_names(const struct mp_crash *crash) {
    unsigned methods = 0;
    for (size_t i = 0; i < crash->thread_count; i++)
        for (size_t j = 0; j < crash->thread[i].frame_count; j++) {
            const struct mp_crash_frame *frame = &crash->thread[i].frame[j];
            if (frame->module < 0 || frame->symbol[0] != '-')
                continue;
            const struct mp_crash_module *module = &crash->module[frame->module];
            assert_string_equal(module->path, MP_STRIPPED_MODEL);
            if (!is_symbol(frame->symbol, frame->pc - module->base - frame->offset))
                fail_msg("%s is not where frame %zu is", frame->symbol, j);
            methods++;
        }
    return methods;
}

static void methods_of_a_stripped_driver_are_named_as_its_symbols_were(void **state) {
    struct mp_runner_config config = {
        .round_program = MP_ROUND_PROGRAM, .jobs = 1, .captures = true};
    struct mp_runner *runner = NULL;
    struct mp_error err;
    char note[512];
    unsigned crashes = 0, methods = 0;
    (void)state;
    assert_int_equal(setenv("MPSTRESS_MODEL", MP_STRIPPED_MODEL, 1), 0);
    assert_int_equal(mp_runner_open(&config, &runner, note, &err), MP_OK);
    for (int i = 0; i < ROUNDS_MAX && crashes < 2; i++) {
        struct mp_round_end end;
        run_racy(runner, &end);
        if (end.crash != NULL) {
            methods += check_names(end.crash);
            crashes++;
        }
        mp_round_end_release(&end);
    }
    mp_runner_close(runner);
    assert_int_equal(crashes, 2);
    assert_true(methods >= 2);
    /* Each image was asked about once: there are a few. */
    unsigned asked = mach_double_counts().spawned_plain;
    assert_true(asked >= 1 && asked <= 8);
    assert_int_equal(mach_double_rights(), 0);
    mp_crash_destroy(mach_double_take_witness());
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(methods_of_a_stripped_driver_are_named_as_its_symbols_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
