/* Tests of the shared page: what was written is read, and no byte in it can hurt the
 * reader.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/base/rng.h"
#include "harness/wire/round_page.h"

#define SLOTS 5

/* A mapping with a page behind it that nobody may touch, so that a read past the end is a
 * fault. */
struct mapping {
    char *base, *end;
    size_t size;
};

static void mapping_make(struct mapping *map, size_t size) {
    size_t unit = (size_t)sysconf(_SC_PAGESIZE);
    size_t whole = (size + unit - 1) / unit * unit;
    map->size = whole + unit;
    map->base =
        mmap(NULL, map->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    assert_true(map->base != MAP_FAILED);
    map->end = map->base + whole;
    assert_int_equal(mprotect(map->end, unit, PROT_NONE), 0);
}

static struct mp_round_page *page_before_end(const struct mapping *map, size_t size) {
    return (struct mp_round_page *)(void *)(map->end - size);
}

static struct mp_round_spec example(void) {
    struct mp_round_spec spec;
    struct mp_error err;
    mp_round_spec_init(&spec);
    strcpy(spec.scenario, "mm");
    mp_round_spec_set_param(&spec, "threads", "4", &err);
    return spec;
}

static struct mp_round_page *make_page(struct mapping *map, size_t *ret_size) {
    *ret_size = mp_round_page_size(SLOTS);
    mapping_make(map, *ret_size);
    struct mp_round_page *page = page_before_end(map, *ret_size);
    struct mp_round_spec spec = example();
    struct mp_error err = {""};
    assert_int_equal(mp_round_page_format(page, *ret_size, SLOTS, &spec, &err), MP_OK);
    return page;
}

static void mapping_drop(struct mapping *map) {
    munmap(map->base, map->size);
}

static void round_reads_the_spec_that_the_supervisor_wrote(void **state) {
    (void)state;
    struct mapping map;
    size_t size;
    struct mp_round_page *page = make_page(&map, &size);
    struct mp_round_spec spec;
    struct mp_error err = {""};
    assert_int_equal(mp_round_page_open(page, size, &spec, &err), MP_OK);
    assert_string_equal(spec.scenario, "mm");
    assert_string_equal(mp_round_spec_param(&spec, "threads"), "4");
    struct mp_page_summary sum;
    mp_round_page_summarise(page, size, &sum);
    assert_false(sum.is_torn);
    assert_int_equal(sum.phase, MP_PHASE_START);
    assert_int_equal(sum.result, MP_RESULT_NONE);
    mapping_drop(&map);
}

static void page_of_other_make_is_refused_with_a_reason(void **state) {
    (void)state;
    struct mapping map;
    size_t size;
    struct mp_round_page *page = make_page(&map, &size);
    struct mp_round_page good = *page;
    struct mp_round_spec spec = {.seed = 42};
    struct mp_error err;
#define REFUSED(words)                                                                   \
    do {                                                                                 \
        assert_int_equal(mp_round_page_open(page, size, &spec, &err), MP_FORMAT);        \
        assert_non_null(strstr(err.text, words));                                        \
        assert_int_equal(spec.seed, 42);                                                 \
        memcpy(page, &good, sizeof(good));                                               \
    } while (0)
    page->magic++;
    REFUSED("magic number");
    page->version++;
    REFUSED("version");
    page->size--;
    REFUSED("size");
    page->thread_slots++;
    REFUSED("size");
    page->thread_slots = 0;
    REFUSED("thread count");
    page->thread_slots = MP_PAGE_THREADS_MAX + 1;
    REFUSED("thread count");
    page->spec_len = MP_SPEC_TEXT_MAX;
    REFUSED("spec is too long");
    page->spec[0] = 'M';
    REFUSED("not a spec");
#undef REFUSED
    assert_int_equal(mp_round_page_open(page, sizeof(*page) - 64, &spec, &err),
                     MP_FORMAT);
    assert_int_equal(mp_round_page_open(page, size, &spec, &err), MP_OK);
    mapping_drop(&map);
}

/* Shared memory on macOS is as long as whole pages (XNU, pshm_truncate). */
static void a_page_in_a_longer_mapping_is_read_as_in_its_own(void **state) {
    (void)state;
    struct mapping map;
    struct mp_round_spec spec = example(), got;
    struct mp_error err;
    struct mp_page_summary sum;
    size_t size = mp_round_page_size(SLOTS), longer = size + 4096;
    mapping_make(&map, longer);
    struct mp_round_page *page = page_before_end(&map, longer);
    assert_int_equal(mp_round_page_format(page, size, SLOTS, &spec, &err), MP_OK);
    assert_int_equal(mp_round_page_open(page, longer, &got, &err), MP_OK);
    assert_int_equal(mp_round_page_slots(page, longer), SLOTS);
    mp_round_page_summarise(page, longer, &sum);
    assert_false(sum.is_torn);
    mapping_drop(&map);
}

static void page_is_not_made_where_it_does_not_fit(void **state) {
    (void)state;
    struct mapping map;
    size_t size;
    struct mp_round_page *page = make_page(&map, &size);
    struct mp_round_spec spec = example();
    struct mp_error err = {""};
    assert_int_equal(mp_round_page_format(page, size, 0, &spec, &err), MP_LIMIT);
    assert_int_equal(
        mp_round_page_format(page, size, MP_PAGE_THREADS_MAX + 1, &spec, &err), MP_LIMIT);
    assert_int_equal(mp_round_page_format(page, size - 1, SLOTS, &spec, &err), MP_LIMIT);
    strcpy(spec.scenario, "m m"); /* would not read back */
    assert_int_equal(mp_round_page_format(page, size, SLOTS, &spec, &err), MP_USAGE);
    mapping_drop(&map);
}

static void summary_adds_up_what_the_threads_wrote(void **state) {
    (void)state;
    struct mapping map;
    size_t size;
    struct mp_round_page *page = make_page(&map, &size);
    atomic_store(&page->phase, MP_PHASE_DONE);
    atomic_store(&page->result, MP_RESULT_OK);
    atomic_store(&page->promised_overlap, 1);
    atomic_store(&page->overlap_max, 3);
    atomic_store(&page->ops_planned, 40);
    atomic_store(&page->ops_device, 39);
    atomic_store(&page->buffers_failed, 2);
    atomic_store(&page->hostile_syncs, 9);
    atomic_store(&page->go_ns, 1000);
    atomic_store(&page->end_ns, 1250);
    for (uint32_t i = 0; i < SLOTS; i++) {
        atomic_store(&page->thread[i].state,
                     i); /* main unused, 1..3 unfinished, 4 finished */
        atomic_store(&page->thread[i].ops_started, 10 + i);
        atomic_store(&page->thread[i].ops_done, 8);
        atomic_store(&page->thread[i].ops_wrong, i);
        atomic_store(&page->thread[i].ops_dropped, 1);
    }
    atomic_store(&page->child_crashed, 1);
    strcpy(page->driver.name, "metal@model");
    strcpy(page->driver.gpu, "model");
    strcpy(page->driver.path, "/opt/libmpmodel.so");
    strcpy(page->driver.id, "0123abcd");
    strcpy(page->driver.facts, "reader=U");
    strcpy(page->message, "fine");
    struct mp_page_summary sum;
    mp_round_page_summarise(page, size, &sum);
    assert_false(sum.is_torn);
    assert_int_equal(sum.phase, MP_PHASE_DONE);
    assert_int_equal(sum.result, MP_RESULT_OK);
    assert_true(sum.promised_overlap && !sum.arm_serialises && sum.child_crashed);
    assert_int_equal(sum.overlap_max, 3);
    assert_int_equal(sum.threads_started, 4);
    assert_int_equal(sum.threads_unfinished, 3);
    assert_int_equal(sum.ops_planned, 40);
    assert_int_equal(sum.ops_started, 60);
    assert_int_equal(sum.ops_done, 40);
    assert_int_equal(sum.ops_wrong, 10);
    assert_int_equal(sum.ops_dropped, 5);
    assert_int_equal(sum.ops_device, 39);
    assert_int_equal(sum.buffers_failed, 2);
    assert_int_equal(sum.hostile_syncs, 9);
    assert_int_equal(sum.run_ns, 250);
    assert_memory_equal(&sum.driver, &page->driver, sizeof(sum.driver));
    assert_string_equal(sum.message, "fine");
    mapping_drop(&map);
}

static void every_impossible_value_tears_the_page(void **state) {
    (void)state;
    struct mapping map;
    size_t size;
    struct mp_round_page *page = make_page(&map, &size);
    struct mp_page_summary sum;
#define TEARS(change, undo)                                                              \
    do {                                                                                 \
        change;                                                                          \
        mp_round_page_summarise(page, size, &sum);                                       \
        assert_true(sum.is_torn);                                                        \
        undo;                                                                            \
        mp_round_page_summarise(page, size, &sum);                                       \
        assert_false(sum.is_torn);                                                       \
    } while (0)
#define TEARS_UNENDED(text)                                                              \
    TEARS(memset((text), 'x', sizeof(text)), (text)[sizeof(text) - 1] = '\0')
    TEARS(atomic_store(&page->phase, MP_PHASE_COUNT), atomic_store(&page->phase, 0));
    TEARS(atomic_store(&page->result, MP_RESULT_COUNT), atomic_store(&page->result, 0));
    TEARS(atomic_store(&page->promised_overlap, 2),
          atomic_store(&page->promised_overlap, 0));
    TEARS(atomic_store(&page->arm_serialises, 2), atomic_store(&page->arm_serialises, 1));
    TEARS(atomic_store(&page->overlap_max, MP_PAGE_THREADS_MAX + 1),
          atomic_store(&page->overlap_max, MP_PAGE_THREADS_MAX));
    TEARS(atomic_store(&page->end_ns, 5), atomic_store(&page->end_ns, 0));
    TEARS((atomic_store(&page->go_ns, 6), atomic_store(&page->end_ns, 5)),
          atomic_store(&page->end_ns, 6));
    TEARS(atomic_store(&page->thread[4].state, 5),
          atomic_store(&page->thread[4].state, 4));
    TEARS(atomic_store(&page->thread[0].inside, MP_PAGE_OP_COUNT),
          atomic_store(&page->thread[0].inside, 0));
    TEARS_UNENDED(page->message);
    TEARS_UNENDED(page->driver.name);
    TEARS_UNENDED(page->driver.gpu);
    TEARS_UNENDED(page->driver.path);
    TEARS_UNENDED(page->driver.id);
    TEARS_UNENDED(page->driver.facts);
    TEARS(page->magic ^= 1, page->magic ^= 1);
    TEARS(atomic_store(&page->child_crashed, 2), atomic_store(&page->child_crashed, 1));
    TEARS(page->thread_slots = UINT32_MAX, page->thread_slots = SLOTS);
#undef TEARS_UNENDED
#undef TEARS
    mapping_drop(&map);
}

static void sums_do_not_wrap_around(void **state) {
    (void)state;
    struct mapping map;
    size_t size;
    struct mp_round_page *page = make_page(&map, &size);
    atomic_store(&page->thread[1].ops_done, UINT64_MAX);
    atomic_store(&page->thread[2].ops_done, 2);
    struct mp_page_summary sum;
    mp_round_page_summarise(page, size, &sum);
    assert_true(sum.ops_done == UINT64_MAX);
    mapping_drop(&map);
}

static void assert_sane(const struct mp_page_summary *sum) {
    assert_true((unsigned)sum->phase < MP_PHASE_COUNT);
    assert_true((unsigned)sum->result < MP_RESULT_COUNT);
    assert_true(sum->overlap_max <= MP_PAGE_THREADS_MAX);
    assert_true(sum->threads_started < MP_PAGE_THREADS_MAX);
    assert_true(sum->threads_unfinished <= sum->threads_started);
    assert_non_null(memchr(sum->driver.name, '\0', sizeof(sum->driver.name)));
    assert_non_null(memchr(sum->driver.gpu, '\0', sizeof(sum->driver.gpu)));
    assert_non_null(memchr(sum->driver.path, '\0', sizeof(sum->driver.path)));
    assert_non_null(memchr(sum->driver.id, '\0', sizeof(sum->driver.id)));
    assert_non_null(memchr(sum->driver.facts, '\0', sizeof(sum->driver.facts)));
    assert_non_null(memchr(sum->message, '\0', sizeof(sum->message)));
}

static void any_bytes_at_any_size_are_safe_to_summarise(void **state) {
    (void)state;
    struct mp_rng rng;
    mp_rng_seed(&rng, 5);
    struct mapping map;
    size_t whole = mp_round_page_size(SLOTS);
    mapping_make(&map, whole);
    for (int round = 0; round < 4000; round++) {
        /* Multiples of 64 keep the alignment that a mapping always has. */
        size_t size =
            round % 3 == 0 ? whole : (size_t)mp_rng_below(&rng, whole / 64 + 1) * 64;
        struct mp_round_page *page = page_before_end(&map, size);
        for (size_t i = 0; i + 8 <= size; i += 8) {
            uint64_t bytes = mp_rng_next(&rng);
            memcpy(map.end - size + i, &bytes, 8);
        }
        if (round % 2 == 0 && size >= sizeof(*page)) {
            /* A header that looks right, so that what lies behind it is looked at. */
            page->magic = MP_PAGE_MAGIC;
            page->version = MP_PAGE_VERSION;
            page->size = size;
            page->thread_slots =
                round % 4 == 0 ? SLOTS : (uint32_t)mp_rng_below(&rng, 200);
        }
        struct mp_page_summary sum;
        memset(&sum, 0xff, sizeof(sum));
        mp_round_page_summarise(page, size, &sum);
        assert_true(sum.is_torn);
        assert_sane(&sum);
        struct mp_round_spec spec;
        struct mp_error err;
        assert_int_not_equal(mp_round_page_open(page, size, &spec, &err), MP_OK);
    }
    mapping_drop(&map);
}

static void page_cut_short_is_torn_and_safe(void **state) {
    (void)state;
    struct mapping map;
    size_t size;
    struct mp_round_page *page = make_page(&map, &size);
    static char copy[sizeof(struct mp_round_page) +
                     SLOTS * sizeof(struct mp_page_thread) + MP_PAGE_MODULES_BYTES];
    memcpy(copy, page, size);
    for (size_t cut = 0; cut < size; cut += 64) {
        struct mp_round_page *rest = page_before_end(&map, cut);
        memcpy(map.end - cut, copy, cut);
        struct mp_page_summary sum;
        mp_round_page_summarise(rest, cut, &sum);
        assert_true(sum.is_torn);
        assert_sane(&sum);
    }
    mapping_drop(&map);
}

static void names_are_words_even_out_of_range(void **state) {
    (void)state;
    for (int i = 0; i < MP_PHASE_COUNT; i++)
        assert_string_not_equal(mp_page_phase_name((enum mp_page_phase)i), "unknown");
    for (int i = 0; i < MP_PAGE_OP_COUNT; i++)
        assert_string_not_equal(mp_page_op_name((enum mp_page_op)i), "unknown");
    assert_string_equal(mp_page_phase_name((enum mp_page_phase)99), "unknown");
    assert_string_equal(mp_page_op_name((enum mp_page_op)99), "unknown");
}

static void first_gpu_error_of_each_blame_is_kept_and_the_own_one_wins(void **state) {
    static const char victim[] = "(00000005:v)", hang[] = "(00000003:h)";
    struct mp_page_summary sum;
    size_t size = mp_round_page_size(1);
    struct mp_round_page *page = aligned_alloc(64, (size + 63) / 64 * 64);
    (void)state;
    memset(page, 0, size);
    mp_round_page_note_error(NULL, "d", 1, victim);
    mp_round_page_note_error(page->gpu_error, "d", 1, victim);
    mp_round_page_note_error(page->gpu_error, "later", 2, victim);
    mp_round_page_summarise(page, size, &sum);
    assert_int_equal(sum.gpu_blame, MP_GPU_BLAME_OTHER);
    assert_string_equal(sum.gpu_error.domain, "d");
    assert_int_equal(sum.gpu_error.code, 1);
    assert_int_equal(sum.gpu_error.callback, 5);
    mp_round_page_note_error(page->gpu_error, "own", -3, hang);
    mp_round_page_summarise(page, size, &sum);
    assert_int_equal(sum.gpu_blame, MP_GPU_BLAME_OWN);
    assert_string_equal(sum.gpu_error.domain, "own");
    assert_int_equal(sum.gpu_error.code, -3);
    assert_string_equal(sum.gpu_error.text, hang);
    atomic_store(&page->gpu_error[0].state, 1); /* its writer died in the middle */
    memset(page->gpu_error[1].text, 'x', sizeof(page->gpu_error[1].text));
    mp_round_page_summarise(page, size, &sum);
    assert_int_equal(sum.gpu_blame, MP_GPU_BLAME_OTHER);
    assert_int_equal(strlen(sum.gpu_error.text), MP_GPU_ERROR_TEXT_MAX - 1);
    assert_true(sum.is_torn);
    free(page);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_in_a_longer_mapping_is_read_as_in_its_own),
        cmocka_unit_test(first_gpu_error_of_each_blame_is_kept_and_the_own_one_wins),
        cmocka_unit_test(round_reads_the_spec_that_the_supervisor_wrote),
        cmocka_unit_test(page_of_other_make_is_refused_with_a_reason),
        cmocka_unit_test(page_is_not_made_where_it_does_not_fit),
        cmocka_unit_test(summary_adds_up_what_the_threads_wrote),
        cmocka_unit_test(every_impossible_value_tears_the_page),
        cmocka_unit_test(sums_do_not_wrap_around),
        cmocka_unit_test(any_bytes_at_any_size_are_safe_to_summarise),
        cmocka_unit_test(page_cut_short_is_torn_and_safe),
        cmocka_unit_test(names_are_words_even_out_of_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
