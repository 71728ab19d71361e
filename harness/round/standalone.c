/* Reads a spec file, runs it on a page of its own, prints the result.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/round/standalone.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "harness/base/clock.h"
#include "harness/base/log.h"
#include "harness/base/memory.h"
#include "harness/round/program.h"
#include "harness/round/round.h"
#include "harness/wire/outcome.h"
#include "harness/wire/program.h"

struct spec_file {
    const char *path;
    char text[MP_SPEC_TEXT_MAX + 1];
    size_t len;
};

static enum mp_status read_file(struct spec_file *file, struct mp_error *err) {
    FILE *stream = fopen(file->path, "r");
    enum mp_status status = MP_OK;

    if (!stream)
        return mp_error_set_errno(err, MP_USAGE, errno, "cannot read the spec %s",
                                  file->path);
    file->len = fread(file->text, 1, sizeof(file->text) - 1, stream);
    if (ferror(stream))
        status = mp_error_set_errno(err, MP_USAGE, errno, "cannot read the spec %s",
                                    file->path);
    else if (fgetc(stream) != EOF)
        status = mp_error_set(err, MP_LIMIT, "the spec %s has more than %d bytes",
                              file->path, MP_SPEC_TEXT_MAX);
    file->text[file->len] = '\0';
    fclose(stream);
    return status;
}

/* Number of the last line that sets `key` ("device", "arm", "scenario", or a
 * parameter's name), which is the one in effect; 0 if there is none. */
static unsigned line_of(const struct spec_file *file, const char *key) {
    unsigned line = 0, found = 0;

    for (const char *at = file->text; at; at = strchr(at, '\n')) {
        char word[MP_SPEC_NAME_MAX] = "", second[MP_SPEC_NAME_MAX] = "";

        if (*at == '\n')
            at++;
        line++;
        sscanf(at, "%31[^ \t\n]%*[ \t]%31[^ \t\n]", word, second);
        if (strcmp(word, key) == 0 ||
            (strcmp(word, "param") == 0 && strcmp(second, key) == 0))
            found = line;
    }
    return found;
}

static enum mp_status make_plan(struct spec_file *file, struct mp_round_spec *ret_spec,
                                struct mp_round_plan *ret_plan, struct mp_error *err) {
    const struct mp_scenario *scenario;
    const char *key = "scenario";
    enum mp_status status;

    status = read_file(file, err);
    if (status != MP_OK)
        return status;
    status = mp_round_spec_parse(file->text, file->len, file->path, ret_spec, err);
    if (status == MP_OK && mp_program_is_spec(ret_spec))
        status = mp_program_become(ret_spec, NULL, -1, err);
    if (status != MP_OK)
        return status;
    scenario = mp_scenario_find(ret_spec->scenario, err);
    if (!scenario)
        status = MP_NOT_FOUND;
    else
        status = mp_round_plan_make(ret_spec, scenario, ret_plan, &key, err);
    if (status != MP_OK)
        mp_error_prefix(err, "%s:%u", file->path, line_of(file, key));
    return status;
}

static enum mp_status make_page(const struct mp_round_plan *plan,
                                struct mp_round_page **ret_page, size_t *ret_size,
                                struct mp_error *err) {
    uint32_t slots = mp_round_plan_threads(plan) + 1;
    size_t size = mp_round_page_size(slots);
    void *memory =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    enum mp_status status;

    if (memory == MAP_FAILED)
        return mp_error_set_errno(err, MP_SYSTEM, errno,
                                  "cannot map %zu bytes for the round page", size);
    status = mp_round_page_format(memory, size, slots, plan->spec, err);
    if (status != MP_OK) {
        munmap(memory, size);
        return status;
    }
    *ret_page = memory;
    *ret_size = size;
    atomic_store(&(*ret_page)->go, 1);
    return MP_OK;
}

struct deadline {
    const struct mp_round_page *page;
    uint64_t timeout_ns;
};

/* Past the deadline: says where the threads are, and ends the process. */
static void *watch_deadline(void *data) {
    const struct deadline *deadline = data;

    mp_clock_sleep_ns(deadline->timeout_ns);
    mp_log(MP_LOG_ERROR, "the deadline of the round passed in phase %s",
           mp_page_phase_name((enum mp_page_phase)atomic_load(&deadline->page->phase)));
    for (uint32_t i = 0; i < deadline->page->thread_slots; i++) {
        uint32_t inside = atomic_load(&deadline->page->thread[i].inside);

        if (inside != MP_PAGE_OP_NONE)
            mp_log(MP_LOG_ERROR, "thread %" PRIu32 " is inside %s", i,
                   mp_page_op_name((enum mp_page_op)inside));
    }
    puts("outcome   hang");
    fflush(stdout);
    _exit(1);
}

static enum mp_status start_deadline(struct deadline *deadline, struct mp_error *err) {
    pthread_t thread;
    int error = pthread_create(&thread, NULL, watch_deadline, deadline);

    if (error != 0)
        return mp_error_set_errno(err, MP_SYSTEM, error,
                                  "cannot start the deadline's thread");
    pthread_detach(thread);
    return MP_OK;
}

static void print_spec(const struct mp_round_spec *spec,
                       const struct mp_round_plan *plan) {
    struct mp_strbuf params;

    mp_strbuf_init(&params);
    mp_option_values_format(&plan->params, true, &params);
    printf("scenario  %s:%s\n", spec->scenario, params.text);
    printf("device    %s\n", spec->device);
    printf("arm       %s\n", spec->arm);
    if (spec->fix[0])
        printf("fix       %s\n", spec->fix);
    printf("seed      0x%016" PRIx64 "\n", spec->seed);
    /* Before the round: this may be the last output of the process. */
    fflush(stdout);
    mp_strbuf_release(&params);
}

static void print_fact(const char *name, const char *value) {
    if (value[0])
        printf("driver    %s=%s\n", name, value);
}

static void print_driver(const struct mp_driver *driver) {
    print_fact("name", driver->name);
    print_fact("gpu", driver->gpu);
    print_fact("driver", driver->path);
    print_fact("driver_id", driver->id);
    print_fact("facts", driver->facts);
}

/* Whether the library that the arm injects is mapped; NULL if it injects none. */
static const struct mp_fix_claim *check_fix(const struct mp_round_page *page, size_t size,
                                            const struct mp_round_spec *spec,
                                            struct mp_fix_claim *ret_claim) {
    struct mp_modules modules;

    if (spec->fix[0] == '\0')
        return NULL;
    mp_modules_read(page, size, &modules);
    mp_modules_check(&modules, spec->fix, spec->fix_id, ret_claim);
    mp_modules_release(&modules);
    return ret_claim;
}

static int print_result(const struct mp_round_page *page, size_t size,
                        const struct mp_round_spec *spec) {
    struct mp_fix_claim claim;
    struct mp_exit exit = {.kind = MP_EXIT_CODE};
    struct mp_page_summary sum;
    enum mp_outcome outcome;
    char detail[MP_PAGE_TEXT_MAX + MP_FIX_WORDS_MAX], run_time[32];

    mp_round_page_summarise(page, size, &sum);
    exit.child_crashed = sum.child_crashed;
    outcome = mp_outcome_decide(&exit, &sum, NULL, check_fix(page, size, spec, &claim),
                                detail, sizeof(detail));
    mp_clock_format_short(sum.run_ns, run_time, sizeof(run_time));
    print_driver(&sum.driver);
    printf("ops       %" PRIu64 " planned, %" PRIu64 " started, %" PRIu64
           " right, %" PRIu64 " wrong, %" PRIu64 " dropped; %" PRIu64
           " by the device's own count\n",
           sum.ops_planned, sum.ops_started, sum.ops_done, sum.ops_wrong, sum.ops_dropped,
           sum.ops_device);
    printf("overlap   %" PRIu32 " of %" PRIu32 " threads at most; %" PRIu64
           " hostile syncs\n",
           sum.overlap_max, sum.threads_started, sum.hostile_syncs);
    printf("time      %s\n", run_time);
    printf("outcome   %s%s%s\n", mp_outcome_name(outcome), detail[0] ? ": " : "", detail);
    /* The process may still die of the driver's exit handlers. */
    fflush(stdout);
    switch (mp_outcome_class(outcome)) {
    case MP_CLASS_PASS:
        return outcome == MP_OUTCOME_NO_OVERLAP ? 3 : 0;
    case MP_CLASS_FAILURE:
        return 1;
    default:
        return outcome == MP_OUTCOME_SKIP ? 4 : outcome == MP_OUTCOME_BROKEN ? 6 : 3;
    }
}

int mp_standalone_run(const char *path, bool has_deadline) {
    struct spec_file file = {.path = path};
    struct mp_round_spec spec;
    struct mp_round_plan *plan = mp_memory_zeroed(1, sizeof(*plan));
    struct mp_round_page *page = NULL;
    struct deadline deadline;
    struct mp_leave leave;
    struct mp_error err;
    enum mp_status status;
    size_t size = 0;
    int code;

    if (make_plan(&file, &spec, plan, &err) != MP_OK) {
        mp_log(MP_LOG_ERROR, "%s", err.text);
        free(plan);
        return 2;
    }
    status = make_page(plan, &page, &size, &err);
    if (status == MP_OK && has_deadline) {
        deadline = (struct deadline){page, spec.timeout_ms * MP_CLOCK_NS_PER_MS};
        status = start_deadline(&deadline, &err);
    }
    if (status != MP_OK) {
        mp_log(MP_LOG_ERROR, "%s", err.text);
        free(plan);
        return 6;
    }
    print_spec(&spec, plan);
    leave = mp_round_run(plan, page, NULL);
    code = print_result(page, size, &spec);
    if (leave.is_leaving && !leave.returns)
        exit(code);
    if (!leave.is_leaving) /* else workers may still use it */
        free(plan);
    /* The deadline thread may still read the page, so it stays mapped until exit. */
    return code;
}
