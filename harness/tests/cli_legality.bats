# run --legality: a cell that breaks Apple's rule, its lawful twin, and both under validation.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

racy=metal@model:defects=destroy_race,reader=U

# fault: whose, by the report of the database.
fault() {
    "$program" report --db rounds.db --json | grep -o '"fault":"[a-z_]*"'
}

# becomes LABEL OUTCOME DETAIL: the rounds of the cell of that title, as if they had ended so.
becomes() {
    sqlite3 rounds.db "UPDATE round SET outcome = '$2', detail = '$3' WHERE cell_id =
        (SELECT cell_id FROM campaign_cell WHERE title LIKE '%: $1%')"
    [ "$(query "SELECT count(*) FROM round WHERE outcome = '$2' AND detail = '$3'")" -ge 2 ]
}

@test "a crash of the shared encoder is the caller's: the layer objects, and the twin lives" {
    run -1 --separate-stderr "$program" run destroy_impl --legality --device "$racy" --rounds 3 --db rounds.db
    [[ "$output" == *"Whose fault: destroy_impl"* ]]
    [[ "$output" == *"as it is   3 of 3 rounds failed"* ]]
    [[ "$output" == *"objected in 3 of 3 rounds to -[MTLDebugComputeCommandEncoder"* ]]
    [[ "$output" == *"its twin   0 of 3 rounds failed (share=thread, sync=on_queue, q=0)"* ]]
    [[ "$output" == *"validated  silent in 3 rounds"* ]]
    [[ "$output" == *"so         the caller's fault"* ]]
    [ "$(fault)" = '"fault":"caller"' ]
    # The validated rounds are controls: they are in no rate.
    [ "$(query "SELECT count(*) FROM campaign_cell JOIN cell ON cell.id = cell_id
        WHERE arm = 'metal_validation' AND role = 'subject'")" = 0 ]
    [ "$(query "SELECT count(DISTINCT role) FROM campaign_cell")" = 3 ]

    # What would follow if the rounds had ended otherwise.
    becomes validated pass ''
    [ "$(fault)" = '"fault":"caller_by_the_rule"' ]
    becomes 'lawful twin' crash 'SIGSEGV'
    [ "$(fault)" = '"fault":"driver"' ]
    becomes 'lawful twin, validated' abort 'SIGABRT in phase run; it said -[MTLDebugX y]:7: failed assertion `z'
    [ "$(fault)" = '"fault":"client"' ]
    [[ "$("$program" report --db rounds.db)" == *"rounds to -[MTLDebugX y] ×3"* ]]
}

@test "on a driver where late calls are safe nothing fails, and the layer objects all the same" {
    run -0 --separate-stderr "$program" run destroy_impl --legality --device metal@model:late=hold --rounds 2 --db rounds.db
    [[ "$output" == *"objected in 2 of 2 rounds"* ]]
    [ "$(fault)" = '"fault":"nothing_failed"' ]
}

@test "without any defect the shared encoder loses work, and that is the caller's fault" {
    run -1 --separate-stderr "$program" run destroy_impl --legality --device metal@model --rounds 2 --db rounds.db
    [[ "$output" == *"as it is   2 of 2 rounds failed"*"its twin   0 of 2 rounds failed"* ]]
    [ "$(fault)" = '"fault":"caller"' ]
    [ "$(query "SELECT count(*) FROM round JOIN cell ON cell.id = cell_id WHERE arm = 'none'
        AND outcome NOT IN ('pass', 'dropped', 'gpu_error')")" = 0 ]
}

@test "a device that kills the twin too is accused, with a word on the missing layer" {
    run -1 --separate-stderr "$program" run destroy_impl --legality --device null:fault=segv_null --rounds 2 --db rounds.db
    [[ "$stderr" == *"no validation layer is known for device null"* ]]
    [ "$(fault)" = '"fault":"driver"' ]
}

@test "whoever reads a crash of a shared encoder reads of the rule, and others do not" {
    run -1 --separate-stderr "$program" run destroy_impl --device "$racy" --rounds 1 --db rounds.db
    [[ "$output" == *"rule       broken by this cell"*"run --legality shows its lawful twin"* ]]
    [[ "$output" != *"Whose fault"* ]]
    [[ "$("$program" show crash 1 --db rounds.db)" == *"rule       broken by this cell"* ]]
    run -1 --separate-stderr "$program" run mm --device null:fault=segv_null --rounds 1 --db other.db
    [[ "$output" != *"broken by this cell"* ]]
}

@test "what has no lawful twin, and what chooses for itself, is refused" {
    refused "mm keeps the rules already" -- run mm --legality --device metal@model
    refused "destroy_impl keeps the rules" -- run destroy_impl:share=thread --legality
    refused "--suite" -- run --suite smoke --legality
    refused "--arm" -- run destroy_impl --legality --arm serial
    refused "role" -- run destroy_impl:role=positive_control --legality
    refused "one device" -- run destroy_impl --legality --device null --device metal@model
    refused "nothing to run" -- run --legality
}
