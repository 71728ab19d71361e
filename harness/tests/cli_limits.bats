# What is not kept of a crash is told: how much there was, in text and in JSON, live and of reports.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# report THREADS FRAMES: an .ips whose thread 0 died, every frame in an image of its own.
report() {
    printf '{"bug_type":"309"}\n{"pid":7,"procName":"workbench","exception":{"type":"EXC_CRASH","signal":"SIGABRT"},'
    printf '"asi":{"a":["failed assertion `%s'"'"'"]},"faultingThread":0,"threads":[' "$(printf 'x%.0s' {1..900})"
    awk -v threads="$1" -v frames="$2" 'BEGIN {
        for (t = 0; t < threads; t++) {
            printf "%s{\"id\":%d,\"name\":\"%s\",\"frames\":[", t ? "," : "", t, t ? "" : sprintf("%070d", 7)
            for (f = 0; f < frames; f++)
                printf "%s{\"imageIndex\":%d,\"imageOffset\":4096}", f ? "," : "", t * frames + f
            printf "]}"
        }
        printf "],\"usedImages\":["
        for (i = 0; i < threads * frames; i++)
            printf "%s{\"base\":%d,\"size\":8192,\"path\":\"/%0600d/lib%d.dylib\"}", i ? "," : "", 65536 * (i + 1), 1, i
        printf "]}"
    }'
}

# shown WHAT N: what show says, on one line.
shown() {
    "$program" show "$1" "$2" --db rounds.db | tr -s ' \n' ' '
}

# of QUERY: a value of the JSON in out.json.
of() {
    sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$1')"
}

@test "a report says how many threads, frames, modules and bytes of its message are not kept" {
    report 200 100 > big.ips
    "$program" import big.ips --db rounds.db
    run -0 shown report 1
    [[ "$output" == *"136 of 200 threads, "*" frames in modules beyond the limit, the beginning of a message of 919 bytes"* ]]
    [[ "$output" == *"thread 0 '00000"*"…', faulting, 64 of 100 frames"* ]]
    [[ "$output" == *"lib63.dylib"* ]] # of a path too long to be kept the name stays
    "$program" show report 1 --db rounds.db --json > out.json
    [ "$(of '$.report.threads_missed')" = 64 ]
    [ "$(of '$.report.message_bytes')" = 919 ]
    [ "$(of '$.report.modules_missed')" = $((136 * 64 - 1024)) ]
    [ "$(of '$.report.threads[0].frames_total')" = 100 ]
    [ "$(of '$.report.threads[0].frames[63].depth')" = 63 ]
    [[ "$(of '$.report.threads[0].frames[0].module')" == …*/lib0.dylib ]]
}

@test "only the images that a kept frame uses take up room" {
    report 10 64 | sed 's/"imageIndex":[0-9]*/"imageIndex":5/g' > one.ips
    "$program" import one.ips --db rounds.db
    "$program" show report 1 --db rounds.db --json > out.json
    [ "$(of '$.report.modules_missed')" = 0 ]
    [ "$(query "SELECT count(DISTINCT module) FROM os_report_frame")" = 1 ]
}

@test "a symbol that is shortened says how long it was, in reports of both forms" {
    symbol="std::map<$(printf 'unsigned %.0s' {1..60})>::find(int)"
    sed "s/Queue::flush()/$symbol/" "$MP_SOURCE/harness/tests/crash_cases/13_text_few_images.crash" > long.crash
    printf '{"bug_type":"309"}\n{"exception":{"type":"EXC_CRASH","signal":"SIGABRT"},"faultingThread":0,"threads":[{"frames":[{"symbol":"%s"}]}]}' \
        "$symbol" > long.ips
    "$program" import long.crash long.ips --db rounds.db
    for id in 1 2; do
        run -0 shown report $id
        [[ "$output" == *"std::map<...>::find(int)"*"(shortened from ${#symbol} bytes)"* ]]
        "$program" show report $id --db rounds.db --json > out.json
        grep -q "\"symbol_bytes\": *${#symbol}\b" out.json
    done
}

@test "a line of a text that is longer than is read is counted" {
    { cat "$MP_SOURCE/harness/tests/crash_cases/13_text_few_images.crash"; printf '\nNotes: '; head -c 20000 /dev/zero | tr '\0' x; } > long.crash
    "$program" import long.crash --db rounds.db
    run -0 shown report 1
    [[ "$output" == *"the beginning of 1 overlong line"* ]]
    "$program" show report 1 --db rounds.db --json > out.json
    [ "$(of '$.report.lines_cut')" = 1 ]
}

@test "of a file of 400 MB the beginning is read, which is said, whether a report is in it or not" {
    case="$MP_SOURCE/harness/tests/crash_cases/13_text_few_images.crash"
    cp "$case" first.crash
    truncate -s 400M first.crash
    truncate -s 400M last.crash
    cat "$case" >> last.crash
    run -2 "$program" import first.crash last.crash --db rounds.db
    [[ "${lines[0]}" == "first.crash: new crash: "*"(only the first 16 of the file's 400 MiB were read)" ]]
    [[ "${lines[1]}" == "last.crash: unreadable: it is not a crash report (only the first 16 of its 400 MiB were read)" ]]
    run -0 shown report 1
    [[ "$output" == *"16777216 of 419430400 bytes of the file"* ]]
    "$program" show report 1 --db rounds.db --json > out.json
    [ "$(of '$.report.bytes_read')" = 16777216 ]
    [ "$(of '$.report.bytes_total')" = 419430400 ]
}

@test "a file that unpacks to 400 MB is read in part, and says so" {
    { cat "$MP_SOURCE/harness/tests/crash_cases/13_text_few_images.crash"; head -c 400000000 /dev/zero; } | gzip -1 > bomb.gz
    run -0 "$program" import bomb.gz --db rounds.db
    [[ "$output" == *"(only the first 16 MiB of the file were read)"* ]]
    run -0 shown report 1
    [[ "$output" == *"the beginning of a longer file"* ]]
}

@test "JSON that is nested deeper than is read is refused in words" {
    { printf '{"bug_type":"309"}\n{"threads":'; head -c 1000000 /dev/zero | tr '\0' '['; } > deep.ips
    run -2 "$program" import deep.ips --db rounds.db
    [[ "$output" == *"deep.ips: unreadable: "*"nested deeper"* ]]
}

@test "the end of a long stderr says of how many bytes it is, a short one is whole" {
    cp "$MP_BIN/../tests/exec_program" victim
    export MPSTRESS_LOCK="$PWD/gpu.lock"
    run -1 "$program" run --rounds 1 --db rounds.db --quiet -- sh -c './victim much >&2; exit 4'
    run -0 shown round 1
    [[ "$output" == *"The end of its stderr, "[0-9]*" of $(./victim much | wc -c) bytes"*"the last word"* ]]
    "$program" show round 1 --db rounds.db --json > out.json
    [ "$(of '$.round.stderr_bytes')" = "$(./victim much | wc -c)" ]
    run -1 "$program" run --rounds 1 --db rounds.db --quiet -- sh -c 'echo short >&2; exit 4'
    "$program" show round 2 --db rounds.db --json > out.json
    [ -z "$(of '$.round.stderr_bytes')" ]
}

@test "a captured crash says how many threads and frames are not kept" {
    cp "$MP_BIN/../tests/exec_program" victim
    export MPSTRESS_LOCK="$PWD/gpu.lock"
    run -1 "$program" run --exec "./victim crash 140" --rounds 1 --db rounds.db --quiet
    run -1 "$program" run --exec "./victim descend 512" --rounds 1 --db rounds.db --quiet
    run -0 shown crash 1
    [[ "$output" == *"kept 136 of 141 threads"* ]]
    run -0 shown crash 2
    [[ "$output" == *"faulting (signal 11), 64 of 5"[0-9][0-9]" frames"* ]]
    "$program" show crash 1 --db rounds.db --json > out.json
    [ "$(of '$.crashes[0].threads_missed')" = 5 ]
    [ "$(of '$.crashes[0].modules_missed')" = 0 ]
    "$program" show crash 2 --db rounds.db --json > out.json
    [ "$(of '$.crashes[0].threads[0].frames_total')" -ge 512 ]
}

# To look at everything behind each of them would take hours; the deadline of the test would end it.
@test "many things that nothing ends, and many images with many frames, are read" {
    awk 'BEGIN { while (n++ < 1000000) printf "&#6&lt;<pre <div " }' > open.html
    awk 'BEGIN { while (n++ < 1000) { for (i = 0; i < 16000; i++) printf "<"; print " + 1" } }' > angles.crash
    awk 'BEGIN {
        print "Exception Type: SIGSEGV"
        for (t = 0; t < 130; t++) {
            printf "Thread %d%s:\n", t, t ? "" : " Crashed"
            for (i = 0; i < 64; i++)
                printf "%d other 0x9%011x f + 1\n", i, i
        }
        print "\nBinary Images:"
        for (i = 0; i < 300000; i++)
            printf "0x1%08x - 0x1%08x w%d <0> /w%d\n", i * 16, i * 16 + 15, i, i
    }' > images.crash
    run -2 "$program" import open.html angles.crash images.crash --db rounds.db
    [[ "$output" == *"images.crash: new crash: SIGSEGV in f + 1"* ]]
}
