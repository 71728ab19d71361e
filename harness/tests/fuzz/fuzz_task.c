/* Fuzzes what reads a stopped task of macOS: its messages, its registers, its stack,
 * dyld's list, load commands and symbol tables.
 *
 * SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "harness/supervisor/capture/mach_message.h"
#include "harness/supervisor/capture/record_task.h"
#include "harness/supervisor/capture/signature.h"
#include "harness/tests/task_fixture.h"

#define STACK      UINT64_C(0x16f000000)
#define STACK_SIZE 0x1000
#define IMAGE      UINT64_C(0x10c000000)
/* Of an image or of dyld's list only the beginning is written to. */
#define REACH 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void open_task(struct fake_task *task) {
    static const struct fake_symbol symbol[] = {
        {"-[AGXG16XFamilyCommandBuffer commit]", 0x1000, 0x0e}, {"_agx", 0x1100, 0}};
    static const uint64_t start[] = {0x1000, 0x1080, 0x1100};
    static const struct fake_image image = {.base = IMAGE,
                                            .path = "/AGXMetalG16X",
                                            .own_name = "@rpath/AGX",
                                            .symbol = symbol,
                                            .symbol_count = 2,
                                            .start = start,
                                            .start_count = 3,
                                            .uuid_byte = 7,
                                            .said = "abort() called",
                                            .said2 = "it broke"};
    *task = (struct fake_task){0};
    fake_task_map(task, STACK, STACK_SIZE);
    fake_task_add_image(task, &image);
    fake_task_list_images(task, &image, 1);
    fake_task_add_record(task, STACK + 0x20, STACK + 0x40, IMAGE + 0x1010);
    fake_task_add_record(task, STACK + 0x40, 0, IMAGE + 0x1090);
    task->thread_count = 2;
    task->thread[0].state = (struct mp_arm64_state){
        .fp = STACK + 0x20, .lr = IMAGE + 0x1104, .pc = IMAGE + 0x1108};
    task->thread[1].facts.id = 2;
}

/* The input is a list of stores: one byte of place, two of offset, one of length, the
 * bytes. */
static void lie(struct fake_task *task, const uint8_t *data, size_t size) {
    while (size > 4) {
        size_t place = data[0] % (task->piece_count + 2);
        size_t offset = (size_t)data[1] << 8 | data[2], len = data[3];
        data += 4;
        size -= 4;
        len = len < size ? len : size;
        uint8_t *to = NULL;
        size_t reach = REACH;
        if (place < task->piece_count) {
            to = task->piece[place].bytes;
        } else if (place == task->piece_count) {
            to = (uint8_t *)&task->thread[0].state;
            reach = sizeof(task->thread[0].state);
        } else if (len >= 4) {
            task->claimed_threads = data[0];
            task->image_info = data[1] > 0 ? task->image_info + data[1] - 1 : 0;
            task->piece[data[2] % task->piece_count].is_unreadable = data[3] & 1;
        }
        offset %= reach;
        if (to != NULL)
            memcpy(to + offset, data, len < reach - offset ? len : reach - offset);
        data += len;
        size -= len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fake_task fake;
    struct mp_mach_message message;
    struct mp_apple_exception exception;
    static struct mp_signature signature;
    uint64_t code[2] = {0x0b100001, 0x5c8};
    mp_mach_message_read(data, size, &message);
    if (size >= sizeof(code))
        memcpy(code, data, sizeof(code));
    mp_mach_crash_decode(code, &exception);
    open_task(&fake);
    lie(&fake, data, size);
    struct mp_task task = fake_task_open(&fake);
    struct mp_task_stop stop = {.exception = size % 3 > 0 ? &exception : NULL,
                                .thread = FAKE_HANDLE(0),
                                .until_ns = UINT64_MAX};
    struct mp_crash *crash = mp_task_record(&task, &stop);
    if (fake.held != 0 || crash->thread_count > MP_CRASH_THREADS_MAX ||
        crash->module_count > MP_CRASH_MODULES_MAX)
        abort();
    mp_signature_make(crash, &signature);
    mp_crash_destroy(crash);
    fake_task_close(&fake);
    return 0;
}
