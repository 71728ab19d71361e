# One thing that is written in two ways is one cell, and what is recorded of it stays what it was.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# arms ARM...: runs a round with each arm, and says which arms were recorded.
arms() {
    rm -f rounds.db
    for arm in "$@"; do
        "$program" run noop --device null --rounds 1 --quiet --arm "$arm" --db rounds.db > out
    done
    query "SELECT group_concat(arm, '|') FROM (SELECT arm FROM cell ORDER BY id)"
}

@test "variables and settings of an arm have no order, and a number has one form" {
    [ "$(arms 'env:B=2 A=1' 'env:A=1 B=2' 'env:A=1  B=2 A=1')" = "env:A=1 B=2" ]
    [ "$(arms 'env:A=1 B=2' 'env:A=2 B=1')" = "env:A=1 B=2|env:A=2 B=1" ]
    [ "$(arms 'set:p=0.50,at=2' set:at=02,p=0.5 'set:p=5e-1,at=2')" = "set:p=0.5,at=2" ]
    refused "two values" "A=1" "A=2" -- run noop --device null --arm 'env:A=1 B=0 A=2' --db new.db
    refused "given twice" -- compare none 'env:A=1 B=2' 'env:B=2 A=1' --exec true --db new.db
}

@test "a comparison knows an arm however its number is written, and ends by its evidence" {
    run -0 --separate-stderr "$program" compare none set:p=0.0 noop --device null:fault=exit_code --seed 1 --db rounds.db
    [[ "$output" == FIXED* ]]
    [ "$(query "SELECT group_concat(arm) FROM (SELECT arm FROM cell ORDER BY id)")" = none,set:p=0 ]
    [ "$(query "SELECT count(*) FROM round")" -lt 400 ]
}

# hash_of ARM: the hash of the cell with this arm, as harness/wire/round_spec.c makes it (FNV-1a).
hash_of() {
    local text hash=$((0xcbf29ce484222325)) i byte
    text=$(query "SELECT spec FROM campaign_cell WHERE spec LIKE '%arm $1%'")
    text="$(grep -E '^(device|scenario) ' <<< "$text")"$'\n'"$(grep '^param ' <<< "$text" | LC_ALL=C sort)"$'\n'"arm $1"$'\n'
    for ((i = 0; i < ${#text}; i++)); do
        printf -v byte %d "'${text:i:1}"
        hash=$(((hash ^ byte) * 0x100000001b3))
    done
    printf %016x "$hash"
}

has_rounds() {
    [ "$(query "SELECT count(*) FROM round")" -gt 4 ]
}

@test "a campaign whose arms an older version recorded in another order resumes as it was" {
    "$program" run noop --device null --rounds 1000 --seed 1 --arm 'env:A=1 B=2' --arm 'set:p=0.5,at=2' --quiet --db rounds.db > out &
    campaign_pid=$!
    wait_until "some rounds have ended" has_rounds
    kill -INT "$campaign_pid"
    wait "$campaign_pid" || true
    campaign_pid=
    sqlite3 rounds.db "UPDATE cell SET arm = replace(replace(arm, 'A=1 B=2', 'B=2 A=1'), 'p=0.5,at=2', 'at=02,p=0.50');
        UPDATE campaign_cell SET rounds = 20, spec = replace(replace(spec, 'A=1 B=2', 'B=2 A=1'), 'p=0.5,at=2', 'at=02,p=0.50')"
    for arm in 'env:B=2 A=1' 'set:at=02,p=0.50'; do
        sqlite3 rounds.db "UPDATE cell SET spec_hash = '$(hash_of "$arm")' WHERE arm = '$arm'"
    done
    "$program" run --resume --quiet --db rounds.db > out 2> err || { cat err; [ "$(cat err)" = "" ]; }
    [ "$(query "SELECT group_concat(arm, '|') FROM (SELECT arm FROM cell ORDER BY id)")" = "env:B=2 A=1|set:at=02,p=0.50" ]
    [ "$(query "SELECT count(DISTINCT spec) FROM round_text")" -le 2 ]
    [ "$(query "SELECT state FROM campaign")" = complete ]
}
