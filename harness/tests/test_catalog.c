/* Tests of the catalog: every field reads back, errors name the offender, any bytes are
 * safe.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/base/array.h"
#include "harness/base/rng.h"
#include "harness/wire/catalog.h"

static const struct mp_option rows[] = {
    {.name = "threads",
     .letter = 't',
     .type = MP_OPTION_INT,
     .metavar = "N",
     .fallback = "8",
     .min = 1,
     .max = 128,
     .help = "worker threads"},
    {.name = "big", .type = MP_OPTION_INT, .min = INT64_MIN, .max = INT64_MAX},
    {.name = "q",
     .type = MP_OPTION_REAL,
     .fallback = "0.1",
     .real_min = -DBL_MAX,
     .real_max = 0.30000000000000004},
    {.name = "timeout", .type = MP_OPTION_DURATION, .fallback = "10s"},
    {.name = "share",
     .type = MP_OPTION_CHOICE,
     .fallback = "all",
     .choices = "thread|all",
     .meanings = "one for each\none for all"},
    {.name = "defects", .type = MP_OPTION_SET, .fallback = "none", .choices = "a|b"},
    {.name = "flag", .type = MP_OPTION_FLAG, .fallback = "off"},
    {.name = "text",
     .type = MP_OPTION_TEXT,
     .fallback = "",
     .is_repeatable = true,
     .help = "tab\there, line\nthere, \\ and \\N"},
    {0},
};

static const struct mp_catalog_item items[] = {
    {.kind = MP_CATALOG_DEVICE,
     .name = "null",
     .summary = "no driver",
     .is_present = true,
     .detail = "\\N",
     .rows = rows},
    {.kind = MP_CATALOG_DEVICE,
     .name = "metal",
     .summary = "Apple's",
     .is_default = true,
     .planted = "defects=race",
     .harmless = "defects=none,!scar|p=0",
     .hidden = "fault=wrong",
     .usual = "mm:n=8",
     .blames_client = true,
     .frames = "AGX Metal",
     .finders = "zombies",
     .detail = "absent\ton\nthis host"},
    {.kind = MP_CATALOG_SCENARIO,
     .name = "mm",
     .summary = "",
     .is_present = true,
     .detail = "hunts",
     .how = "how",
     .hit = "hit",
     .origin = "origin",
     .promises_overlap = true,
     .has_outputs = true,
     .rows = rows},
    {.kind = MP_CATALOG_ARM,
     .name = "semaphore",
     .summary = "K permits",
     .is_present = true,
     .serialises = true,
     .injects = true},
};
#define ITEM_COUNT (MP_COUNT(items))

static void write_all(struct mp_strbuf *buf) {
    mp_strbuf_init(buf);
    for (size_t i = 0; i < ITEM_COUNT; i++)
        mp_catalog_write(&items[i], buf);
}

static void assert_same_text(const char *a, const char *b) {
    if (a == NULL || b == NULL)
        assert_true(a == b);
    else
        assert_string_equal(a, b);
}

static void assert_same_row(const struct mp_option *a, const struct mp_option *b) {
    assert_same_text(a->name, b->name);
    assert_int_equal(a->letter, b->letter);
    assert_int_equal(a->type, b->type);
    assert_same_text(a->metavar, b->metavar);
    assert_same_text(a->fallback, b->fallback);
    assert_true(a->min == b->min && a->max == b->max);
    assert_true(a->real_min == b->real_min && a->real_max == b->real_max);
    assert_same_text(a->choices, b->choices);
    assert_int_equal(a->is_repeatable, b->is_repeatable);
    assert_same_text(a->help, b->help);
}

static void catalog_reads_back_every_field(void **state) {
    (void)state;
    struct mp_strbuf buf;
    write_all(&buf);
    struct mp_catalog catalog;
    struct mp_error err = {""};
    assert_int_equal(mp_catalog_parse(buf.text, buf.len, &catalog, &err), MP_OK);
    mp_strbuf_release(&buf); /* the catalog owns its texts */
    assert_int_equal(catalog.count, ITEM_COUNT);
    for (size_t i = 0; i < ITEM_COUNT; i++) {
        const struct mp_catalog_item *a = &items[i], *b = &catalog.item[i];
        assert_int_equal(a->kind, b->kind);
        assert_same_text(a->name, b->name);
        assert_same_text(a->summary, b->summary);
        assert_same_text(a->detail, b->detail);
        assert_same_text(a->how, b->how);
        assert_same_text(a->hit, b->hit);
        assert_same_text(a->origin, b->origin);
        assert_int_equal(a->is_present, b->is_present);
        assert_int_equal(a->promises_overlap, b->promises_overlap);
        assert_int_equal(a->has_outputs, b->has_outputs);
        assert_int_equal(a->serialises, b->serialises);
        assert_int_equal(a->injects, b->injects);
        assert_int_equal(a->is_default, b->is_default);
        assert_same_text(a->planted, b->planted);
        assert_same_text(a->harmless, b->harmless);
        assert_same_text(a->hidden, b->hidden);
        assert_same_text(a->usual, b->usual);
        assert_int_equal(a->blames_client, b->blames_client);
        assert_same_text(a->frames, b->frames);
        assert_same_text(a->finders, b->finders);
        size_t count = a->rows != NULL ? mp_option_count(a->rows) : 0;
        assert_int_equal(mp_option_count(b->rows), count);
        for (size_t r = 0; r < count; r++)
            assert_same_row(&a->rows[r], &b->rows[r]);
    }
    mp_catalog_release(&catalog);
    assert_int_equal(catalog.count, 0);
}

static void item_is_found_by_kind_and_name_or_the_nearest_is_named(void **state) {
    (void)state;
    struct mp_strbuf buf;
    write_all(&buf);
    struct mp_catalog catalog;
    struct mp_error err = {""};
    assert_int_equal(mp_catalog_parse(buf.text, buf.len, &catalog, &err), MP_OK);
    assert_string_equal(mp_catalog_find(&catalog, MP_CATALOG_SCENARIO, "mm", &err)->name,
                        "mm");
    assert_string_equal(
        mp_catalog_find(&catalog, MP_CATALOG_ARM, "semaphore=2", &err)->name,
        "semaphore");
    assert_null(mp_catalog_find(&catalog, MP_CATALOG_DEVICE, "mm", &err));
    assert_string_equal(err.text, "unknown device 'mm', known: null, metal");
    assert_null(mp_catalog_find(&catalog, MP_CATALOG_DEVICE, "metl", &err));
    assert_string_equal(err.text, "unknown device 'metl', did you mean 'metal'?");
    assert_null(mp_catalog_find(&catalog, MP_CATALOG_ARM, "semafore=2", &err));
    assert_string_equal(err.text, "unknown arm 'semafore', did you mean 'semaphore'?");
    assert_null(mp_catalog_find(&catalog, MP_CATALOG_SCENARIO, "m", &err));
    mp_catalog_release(&catalog);
    mp_strbuf_release(&buf);
}

static void device_is_written_with_every_setting_of_it(void **state) {
    static const struct mp_option settings[] = {
        {.name = "reader", .type = MP_OPTION_CHOICE, .fallback = "L", .choices = "U|L"},
        {.name = "order", .type = MP_OPTION_INT, .fallback = "2", .min = 1, .max = 9},
        {0},
    };
    static const struct mp_catalog catalog = {
        .item = {{.kind = MP_CATALOG_DEVICE, .name = "null"},
                 {.kind = MP_CATALOG_DEVICE, .name = "metal@model", .rows = settings}},
        .count = 2};
    const struct mp_catalog_item *item = NULL;
    char text[MP_SPEC_DEVICE_MAX];
    struct mp_error err = {""};
    (void)state;
    assert_int_equal(mp_catalog_device(&catalog, "null", text, &item, &err), MP_OK);
    assert_string_equal(text, "null");
    assert_ptr_equal(item, &catalog.item[0]);
    assert_int_equal(
        mp_catalog_device(&catalog, "metal@model:order=3", text, &item, &err), MP_OK);
    assert_string_equal(text, "metal@model:reader=L,order=3");
    assert_ptr_equal(item, &catalog.item[1]);
    assert_int_equal(mp_catalog_device(&catalog, "metl@model", text, &item, &err),
                     MP_NOT_FOUND);
    assert_non_null(strstr(err.text, "did you mean 'metal@model'?"));
    assert_int_equal(
        mp_catalog_device(&catalog, "metal@model:order=10", text, &item, &err), MP_USAGE);
    assert_non_null(strstr(err.text, "device 'metal@model'"));
    assert_int_equal(mp_catalog_device(&catalog, ":x=1", text, &item, &err), MP_USAGE);
}

/* Of what may stand for no device; a sound null device would pass whatever is asked. */
static void default_device_is_the_first_that_opens_else_the_last(void **state) {
    struct mp_catalog catalog = {
        .item = {{.kind = MP_CATALOG_DEVICE, .name = "null", .is_present = true},
                 {.kind = MP_CATALOG_DEVICE, .name = "metal", .is_default = true},
                 {.kind = MP_CATALOG_ARM, .name = "arm", .is_present = true},
                 {.kind = MP_CATALOG_DEVICE,
                  .name = "cuda",
                  .is_present = true,
                  .is_default = true},
                 {.kind = MP_CATALOG_DEVICE, .name = "model", .is_default = true}},
        .count = 5};
    (void)state;
    assert_string_equal(mp_catalog_default_device(&catalog)->name, "cuda");
    catalog.item[1].is_present = true;
    assert_string_equal(mp_catalog_default_device(&catalog)->name, "metal");
    catalog.item[1].is_present = catalog.item[3].is_present = false;
    assert_string_equal(mp_catalog_default_device(&catalog)->name, "model");
    catalog.count = 1;
    assert_null(mp_catalog_default_device(&catalog));
}

static void race_is_planted_by_the_settings_of_the_device(void **state) {
    static const struct mp_catalog_item model = {
        .kind = MP_CATALOG_DEVICE, .name = "metal@model", .planted = "defects=race"};
    static const struct mp_catalog_item metal = {
        .kind = MP_CATALOG_DEVICE, .name = "metal", .planted = ""};
    char text[MP_SPEC_DEVICE_MAX] = "";
    (void)state;
    assert_false(mp_catalog_write_planted(&metal, text));
    assert_true(mp_catalog_write_planted(&model, text));
    assert_string_equal(text, "metal@model:defects=race");
}

static void expect_refused(const char *text, const char *message) {
    struct mp_catalog catalog = {.count = 42};
    struct mp_error err = {""};
    assert_int_not_equal(mp_catalog_parse(text, strlen(text), &catalog, &err), MP_OK);
    assert_int_equal(catalog.count, 42);
    assert_non_null(strstr(err.text, message));
}

static void patterns_match_whole_settings(void **state) {
    (void)state;
    static const struct {
        const char *device, *pattern, *setting; /* NULL: no match */
    } cases[] = {
        {"null:fault=none,p=1", "fault=none", "fault=none"},
        {"null:fault=none,p=1", "p=0|fault=none", "fault=none"},
        {"null:fault=noneother,p=1", "fault=none", NULL},
        {"null:p=0.5", "p=0", NULL},
        {"null:p=1,fault=none", "fault=none,p=0", NULL},
        {"null:p=0,fault=none", "fault=none,p=0", "fault=none"},
        {"null:fault=none,scar=x", "fault=none,!scar|p=0", NULL},
        {"null:fault=none,scarlet=x", "fault=none,!scar", "fault=none"},
        {"m:defects=none,validation=on", "defects=none,!validation=on", NULL},
        {"m:defects=none,validation=off", "defects=none,!validation=on", "defects=none"},
        {"null", "fault=none", NULL},
        {"null:fault=none", "", NULL},
        {"null:fault=none", NULL, NULL},
    };
    for (size_t i = 0; i < MP_COUNT(cases); i++) {
        const char *setting = "";
        size_t len = 0;
        bool matches =
            mp_catalog_settings_match(cases[i].device, cases[i].pattern, &setting, &len);
        assert_int_equal(matches, cases[i].setting != NULL);
        if (matches && cases[i].setting != NULL) {
            assert_int_equal(len, strlen(cases[i].setting));
            assert_memory_equal(setting, cases[i].setting, len);
        }
    }
}

#define DEVICE                                                                           \
    "device\tnull\t1\t0\t0\t0\t0\t0\t0\t0\ts\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\t\\N\n"

static void malformed_catalog_is_refused_with_its_line(void **state) {
    (void)state;
    expect_refused("hello\n", "line 1: not a device");
    expect_refused(DEVICE DEVICE, "line 2: device 'null' appears twice");
    expect_refused("row\tn\t\tint\tN\t1\t1\t2\t0\t0\t\\N\t0\t\\N\t\\N\t\\N\n",
                   "line 1: malformed parameter");
    expect_refused(DEVICE "row\tn\t\tint\tN\t1\t1\tx\t0\t0\t\\N\t0\t\\N\t\\N\t\\N\n",
                   "line 2: malformed parameter");
    expect_refused(DEVICE "row\tn\t\tint\tN\t9\t1\t2\t0\t0\t\\N\t0\t\\N\t\\N\t\\N\n",
                   "n=9: must be a whole number from 1 to 2");
    expect_refused(DEVICE "row\tn\t\tchoice\tN\tx\t0\t0\t0\t0\t\\N\t0\t\\N\t\\N\t\\N\n",
                   "no choices");
    expect_refused("device\tnull\t1\t0\t0\t0\t0\t0\t0\t2\ts\t\t\t\t\t\t\t\t\t\t\n",
                   "line 1");
    expect_refused("device\tnull\t1\t0\t0\t0\t0\t0\t0\t0\t\\x\t\t\t\t\t\t\t\t\t\t\n",
                   "line 1");
    expect_refused("device\t\t1\t0\t0\t0\t0\t0\t0\t0\ts\t\t\t\t\t\t\t\t\t\t\n", "line 1");
    expect_refused("gizmo\tnull\t1\t0\t0\t0\t0\t0\t0\t0\ts\t\t\t\t\t\t\t\t\t\t\n",
                   "line 1");
    expect_refused("device\tnull\t1\t0\t0\t0\t0\t0\t0\t0\ts\t\t\t\t\t\t\t\t\t\n",
                   "line 1");
    expect_refused("device\tnu", "truncated");
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    mp_strbuf_addstr(&buf, DEVICE);
    for (int i = 0; i <= MP_OPTION_ROWS_MAX; i++)
        mp_strbuf_addf(&buf, "row\tn%d\t\ttext\tN\t\t0\t0\t0\t0\t\\N\t0\t\\N\t\\N\t\\N\n",
                       i);
    expect_refused(buf.text, "more than 48 parameters");
    mp_strbuf_clear(&buf);
    for (int i = 0; i <= MP_CATALOG_ITEMS_MAX; i++)
        mp_strbuf_addf(&buf, "arm\ta%d\t1\t0\t0\t0\t0\t0\t0\t0\ts\t\t\t\t\t\t\t\t\t\t\n",
                       i);
    expect_refused(buf.text, "more than 128 items");
    mp_strbuf_release(&buf);
}

static void largest_catalog_fits(void **state) {
    (void)state;
    struct mp_strbuf buf;
    mp_strbuf_init(&buf);
    for (int i = 0; i < MP_CATALOG_ITEMS_MAX; i++) {
        mp_strbuf_addf(&buf, "arm\ta%d\t1\t0\t0\t0\t0\t0\t0\t0\ts\t\t\t\t\t\t\t\t\t\t\n",
                       i);
        for (int r = 0; r < MP_OPTION_ROWS_MAX; r++)
            mp_strbuf_addf(
                &buf, "row\tn%d\t\ttext\tN\t\t0\t0\t0\t0\t\\N\t0\t\\N\t\\N\t\\N\n", r);
    }
    struct mp_catalog catalog;
    struct mp_error err = {""};
    assert_int_equal(mp_catalog_parse(buf.text, buf.len, &catalog, &err), MP_OK);
    for (size_t i = 0; i < catalog.count; i++)
        assert_int_equal(mp_option_count(catalog.item[i].rows), MP_OPTION_ROWS_MAX);
    mp_catalog_release(&catalog);
    mp_strbuf_release(&buf);
}

static void any_bytes_are_safe_to_parse(void **state) {
    (void)state;
    struct mp_strbuf buf;
    write_all(&buf);
    struct mp_rng rng;
    mp_rng_seed(&rng, 3);
    for (int round = 0; round < 5000; round++) {
        /* An exact copy, cut anywhere, with some bytes replaced. */
        size_t len = (size_t)mp_rng_below(&rng, buf.len + 1);
        char *bytes = malloc(len > 0 ? len : 1);
        memcpy(bytes, buf.text, len);
        for (uint64_t i = mp_rng_below(&rng, 6); i > 0 && len > 0; i--)
            bytes[mp_rng_below(&rng, len)] = "\t\n\\0|9"[mp_rng_below(&rng, 6)];
        if (round % 4 == 0)
            for (size_t i = 0; i < len; i++)
                bytes[i] = (char)mp_rng_next(&rng);
        struct mp_catalog catalog;
        struct mp_error err = {""};
        if (mp_catalog_parse(bytes, len, &catalog, &err) == MP_OK)
            mp_catalog_release(&catalog);
        else
            assert_int_not_equal(err.text[0], '\0');
        free(bytes);
    }
    mp_strbuf_release(&buf);
}

static void count_looks(void *data, const char *name,
                        struct mp_catalog_finding *ret_finding) {
    ++*(unsigned *)data;
    ret_finding->is_present = strcmp(name, "null") == 0;
    ret_finding->is_broken = strcmp(name, "metal") == 0;
    ret_finding->is_virtual = ret_finding->is_present;
    snprintf(ret_finding->detail, sizeof(ret_finding->detail), "%s looked at", name);
}

static void a_device_is_looked_at_once_and_only_when_asked_for(void **state) {
    const struct mp_catalog_item item[] = {
        {.kind = MP_CATALOG_DEVICE, .name = "metal", .is_default = true, .detail = ""},
        {.kind = MP_CATALOG_DEVICE, .name = "null", .is_default = true, .detail = ""},
        {.kind = MP_CATALOG_DEVICE, .name = "other", .is_default = true, .detail = ""},
    };
    struct mp_catalog catalog;
    struct mp_strbuf text;
    struct mp_error err;
    unsigned looks = 0;
    (void)state;
    mp_strbuf_init(&text);
    for (size_t i = 0; i < 3; i++)
        mp_catalog_write(&item[i], &text);
    assert_int_equal(mp_catalog_parse(text.text, text.len, &catalog, &err), MP_OK);
    assert_false(mp_catalog_opens(&catalog, &catalog.item[1]));
    mp_catalog_set_look(&catalog, count_looks, &looks);
    assert_string_equal(mp_catalog_default_device(&catalog)->name, "null");
    assert_int_equal(looks,
                     2); /* what stands behind the first that opens is not opened */
    assert_string_equal(mp_catalog_presence(&catalog.item[0]), "broken");
    assert_string_equal(mp_catalog_presence(&catalog.item[1]), "present");
    assert_string_equal(catalog.item[1].detail, "null looked at");
    assert_true(catalog.item[1].is_virtual && !catalog.item[0].is_virtual);
    assert_true(mp_catalog_opens(&catalog, &catalog.item[1]));
    assert_false(mp_catalog_opens(&catalog, &catalog.item[0]));
    assert_int_equal(looks, 2);
    assert_false(mp_catalog_opens(&catalog, &catalog.item[2]));
    assert_string_equal(mp_catalog_presence(&catalog.item[2]), "absent");
    mp_catalog_release(&catalog);
    mp_strbuf_release(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_is_looked_at_once_and_only_when_asked_for),
        cmocka_unit_test(catalog_reads_back_every_field),
        cmocka_unit_test(item_is_found_by_kind_and_name_or_the_nearest_is_named),
        cmocka_unit_test(device_is_written_with_every_setting_of_it),
        cmocka_unit_test(default_device_is_the_first_that_opens_else_the_last),
        cmocka_unit_test(race_is_planted_by_the_settings_of_the_device),
        cmocka_unit_test(patterns_match_whole_settings),
        cmocka_unit_test(malformed_catalog_is_refused_with_its_line),
        cmocka_unit_test(largest_catalog_fits),
        cmocka_unit_test(any_bytes_are_safe_to_parse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
