#!/usr/bin/env bats
# mpstress package: one archive about a crash, which stands alone, says what it rests on, and names nobody.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

RACE=metal@model:defects=destroy_race,reader=U

# crashes: rounds of the planted race, and the same with an arm, in rounds.db.
crashes() {
    run "$program" compare none sync_on_queue destroy_impl:threads=4 --device "$RACE" --rounds 4 --all-rounds \
        --db rounds.db --quiet
    [ "$(query "SELECT count(*) > 0 FROM crash")" = 1 ]
}

# pack ARGUMENT...: makes a package and unpacks it into ./open, which is new.
pack() {
    rm -rf made open
    run -0 "$program" package "$@" made --db rounds.db
    mkdir open
    tar xf made/*.tar -C open --strip-components 1
}

@test "the archive is unpacked in an empty folder, built by its line, and crashes there" {
    ! nm "$MP_BIN/libmpmodel.so" | grep -Eq '__[at]san_init' || skip "a sanitized model needs a sanitized program"
    crashes
    pack signature 1
    mkdir alone
    cd alone
    tar xf ../made/mpstress-signature-1.tar
    cd mpstress-signature-1
    sha256sum --quiet -c SHA256SUMS
    sh -c "$(grep '^cc ' README.md)"
    MODEL="$MP_BIN/libmpmodel.so" run -1 ./destroy_impl shared
    [[ "$output" == "shared: MISUSE: "*"; 3 threads, 50 encoders a round"* ]] # and the one that ends it
    [[ "$output" == *"crash: signal 11 at 0x"* ]]
    MODEL="$MP_BIN/libmpmodel.so" run -0 ./destroy_impl correct 2
}

@test "the same database gives the same bytes, wherever it lies and whoever packs it" {
    crashes
    pack crash 1
    mkdir other
    cp rounds.db other/copy.db
    TZ=Asia/Tokyo LC_ALL=C COLUMNS=40 run -0 "$program" package crash 1 other/made --db other/copy.db
    cmp made/mpstress-crash-1.tar other/made/mpstress-crash-1.tar
    [ "$(tar tvf made/*.tar | awk '{print $2, $4}' | sort -u)" = "0/0 1970-01-01" ]
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet >/dev/null # which has nothing to do with it
    rm -rf made
    run -0 "$program" package crash 1 made --db rounds.db
    cmp made/mpstress-crash-1.tar other/made/mpstress-crash-1.tar
}

@test "the page says first that only a model was seen, then steps, claim, limits, and what was not tested" {
    crashes
    pack crash 1
    [[ "$(sed -n 3p open/README.md)" == "> **Note:** Every round in which this crash came ran on the software model"* ]]
    for part in Steps Expected Actual "The claim in numbers" "With and without a fix" Controls "Are the calls allowed?" \
        "Stacks of both sides" "Reports of the system" Environment "What was not tested" "Seed and command of each figure"; do
        grep -qFx "## $part" open/README.md
        grep -qF ">$part</h2>" open/README.html
    done
    hits=$(query "SELECT count(*) FROM crash WHERE signature_id = (SELECT signature_id FROM crash WHERE id = 1)")
    grep -q "^This crash came in $hits of 4 rounds that passed or failed, of 1 cell\." open/README.md
    grep -q '| sync\\_on\\_queue | 0 | 4 | ≤ 52.8 % |' open/README.md
    grep -q "^No\. Threads share an encoder" open/README.md
    seed=$(query "SELECT seed FROM campaign")
    grep -q "| $seed |.*mpstress compare none sync" open/README.md
    grep -q "libmpmodel.so ($(query "SELECT build_id FROM round_driver"))" open/README.md
    sed 's/ href="\(data:,\|#main\)"//g' open/README.html > loads # an empty icon, and a place in the page
    run ! grep -qiE '<script|src=|href=|url\(|@import' loads
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('open/figures.json'), '$.cells[0].this_crash')")" = "$hits" ]
    grep -q traceEvents open/trace.json
    "$MP_BIN/mpstress-round" --spec open/round.spec > /dev/null 2>&1 || true
    grep -q "^scenario destroy_impl" open/round.spec
}

@test "what is of the model is said to be, where the same crash came on a driver, too" {
    # one signature on two devices: no other device of this machine has the model's bug
    run -1 "$program" run destroy_impl:threads=2 destroy_impl:threads=3 --device "$RACE" --rounds 6 --seed 3 --db rounds.db --quiet
    sqlite3 rounds.db "UPDATE crash SET signature_id = (SELECT min(id) FROM signature)"
    sqlite3 rounds.db "UPDATE cell SET device = 'metal' WHERE json_extract(params, '$.threads') = 3"
    pack signature 1
    [[ "$output" == *"devices of different kinds"* ]]
    [[ "$(sed -n 3p open/README.md)" == "> **Note:** This crash came on devices of different kinds. Rows on metal&#64;model"*"are of the software model"* ]]
    grep -q "^This crash came on devices of different kinds: each row is of one of them, and nothing is added up" open/README.md
    grep -q "^- Device: metal\. A round is one process" open/README.md # a driver's crash stands for it
    grep -q '^| destroy.*threads=2,window=none on metal&#64;model' open/README.md
    run ! grep -q "all rounds ran on a software model" open/README.md
    crash=$(query "SELECT k.id FROM crash AS k JOIN round AS r ON r.id = k.round_id JOIN cell ON cell.id = r.cell_id
        WHERE device <> 'metal' LIMIT 1")
    pack crash "$crash"
    [[ "$(sed -n 3p open/README.md)" == *"The stacks, the calls and all rows without another device are of the software model"* ]]
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('open/figures.json'), '$.only_on_a_model')")" = 0 ]
}

@test "what a validation layer said is under the legality of the calls, and no planted control" {
    run "$program" run destroy_impl:threads=3 --legality --device "$RACE" --rounds 2 --db rounds.db --quiet
    pack crash 1
    grep -q "^- Under metal\\\\_validation, destroy.* failed in 2 of 2 rounds: abort 2\." open/README.md
    grep -q "^- Lawful twin, arm none: 0 of 2 rounds failed\." open/README.md
    run ! grep -q "No round of these campaigns ran under a validation layer" open/README.md
    sed -n '/^## What was not tested/,/^## Seed/p' open/README.md > not
    run ! grep -q "under a validation layer" not
    grep -q "^- A planted race beside it" not
    grep -q "^None ran in these campaigns: no planted race" open/README.md
}

@test "what no stand-alone program shows is said to have none" {
    run -1 "$program" run noop --device null:fault=segv_null --rounds 2 --db rounds.db --quiet
    pack crash 1
    [ ! -e open/destroy_impl.c ]
    grep -q "^This package has no stand-alone program" open/README.md
    grep -q "^mpstress run noop" open/README.md
    grep -q "2 of 2 rounds" open/README.md
    run -0 "$program" package crash 1 json --json --db rounds.db
    printf '%s' "$output" > out.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.has_program') || json_extract(readfile('out.json'),
        '$.only_on_a_model')")" = 00 ]
}

@test "names, folders and ids are taken out of all files, and what looks like markup is text" {
    run -1 "$program" run noop --device null:fault=segv_null --rounds 1 --db rounds.db --quiet
    sed -e 's|"procPath" *: *"[^"]*"|"procPath" : "/Users/mpower/Top Secret/a.out"|' \
        "$MP_SOURCE/harness/tests/reports/null_offset.ips" > report.ips
    printf '%s\n' '"crashReporterKey" : "8A3FC011", mpower on Maxs-Mini.local, C02XK1YZJGH5' >> report.ips
    "$program" import --db rounds.db report.ips
    sqlite3 rounds.db "UPDATE os_report SET round_id = 1;
        UPDATE campaign SET argv = 'mpstress run --fix ''/Users/mpower/Top Secret/libfix.dylib'' noop';
        UPDATE round_text SET stderr = 'mpower: <script>alert(1)</script> | \`x\` ' || char(10) || 'at /home/mpower/run.py';
        UPDATE signature SET title = '<img src=x onerror=alert(1)> | [a](http://b) @mpower'"
    pack crash 1
    run ! grep -rqiE 'mpower|top secret|8A3FC011|Maxs-Mini|C02XK1YZJGH5' open
    grep -q '\[home\]/libfix.dylib' open/figures.json
    grep -q 'at \[home\]/run.py' open/stderr.txt
    grep -q "$(sha256sum < report.ips | cut -d' ' -f1)" open/README.md
    [ -e open/reports/1.txt ]
    [ ! -e open/reports/1.original ]
    grep -q '5EEDC0DE-0001' open/reports/1.txt # the incident stays
    run ! grep -qE '<script|<img' open/README.html open/README.md
    pack crash 1 --verbatim
    cmp report.ips open/reports/1.original
    [[ "$output" == *"1 report is in it as the system wrote it, with all names"* ]]
    run ! grep -qi mpower open/README.md open/reports/1.txt
}

@test "the command of a program of the user's is redacted, too" {
    mkdir -p mpower
    printf '#!/bin/sh\nkill -SEGV $$\n' > mpower/run.sh
    chmod +x mpower/run.sh
    USER=mpower run -1 "$program" run --rounds 1 --quiet --db rounds.db -- "$PWD/mpower/run.sh"
    for whom in vendor pytorch; do
        export USER=mpower
        pack crash 1 --for $whom
        run ! grep -rl mpower open
        grep -rq run.sh open
    done
}

@test "paths behind an option or a scheme are redacted, and a command in JSON is whole" {
    run -1 "$program" run --rounds 1 --quiet --db rounds.db -- sh -c 'kill -SEGV $$' 3-a/b -I/home/zedekiah/inc -L/Users/yvaine/lib \
        -o file:///home/quillon/x
    sqlite3 rounds.db "UPDATE campaign SET argv = '/srv/bin/mpstress run -- ./x -I/srv/proj/inc --last /srv/proj/y'"
    pack crash 1
    run ! grep -rqE "zedekiah|yvaine|quillon" open
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('open/figures.json'), '$.campaigns[0].command')")" = \
        '[path]/mpstress run -- ./x -I[path]/inc --last [path]/y' ]
    grep -qF -- '3-a/b -I[home]/inc -L[home]/lib -o file://[home]/x' open/figures.json
}

@test "of a program nothing is said that nobody saw: ops, threads, whether its calls are allowed" {
    run -1 "$program" run --rounds 2 --quiet --db rounds.db -- sh -c 'kill -ABRT $$'
    pack crash 1
    run ! grep -qE " 0 ops|0 of 0|Threads: 0|no encoder is|other recorded thread|unknown \(none\)|All 1 " open/README.md
    grep -q "^The process lives and ends, or a call is refused" open/README.md
    grep -q "^Not known: mpstress does not see which calls a program makes" open/README.md
    grep -q "^SIGABRT, in round 1, seed 0x" open/README.md
    grep -q "^The other side is not known, since no calls were recorded\." open/README.md
    grep -q "^The only thread with registers is in stacks.txt, with the modules; no calls were recorded" open/README.md
    grep -q "^- What the program computed, but for what it says of itself" open/README.md
    # what could not be read is no part of all
    sqlite3 rounds.db "UPDATE crash SET threads_missed = 7, modules_missed = 3, unread = 'the program lies in /home/mpower/x'"
    pack crash 1
    grep -q "^1 of 8 threads with registers are in stacks.txt, with the modules but 3, which were too many" open/README.md
    grep -qFx 'Not all was read: the program lies in \[home\]/x.' open/README.md
}

@test "ops that had only begun are not said to be done" {
    run -1 "$program" run noop:threads=2,iters=3 --device null:fault=segv_null --rounds 1 --quiet --db rounds.db
    pack crash 1
    grep -q "\. $(query "SELECT ops_started || ' of ' || ops_planned || ' ops had begun, ' || ops_done || ' had ended right'
        FROM round")\. Threads: 2, of which at most" open/README.md
}

@test "--for pytorch gives the same data as an advisory" {
    crashes
    pack crash 1 --for pytorch
    grep -q "^Advisory for PyTorch: SIGSEGV at NULL+0x" open/ADVISORY.txt
    grep -q "^# Advisory for PyTorch" open/ADVISORY.md
    [ ! -e open/README.md ]
    for part in Summary Impact Affected Workarounds "The claim in numbers" "What was not tested"; do
        grep -qFx "$part" open/ADVISORY.txt
    done
    grep -q "sync_on_queue: no failure in 4 rounds" open/ADVISORY.txt
    [ "$(awk 'NR > 2 && length($0) > 80 && !/^ *(cc|clang|MODEL|mpstress) |^  |^thread/' open/ADVISORY.txt | wc -l)" = 0 ]
}

@test "what cannot be packed, and where it cannot be written, is refused in words, and nothing is left" {
    crashes
    refused "rounds.db has no crash 9" -- package crash 9 made --db rounds.db
    refused "rounds.db has no signature 9" -- package signature 9 made --db rounds.db
    refused "'x' is not the number" -- package crash x made --db rounds.db
    refused "unknown kind of thing to pack 'crush'" -- package crush 1 made --db rounds.db
    refused "say what to pack and where" -- package 1 --db rounds.db
    refused "no database at none.db" -- package crash 1 made --db none.db
    [ ! -e made ]
    mkdir full
    echo kept > full/notes
    refused "exists and is not empty" -- package crash 1 full --db rounds.db
    [ "$(ls full)" = notes ]
    refused "is not a folder" -- package crash 1 full/notes --db rounds.db
    run -6 "$program" package crash 1 none/made --db rounds.db
    [[ "$output" == *"cannot make the folder none/made"* ]]
    mkdir empty
    for folder in empty made; do # a disk that takes no more: a limit of the size of files
        run -6 bash -c 'trap "" XFSZ; ulimit -f 40; exec "$@"' - "$program" package crash 1 $folder --db rounds.db
        [[ "$output" == *"cannot write the package to $folder/mpstress-crash-1.tar"*"nothing of it was left there"* ]]
    done
    [ -z "$(ls empty)" ]
    [ ! -e made ]
    run -0 "$program" package crash 1 empty --db rounds.db
    [ "$(ls empty)" = mpstress-crash-1.tar ]
}

@test "a signature that only reports know, and rounds that enter no rate" {
    "$program" import --db rounds.db "$MP_SOURCE/harness/tests/reports/null_offset.ips"
    refused "known by imported reports alone" -- package signature 1 made --db rounds.db
    run "$program" run noop --device null:fault=segv_null --round-seed 7 --rounds 1 --db rounds.db --quiet
    pack crash 1
    grep -q "^None: it came only in rounds that enter no rate" open/README.md
}

# hunt ARGUMENT...: finds, measures and minimizes the planted race, in rounds.db.
hunt() {
    run "$program" repro destroy_impl:threads=3,iters=2,n=1,ops=2,streams=1 --device "$RACE" --rounds 8 --fresh 4 --seed 3 \
        --minimize --jobs 2 --quiet --db rounds.db "$@"
    [ "$status" = 1 ]
}

@test "the claim has the amplification that a hunt measured, with its limits, each hunt its own" {
    for seed in 1 2; do # two hunts' fresh parts, of known numbers: one in two rounds crashes
        run -1 "$program" run 'noop:perturb=none|delay' --device null:fault=segv_null,p=0.5 --rounds 6 --seed $seed --db rounds.db --quiet
    done
    sqlite3 rounds.db "DROP TRIGGER plan_stays; UPDATE plan SET kind = 'repro fresh'; UPDATE campaign_cell SET role = 'finder'"
    pack signature 1
    # figure MEMBER INDEX
    figure() { sqlite3 :memory: "SELECT json_extract(readfile('open/figures.json'), '\$.amplification[$2].$1')"; }
    # ways CAMPAIGN: crashes, rounds and seconds, of the perturbed rounds, then of the plain ones
    ways() { query "SELECT total(outcome = 'crash'), count(*), sum(wall_ns) / 1e9 FROM round JOIN cell ON cell.id = cell_id
        WHERE campaign_id = $1 GROUP BY cell_id ORDER BY params NOT LIKE '%perturb%'"; }
    for at in 0 1; do
        [ "$(figure campaign $at)" = $((at + 1)) ]
        read -r hits rounds seconds plain plain_rounds plain_seconds <<< "$(ways $((at + 1)) | tr '|\n' '  ')"
        [ "$rounds$plain_rounds" = 66 ]
        awk "BEGIN { exit !($(figure this_crash $at) == $hits && $(figure plain_this_crash $at) == $plain) }"
        ratio=$(figure ratio $at)
        awk "BEGIN { r = $hits / $seconds / ($plain / $plain_seconds); exit !(r / $ratio > 0.999 && r / $ratio < 1.001) }"
        awk "BEGIN { exit !($(figure low $at) < $ratio && $ratio < $(figure high $at)) }"
        grep -q "^- Amplification measured in campaign $((at + 1)): perturb=delay has .*a second (95 %.*: ${hits%.*} in 6 rounds" open/README.md
    done
    [ "$(query "SELECT count(DISTINCT outcome) FROM round")" = 2 ]
    # a cell that also ran by itself has a row more, and is the same cell
    run -1 "$program" run noop --device null:fault=segv_null,p=0.5 --rounds 6 --seed 1 --db rounds.db --quiet
    pack signature 1
    [ "$(sed -n '/^## The claim/,/^## With/p' open/README.md | grep -c '^| noop')" = 3 ]
    grep -q "of 2 cells\. Rates of different rows are not added up" open/README.md
}

@test "the certificate of a minimized case goes in, with every step, and the program has its parameters" {
    ! nm "$MP_BIN/libmpmodel.so" | grep -Eq "__[at]san_init" || skip "a hunt under a sanitizer takes minutes"
    hunt --bundle made
    mkdir open
    tar xf made/*.tar -C open --strip-components 1
    tr -s '\n ' ' ' <<< "$output" | grep -q 'package made/mpstress-signature-[0-9]*.tar: 9 files, with a stand-alone program'
    of() { sqlite3 :memory: "SELECT json_extract(readfile('open/minimized.json'), '\$.minimized.$1')"; }
    [ "$(of format)" = mpstress-certificate/1 ]
    [ "$(of least.threads)$(of least.iters)$(of is_valid)" = 211 ]
    grep -qFx "## The smallest case" open/README.md
    grep -qF ">The smallest case</h2>" open/README.html
    grep -q "add up to at most 5 %" open/README.md
    # each step is a row, with its campaign
    [ "$(sed -n '/^## The smallest case/,/^## With/p' open/README.md | grep -c '^| [0-9]')" = "$(($(of 'steps[#-1].number') + 1))" ]
    grep -q "| $(of 'steps[#-1].failures') of $(of 'steps[#-1].rounds') |.*| $(of 'steps[#-1].campaign_id'), $(of 'steps[#-1].seed') |" \
        open/README.md
    grep -q "^Final validation, on seeds that no decision had seen: $(of validation.failures) of $(of validation.rounds) rounds" open/README.md
    # the claim has the fresh rounds, the stacks are of the smallest case
    fresh=$(query "SELECT count(*) FROM round WHERE campaign_id = 2")
    grep -q "^This crash came in [0-9]* of $fresh rounds" open/README.md
    [ "$(query "SELECT kind FROM campaign JOIN plan ON plan.id = plan_id WHERE campaign.id = (SELECT campaign_id FROM round
        WHERE seed = '$(sed -n 's/.*in round [0-9]*, seed \(0x[0-9a-f]*\).*/\1/p' open/README.md)')")" = "repro minimize" ]
    grep -q "at its beginning, as they were minimized: 1 thread calls one encoder" open/README.md
    [ "$(sed -n 's/^#define THREADS //p;s/^#define SEQUENCES //p' open/destroy_impl.c | head -2 | tr -d '\n')" = 1"$(of least.ops)" ]
    if ! nm "$MP_BIN/libmpmodel.so" | grep -Eq '__[at]san_init'; then
        cd open
        sh -c "$(grep '^cc ' README.md)"
        MODEL="$MP_BIN/libmpmodel.so" run -1 ./destroy_impl shared
        [[ "$output" == *"; 1 threads, 50 encoders a round"* || "$output" == *"; 1 thread"* ]]
        [[ "$output" == *"crash: signal 11 at 0x"* ]]
        cd ..
    fi
    # a certificate that says more than the database, or of another crash, is not believed
    key=$(of signature)
    number=$(query "SELECT id FROM signature WHERE key = '$key'")
    # a crash of a larger case has the smallest one's parameters in its program, too
    larger=$(query "SELECT k.id FROM crash AS k JOIN round AS r ON r.id = k.round_id JOIN cell ON cell.id = r.cell_id
        WHERE k.signature_id = $number AND json_extract(params, '$.threads') = 3 LIMIT 1")
    run -0 "$program" package crash "$larger" larger --db rounds.db
    tar xOf larger/*.tar "mpstress-crash-$larger/destroy_impl.c" | grep -qx '#define THREADS 1'
    # one of a case that is the first one still
    sqlite3 :memory: "SELECT json_set(readfile('rounds.db.minimized.json'), '$.minimized.end', 'out_of_rounds', '$.minimized.least',
        json_extract(readfile('rounds.db.minimized.json'), '$.minimized.first'))" > other.json
    run -0 "$program" package crash "$larger" first --db rounds.db --certificate other.json
    tar xOf first/*.tar "mpstress-crash-$larger/README.md" > first.md
    run ! grep -q "as they were minimized" first.md
    grep -q "^The case was not made smaller: the rounds for it ended before the search did\." first.md
    sed 's/"seed":"0x[0-9a-f]*"/"seed":"0x1234"/' rounds.db.minimized.json > other.json
    refused "it is of another database" -- package signature "$number" foreign --db rounds.db --certificate other.json
    sed 's/"signature":"[^"]*"/"signature":"another"/' rounds.db.minimized.json > other.json
    refused "it is of another failure" -- package signature "$number" foreign --db rounds.db --certificate other.json
    sqlite3 :memory: "SELECT json_set(readfile('rounds.db.minimized.json'), '\$.minimized.steps', json('[]'))" > other.json
    refused "it has no step" -- package signature "$number" foreign --db rounds.db --certificate other.json
    refused "it is no certificate" -- package signature "$number" foreign --db rounds.db --certificate "$MP_SOURCE/README.md"
    [ ! -e foreign ]
    echo '{"minimized":[[[' > rounds.db.minimized.json
    run -0 "$program" package signature "$number" without --db rounds.db
    [[ "$output" == *"rounds.db.minimized.json is left out: it is no certificate"* ]]
    run ! grep -q minimized.json <(tar tf without/*.tar)
}

@test "a case that was not tried smaller is not said to be the smallest that there is" {
    run -1 "$program" repro noop:threads=3 --device null:fault=segv_null --rounds 4 --fresh 2 --seed 3 --minimize \
        --minimize-rounds 6 --quiet --db rounds.db --bundle made
    tr -s '\n ' ' ' <<< "$output" | grep -q "minimized nothing yet: the rounds ended before a smaller case was tried"
    mkdir open
    tar xf made/*.tar -C open --strip-components 1
    grep -q "^The case was not made smaller: the rounds for it ended before a smaller case was tried" open/README.md
    run ! grep -q "could be made smaller" open/README.md
}

@test "what nothing traced is refused as that, and a time is written as one" {
    run "$program" run noop --device null:fault=segv_null --capture off --rounds 1 --quiet --db rounds.db
    refused "or a crash that nothing traced" -- package signature 1 made --db rounds.db
    run -1 "$program" run noop --device null:fault=segv_null --rounds 1 --quiet --db traced.db
    sqlite3 traced.db "UPDATE round SET wall_ns = 1220000000"
    mv traced.db rounds.db
    pack crash 1
    grep -q "| 1\.2[0-9]* s | crash 1 |" open/README.md
}

@test "a hang is packed with the threads as they stood" {
    run -1 "$program" run noop --device null:fault=hang --timeout 300ms --rounds 1 --quiet --db rounds.db
    pack crash 1
    grep -q "^A hang, in round 1, seed 0x" open/README.md
    grep -q "^The round did not end in time" open/README.md
    sed -n '/^## Stacks/,/^## Reports/p' open/README.md | grep -q "^thread [0-9]* 'mp-worker-1', in encode"
    run ! grep -q "signal 0" open/README.md
    grep -q "^> \*\*Note:\*\* This hang was planted in the test bed" open/README.md
    grep -q "^This hang came in 1 of 1 rounds" open/README.md
    # nor are its words those of a crash, whoever it is for
    pack crash 1 --for pytorch
    tr -s '\n ' ' ' < open/ADVISORY.txt > words
    grep -q "A process with 1 thread on the device did not go on: hang in " words
    grep -q "Impact ------ The process does not end and does not go on" words
    run ! grep -qiE "died|this crash|fault class|the process ends|no crash" words
    run ! grep -qiE "this crash|no crash|crashed" open/ADVISORY.md
}

@test "the advisory of a crash says that the process dies, with how many threads" {
    run -1 "$program" run noop:threads=2 --device null:fault=segv_null --rounds 1 --quiet --db rounds.db
    pack crash 1 --for pytorch
    tr -s '\n ' ' ' < open/ADVISORY.txt > words
    grep -q "A process with 2 threads on the device died: SIGSEGV" words
    grep -q "Impact ------ The process ends, and what it had in flight is lost. Fault class: null" words
    run ! grep -q "hang" words
}
