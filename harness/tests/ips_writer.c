/* An .ips of what Linux recorded: layout as Apple's page "Interpreting the JSON format of
 * a crash report" has it.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include "harness/tests/ips_writer.h"

#include <inttypes.h>
#include <string.h>

static uint64_t register_of(const struct mp_crash_thread *thread, const char *name,
                            const char *other) {
    for (size_t i = 0; i < thread->register_count; i++)
        if (strcmp(thread->reg[i].name, name) == 0 ||
            strcmp(thread->reg[i].name, other) == 0)
            return thread->reg[i].value;
    return 0;
}

static void write_frames(const struct mp_crash *crash,
                         const struct mp_crash_thread *thread, struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "\"frames\":[");
    for (size_t i = 0; i < thread->frame_count; i++) {
        const struct mp_crash_frame *frame = &thread->frame[i];
        bool is_in = frame->module >= 0;
        uint64_t base = is_in ? crash->module[frame->module].base : 0;
        /* An image without a name stands for "nowhere". */
        size_t image = is_in ? (size_t)frame->module : crash->module_count;
        mp_strbuf_addf(buf, "%s{\"imageIndex\":%zu,\"imageOffset\":%" PRIu64,
                       i > 0 ? "," : "", image, frame->pc - base);
        if (frame->symbol[0] != '\0')
            mp_strbuf_addf(buf, ",\"symbol\":\"%s\",\"symbolLocation\":%" PRIu64,
                           frame->symbol, frame->offset);
        mp_strbuf_addf(buf, "}");
    }
    mp_strbuf_addf(buf, "]");
}

static void write_threads(const struct mp_crash *crash, const struct mp_mach_codes *codes,
                          struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "\"faultingThread\":0,\"threads\":[");
    for (size_t i = 0; i < crash->thread_count; i++) {
        const struct mp_crash_thread *thread = &crash->thread[i];
        mp_strbuf_addf(buf, "%s{\"id\":%" PRIu64 ",\"name\":\"%s\",", i > 0 ? "," : "",
                       thread->tid, thread->name);
        if (i == 0)
            mp_strbuf_addf(buf,
                           "\"triggered\":true,\"threadState\":{\"flavor\":"
                           "\"ARM_THREAD_STATE64\",\"sp\":{\"value\":%" PRIu64
                           "},\"pc\":{\"value\":%" PRIu64 "},\"far\":{\"value\":%" PRIu64
                           "},\"esr\":{\"value\":%" PRIu32 "}},",
                           register_of(thread, "rsp", "sp"),
                           register_of(thread, "rip", "pc"), crash->address, codes->esr);
        write_frames(crash, thread, buf);
        mp_strbuf_addf(buf, "}");
    }
    mp_strbuf_addf(buf, "],");
}

void ips_write(const struct mp_crash *crash, const struct mp_mach_codes *codes,
               struct mp_strbuf *buf) {
    mp_strbuf_addf(buf, "{\"bug_type\":\"309\",\"incident_id\":"
                        "\"5EEDC0DE-00FF-4A1B-9C2D-3E4F50617283\"}\n{");
    mp_strbuf_addf(
        buf,
        "\"exception\":{\"type\":\"%s\",\"signal\":\"%s\",\"rawCodes\":[%" PRIu64
        ",%" PRIu64 "]},",
        codes->type, codes->signal, codes->code, crash->address);
    if (crash->said[0] != '\0')
        mp_strbuf_addf(buf,
                       "\"asi\":{\"libsystem_c.dylib\":[\"abort() called\",\"%s\"]},",
                       crash->said);
    write_threads(crash, codes, buf);
    mp_strbuf_addf(buf, "\"usedImages\":[");
    for (size_t i = 0; i < crash->module_count; i++)
        mp_strbuf_addf(buf,
                       "{\"source\":\"P\",\"arch\":\"arm64\",\"base\":%" PRIu64
                       ",\"size\":%" PRIu64 ",\"path\":\"%s\"},",
                       crash->module[i].base, crash->module[i].size,
                       crash->module[i].path);
    mp_strbuf_addf(buf, "{\"source\":\"A\",\"base\":0,\"size\":0}]}\n");
}
