/* Tests of resolved paths.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/base/array.h"
#include "harness/base/path.h"

struct folder {
    char path[512];
    char program[640], link[640], cycle[640];
};

/* Like Homebrew: bin/tool -> ../Cellar/tool/1/bin/tool, by way of another link. */
static int make_folder(void **state) {
    static struct folder folder;
    char shape[400], text[640];
    const char *tmp = getenv("TMPDIR");
    snprintf(shape, sizeof(shape), "%s/mp-path.XXXXXX", tmp != NULL ? tmp : "/tmp");
    assert_non_null(mkdtemp(shape));
    assert_non_null(realpath(shape, folder.path));
    static const char *const names[] = {"bin", "Cellar", "Cellar/bin"};
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        snprintf(text, sizeof(text), "%s/%s", folder.path, names[i]);
        assert_int_equal(mkdir(text, 0700), 0);
    }
    snprintf(folder.program, sizeof(folder.program), "%s/Cellar/bin/tool", folder.path);
    snprintf(folder.link, sizeof(folder.link), "%s/bin/tool", folder.path);
    snprintf(folder.cycle, sizeof(folder.cycle), "%s/bin/cycle", folder.path);
    FILE *file = fopen(folder.program, "w");
    assert_non_null(file);
    fclose(file);
    snprintf(text, sizeof(text), "%s/opt", folder.path);
    assert_int_equal(symlink("Cellar", text), 0);
    assert_int_equal(symlink("../opt/bin/tool", folder.link), 0);
    assert_int_equal(symlink("cycle", folder.cycle), 0);
    *state = &folder;
    return 0;
}

static int remove_folder(void **state) {
    const struct folder *folder = *state;
    static const char *const names[] = {
        "bin/tool",   "bin/cycle", "opt", "Cellar/bin/tool",
        "Cellar/bin", "Cellar",    "bin", ""};
    char text[640];
    for (size_t i = 0; i < MP_COUNT(names); i++) {
        snprintf(text, sizeof(text), "%s/%s", folder->path, names[i]);
        assert_int_equal(remove(text), 0);
    }
    return 0;
}

static void links_lead_to_the_file_itself(void **state) {
    const struct folder *folder = *state;
    char path[640] = "", before[640] = "";
    struct mp_error err = {""};
    assert_int_equal(mp_path_resolve(folder->link, path, sizeof(path), &err), MP_OK);
    assert_string_equal(path, folder->program);
    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(chdir(folder->path), 0);
    assert_int_equal(mp_path_resolve("bin/../bin/./tool", path, sizeof(path), &err),
                     MP_OK);
    assert_int_equal(chdir(before), 0);
    assert_string_equal(path, folder->program);
}

static void what_is_not_there_or_leads_nowhere_is_named(void **state) {
    const struct folder *folder = *state;
    char path[64] = "as it was";
    struct mp_error err = {""};
    assert_int_equal(mp_path_resolve("/no/such/file", path, sizeof(path), &err),
                     MP_NOT_FOUND);
    assert_non_null(strstr(err.text, "/no/such/file"));
    assert_int_equal(mp_path_resolve(folder->cycle, path, sizeof(path), &err),
                     MP_NOT_FOUND);
    assert_string_equal(path, "as it was");
}

static void a_path_that_does_not_fit_is_refused_whole(void **state) {
    const struct folder *folder = *state;
    char path[640] = "as it was";
    struct mp_error err = {""};
    size_t len = strlen(folder->program);
    assert_int_equal(mp_path_resolve(folder->link, path, len, &err), MP_LIMIT);
    assert_string_equal(path, "as it was");
    assert_int_equal(mp_path_resolve(folder->link, path, len + 1, &err), MP_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_lead_to_the_file_itself),
        cmocka_unit_test(what_is_not_there_or_leads_nowhere_is_named),
        cmocka_unit_test(a_path_that_does_not_fit_is_refused_whole),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
