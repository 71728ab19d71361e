# mpstress report: which campaign, which exit code, and what it refuses.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

@test "the newest campaign is reported, or the named one" {
    "$program" run noop:threads=3 --device null --rounds 2 --db rounds.db --quiet > first
    "$program" run noop:threads=3 --device null:fault=abort --rounds 2 --db rounds.db --quiet > second || true
    run -1 "$program" report --db rounds.db
    [[ "$output" == *abort* ]]
    run -0 "$program" report --db rounds.db --campaign 1
    uuid=$(query "SELECT uuid FROM campaign WHERE id = 1")
    run -0 "$program" report --db rounds.db --campaign "$uuid"
    MPSTRESS_DB=rounds.db run -1 "$program" report
}

@test "the report is the same as the run's" {
    "$program" run noop --device null --rounds 3 --db rounds.db --quiet > first
    "$program" report --db rounds.db > second
    diff first second
}

@test "--json gives the verdict of the exit code" {
    "$program" run noop:role=positive_control --device null:fault=abort,at=9 --rounds 2 --db rounds.db --quiet > /dev/null || true
    run -5 "$program" report --db rounds.db --json
    printf '%s' "$output" > out.json
    [ "$(sqlite3 :memory: "SELECT json_extract(readfile('out.json'), '$.verdict')")" = no_power ]
}

@test "what cannot be reported is named" {
    run --separate-stderr "$program" report --db missing.db
    [ "$status" -eq 2 ]
    [[ "$stderr" == *missing.db* ]]
    [ ! -e missing.db ]
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet > /dev/null
    refused "'9'" rounds.db -- report --db rounds.db --campaign 9
    refused "'3'" --campaign -- report 3
}

@test "the machine is named by what people call its system: on Linux the kernel's release" {
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet > /dev/null
    if [ "$(uname -s)" = Darwin ]; then skip "macOS has builds of its own"; fi
    run -0 env COLUMNS=200 "$program" report --db rounds.db
    [[ "$output" == *"machine "*" · $(uname -r) · "* ]] || [[ "$output" == *"machine "*", $(uname -r), "* ]]
    [ "$(query "SELECT DISTINCT os_build FROM environment" rounds.db)" = "$(uname -r)" ]
}

@test "a title that its column does not hold leaves the numbers where they are" {
    run -0 "$program" run contiguous:threads=1,batch=4,iters=60,n=64,streams=9 contiguous:threads=1,batch=1,iters=20,n=4 single_thread \
        --device null --rounds 1 --quiet --db rounds.db
    run -0 env COLUMNS=100 "$program" report --db rounds.db --color never
    [ "$(awk '/ none  / { print index($0, " none  ") }' <<< "$output" | sort -u | wc -l)" = 1 ]
    [ "$(grep -c ' none  ' <<< "$output")" = 3 ]
    grep -q '^  contiguous:batch=4,iters=60,n=64,streams=9$' <<< "$output"
}
