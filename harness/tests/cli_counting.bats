# Counting: a null device that fails in a known share of its rounds, round by round as the seeds say. What
# should happen is worked out here, in shell and awk, by nothing of mpstress.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

# expected_limits FAILURES ROUNDS: 95 % Clopper-Pearson limits, by halving on sums of probabilities.
expected_limits() {
    awk -v x="$1" -v n="$2" '
    function below(k, p,    sum, term, i) { # P(k or fewer of n)
        term = (1 - p) ^ n
        for (i = 0; i <= k; i++) { sum += term; term *= (n - i) / (i + 1) * p / (1 - p) }
        return sum
    }
    function solve(k, share,    low, high, middle, i) {
        high = 1
        for (i = 0; i < 60; i++) {
            middle = (low + high) / 2
            if (below(k, middle) > share) low = middle; else high = middle
        }
        return middle
    }
    BEGIN { printf "%.9f %.9f %.9f\n", x / n, x ? solve(x - 1, 0.975) : 0, x < n ? solve(x, 0.025) : 1 }'
}

# campaign NAME OUTCOME FAULT EIGHTHS ROUNDS OPTION...: runs it into NAME.db and writes what should be in
# there to NAME.predicted.
campaign() {
    local name=$1 outcome=$2 p
    p=$(awk -v eighths="$4" 'BEGIN { print eighths / 8 }')
    run --separate-stderr "$program" run "${scenario:-noop}" --device "null:fault=$3,p=$p" --rounds "$5" --seed 0x5eed \
        --db "$name.db" --quiet "${@:6}"
    [ "$status" -eq 1 ]
    # By a bash of its own: bats looks at every command of its tests, of which these would be many thousands.
    bash "$BATS_TEST_DIRNAME/predict_rounds.bash" 0x5eed "$(query 'SELECT spec_hash FROM cell' "$name.db")" \
        "$5" "$4" "$outcome" > "$name.predicted"
}

# holds NAME: are the rounds of NAME.db, one by one, and the counts and limits of its report those of
# NAME.predicted?
holds() {
    local planned failed got want
    query 'SELECT ifnull(position, seq) AS spot, seed, outcome FROM round ORDER BY spot, id' "$1.db" > rounds.txt
    diff "$1.predicted" rounds.txt || return 1
    planned=$(wc -l < "$1.predicted")
    failed=$(grep -vc '|pass$' "$1.predicted")
    "$program" report --db "$1.db" --json > out.json || [ $? -eq 1 ] || return 1
    got=$(sqlite3 -separator ' ' :memory: "
        WITH doc AS (SELECT readfile('out.json') AS d), cell AS (SELECT json_extract(d, '\$.cells[0]') AS c, d FROM doc)
        SELECT json_array_length(d, '\$.cells'), d ->> '\$.balance.planned', d ->> '\$.balance.passed',
            d ->> '\$.balance.failed', d ->> '\$.balance.no_verdict', d ->> '\$.balance.lost', c ->> '\$.rounds',
            c ->> '\$.passed', c ->> '\$.failures', printf('%.9f %.9f %.9f', c ->> '\$.rate', c ->> '\$.low', c ->> '\$.high')
        FROM cell")
    want="1 $planned $((planned - failed)) $failed 0 0 $planned $((planned - failed)) $failed $(expected_limits "$failed" "$planned")"
    echo "got  $got"
    echo "want $want"
    [ "$got" = "$want" ]
}

@test "every round ends as its seed determines, and the report counts them all" {
    campaign alone abort abort 1 300
    grep -q abort alone.predicted
    holds alone
}

@test "four at a time end the same, each in its cell" {
    campaign fours abort abort 1 300 --jobs 4
    holds fours
}

@test "every kind of failure is counted as itself" {
    campaign crash crash segv_null 2 60 --jobs 4
    holds crash
    campaign dropped dropped drop 2 60 --jobs 4
    holds dropped
    campaign gpu_error gpu_error gpu_error 2 60 --jobs 4
    holds gpu_error
    scenario=single_thread:iters=1,n=4
    campaign mismatch mismatch wrong 2 60 --jobs 4
    holds mismatch
}

@test "a device that always fails is counted, too" {
    campaign always dropped drop 8 20
    holds always
    [ "$(grep -c dropped always.predicted)" = 20 ]
}

@test "the check detects an unreported failure, a lost round and a duplicate" {
    campaign true abort abort 4 120 --capture off
    holds true
    [ "$(grep -c abort true.predicted)" -ge 50 ]
    # Every 50th failure is taken for a pass.
    cp true.db untold.db
    awk -F'|' -v OFS='|' '$3 != "pass" && ++n % 50 == 0 { $3 = "pass" } { print }' true.predicted > untold.predicted
    run ! holds untold
    for change in "UPDATE round SET outcome = 'pass' WHERE id = (SELECT min(id) FROM round WHERE outcome = 'abort')" \
        "DELETE FROM round WHERE id = (SELECT max(id) FROM round WHERE outcome = 'pass')" \
        "UPDATE round SET position = 7 WHERE ifnull(position, seq) = 8"; do
        cp true.db changed.db
        cp true.predicted changed.predicted
        sqlite3 changed.db "$change"
        run ! holds changed
    done
    # What is counted beside the rounds is held against them too.
    cp true.db counted.db
    cp true.predicted counted.predicted
    sqlite3 counted.db "UPDATE round_count SET rounds = rounds + 1 WHERE outcome = 'abort'"
    run ! holds counted
}
