# Arms that find: variables of a round's environment that change what is tested. They are shown beside the others, and are
# in no rate, night, comparison or claim.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# A program that leaves with 1 and a line with its variables of that name.
tells="sh -c 'env | grep -E \"^(MTL_|Malloc|MALLOC_|NSZombie)\" | sort | tr \"\n\" \" \"; exit 1'"

# said ARM: the last words of the program under the arm.
said() {
    query "SELECT substr(detail, instr(detail, 'last line: ') + 11) FROM round JOIN cell ON cell.id = cell_id WHERE arm = '$1'"
}

@test "each such arm sets its variables in its rounds alone, in place of those of the shell" {
    export MTL_DEBUG_LAYER=0
    run -1 "$program" run --exec "$tells" --arm none --arm metal_validation --arm shader_validation \
        --arm malloc_scribble --arm zombies --rounds 1 --quiet --db rounds.db
    [ "$(said none)" = 'MTL_DEBUG_LAYER=0' ]
    [ "$(said metal_validation)" = 'MTL_DEBUG_LAYER=1 MTL_DEBUG_LAYER_ERROR_MODE=assert MTL_DEBUG_LAYER_VALIDATE_UNRETAINED_RESOURCES=3 MTL_DEBUG_LAYER_WARNING_MODE=nslog' ]
    [ "$(said shader_validation)" = 'MTL_DEBUG_LAYER=0 MTL_SHADER_VALIDATION=1 MTL_SHADER_VALIDATION_REPORT_TO_STDERR=1' ]
    [ "$(said malloc_scribble)" = 'MALLOC_PERTURB_=85 MTL_DEBUG_LAYER=0 MallocPreScribble=1 MallocScribble=1' ]
    [ "$(said zombies)" = 'MTL_DEBUG_LAYER=0 NSZombieEnabled=YES' ]
    [ "$(query "SELECT group_concat(DISTINCT role) FROM campaign_cell JOIN cell ON cell.id = cell_id WHERE arm <> 'none'")" = finder ]
}

@test "what they find is shown beside the rates and is in none" {
    run -1 "$program" run noop --device null:fault=abort --arm none --arm malloc_scribble --rounds 2 --quiet --db rounds.db
    [[ "$output" == *"2 of 2 rounds of the subject failed"*"which are in no rate, found something in 2 of 2 rounds"* ]]
    [[ "$output" == *"Arms that find, in no rate"* ]]
    [[ "$("$program" report --format markdown --db rounds.db)" == *"| found something | 2 | 2 | 0 | in no rate |"* ]]
    [[ "$("$program" report --format junit --db rounds.db)" == *'message="found something; 2 of 2 rounds failed (2 abort)"'* ]]
    run -1 "$program" report --json --db rounds.db
    [[ "$output" == *'"role":"finder","state":"found"'* ]]
    [ "$(grep -o '"rate":[^,]*' <<< "$output" | sort | tr '\n' ' ')" = '"rate":1.0 "rate":null ' ]
    [ "$(query 'SELECT group_concat(DISTINCT role) FROM cell_rate')" = subject ]
    [ "$(query 'SELECT count(*) FROM pool')" = 1 ]
}

@test "a finding ends --until failure, and alone it makes the run fail" {
    run -1 "$program" run noop --device null:fault=abort --arm malloc_scribble --until failure --quiet --db rounds.db
    [ "$(query 'SELECT count(*) FROM round')" = 1 ]
    [[ "$output" == *"there was no subject"*"found something in 1 of 1 round"* ]]
    run -0 "$program" run noop --device null --arm malloc_scribble --rounds 1 --quiet --db other.db
}

@test "a claim is judged without them, and one about them alone is refused" {
    printf 'rounds = 40\n[noop]\ndevice = null\n[noop: found]\ndevice = null:fault=abort\narm = malloc_scribble\n' > suite.ini
    run -0 "$program" run --suite ./suite.ini --until 'rate<30%@90%' --quiet --db rounds.db
    [ "$(query "SELECT count(*) > 0 FROM round WHERE outcome = 'abort'")" = 1 ]
    [ "$(query 'SELECT count(DISTINCT cell_id) FROM claim_try')" = 1 ]
    refused "a claim is about subjects" -- run noop --device null --arm zombies --until 'rate<5%@95%' --db other.db
    [ ! -e other.db ]
}

@test "no night, no comparison and no subject is made of them" {
    refused "--night" "metal_validation" "run it without --night" -- run noop --device null --arm metal_validation --night --db rounds.db
    refused "zombies" "cannot be compared" -- compare none zombies --device null --db rounds.db
    refused "cannot be a subject" -- run noop:role=subject --device null --arm malloc_scribble --db rounds.db
    MTL_DEBUG_LAYER=1 refused "unset it, and see beside the night what it finds: --arm metal_validation" -- \
        run noop --device null --night --db rounds.db
    [ ! -e rounds.db ]
}

@test "a device without such a check is skipped with words" {
    run -4 "$program" run noop --device null --arm zombies --arm metal_validation --arm shader_validation --rounds 1 --quiet --db rounds.db
    [[ "$output" == *"arm zombies finds nothing on device null, which has no such check"* ]]
    [ "$(query 'SELECT group_concat(DISTINCT outcome) FROM round')" = skip ]
}

@test "the model has Metal's validation layer: it finds what breaks the rules, and is silent where they are kept" {
    run -1 "$program" run destroy_impl --device metal@model:late=hold --arm none --arm metal_validation --rounds 2 --quiet --db rounds.db
    [ "$(query "SELECT count(*) FROM round JOIN cell ON cell.id = cell_id WHERE outcome = 'abort' AND arm = 'metal_validation'
        AND detail LIKE '%-[MTLDebugComputeCommandEncoder %'")" = 2 ]
    [ "$(query "SELECT count(*) FROM round JOIN cell ON cell.id = cell_id WHERE outcome = 'pass' AND arm = 'none'")" = 2 ]
    run -0 "$program" run mm layernorm linear_nograph contiguous noop --device metal@model \
        --arm metal_validation --rounds 1 --quiet --db lawful.db
}

@test "a round that was started without the variables is broken, and the report's command sets them" {
    run -1 "$program" run noop --device null:fault=abort --arm malloc_scribble --rounds 1 --quiet --db rounds.db
    [[ "$output" == *"MallocScribble=1 MallocPreScribble=1 MALLOC_PERTURB_=85 mpstress-round --spec round.spec"* ]]
    "$program" show round 1 --spec --db rounds.db > round.spec
    run -6 "$program-round" --spec round.spec
    [[ "$output" == *"arm malloc_scribble is not on: the round was started without MallocScribble=1 in its environment"* ]]
    sed -i 's/fault=abort/fault=none/' round.spec
    run -0 env MallocScribble=1 MallocPreScribble=1 MALLOC_PERTURB_=85 "$program-round" --spec round.spec
}

@test "list says what they set, and which devices they are for" {
    [[ "$("$program" list metal_validation)" == *"night, comparison or claim"*"MTL_DEBUG_LAYER=1"* ]]
    [[ "$("$program" list metal@model)" == *"finders"*"metal_validation malloc_scribble"* ]]
    [[ "$("$program" list --json)" == *'"name":"zombies"'* ]]
}
