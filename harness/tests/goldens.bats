# Every view in every format, compared with the files in harness/tests/goldens, over the databases that
# results/tests/golden_database.c writes. MP_UPDATE_GOLDENS=1 writes the files anew: read the diff.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

setup_file() {
    "$MP_BIN/../tests/golden_database" "$BATS_FILE_TMPDIR/rounds.db" "$BATS_FILE_TMPDIR/other.db"
}

# Nights are drawn with what the locale has; no terminal here is a live one.
open_goldens() {
    cp "$BATS_FILE_TMPDIR/rounds.db" "$BATS_FILE_TMPDIR/other.db" .
    mkdir now members
    goldens="$MP_SOURCE/harness/tests/goldens"
    export LC_ALL=C.UTF-8 TERM=dumb MPSTRESS_DB=rounds.db
    wrong=
}

# keep CODE FILE COMMAND...: keeps what a command that ends with CODE writes.
keep() {
    local code="$1" file="$2" status=0
    shift 2
    echo "$file" >> "$BATS_FILE_TMPDIR/names"
    "$@" > "now/$file" 2> err || status=$?
    if [ "$status" -ne "$code" ]; then
        echo "status $status, not $code: $*"
        cat err
        wrong=1
    fi
}

# view CODE FILE ARGUMENT...: mpstress, where no terminal is.
view() {
    local code="$1" file="$2"
    shift 2
    keep "$code" "$file" "$program" "$@"
}

# Whether a driver of Vulkan is installed differs by machine.
hide_drivers() {
    local file
    for file in now/list.*; do
        awk '/^  vulkan/ { print; getline; print "                        (whether it is here)"; next }
            1' "$file" | sed -E 's/("name":"vulkan[^,]*,"summary":"[^"]*",)"present":[^"]*"broken":[^"]*"virtual":[^"]*"detail":"[^"]*",/\1/g' \
            > hidden
        mv hidden "$file"
    done
}

# text CODE NAME ARGUMENT...: on a terminal of 80 and of 120 columns.
text() {
    local code="$1" name="$2" columns
    shift 2
    for columns in 80 120; do
        keep "$code" "$name.$columns.txt" "$MP_BIN/../tests/in_columns" $columns "$program" "$@"
    done
}

# JSON with one member or value a line, each spelled as it was.
part_members() {
    LC_ALL=C awk '
        function start(    i) {
            printf "%s", begun ? "\n" : "" > out
            begun = 1
            for (i = 0; i < depth; i++)
                printf "  " > out
        }
        FNR == 1 {
            if (out != "")
                printf "\n" > out
            out = FILENAME
            sub(/^now/, "members", out)
            begun = depth = 0
        }
        {
            rest = $0
            fresh = 1
            while (match(rest, /^("([^"\\]|\\.)*"|[^"])/)) {
                token = substr(rest, 1, RLENGTH)
                rest = substr(rest, RLENGTH + 1)
                if (token == "}" || token == "]")
                    depth--
                if (fresh != (token == "}" || token == "]"))
                    start()
                fresh = token == "{" || token == "[" || token == ","
                printf "%s%s", token, token == ":" ? " " : "" > out
                if (token == "{" || token == "[")
                    depth++
            }
        }
        END { printf "\n" > out }' "$@"
}

# agree: what was kept is what is in the golden files.
agree() {
    local file
    for file in now/*.json; do
        [ ! -e "$file" ] || { part_members now/*.json && mv members/*.json now; break; }
    done
    if [ -n "${MP_UPDATE_GOLDENS:-}" ]; then
        mkdir -p "$goldens"
        cp now/* "$goldens"
    fi
    for file in now/*; do
        [ -e "$goldens/${file#now/}" ] || { echo "there is no golden file of $file"; wrong=1; }
    done
    # What is only in goldens is of another test.
    if diff -ur "$goldens" now | grep -v "^Only in "; then
        wrong=1
    fi
    [ -z "$wrong" ]
}

# both CODE NAME ARGUMENT...: as text and as JSON.
both() {
    text "$@"
    json "$@"
}

json() {
    local code="$1" name="$2"
    shift 2
    view "$code" "$name.json" "$@" --json
}

# report_of CODE NAME CAMPAIGN: all that there is of one campaign, but for the list of its rounds.
report_of() {
    both "$1" "report_$2" report --campaign "$3"
    view "$1" "report_$2.md" report --campaign "$3" --format markdown
    view "$1" "report_$2.junit.xml" report --campaign "$3" --format junit
}

@test "reports of runs" {
    open_goldens
    report_of 1 smoke 1
    report_of 0 claim_met 2
    report_of 1 claim_refuted 3
    report_of 1 injected 7
    report_of 3 interrupted 8
    text 3 report_running report --campaign 9
    view 1 report_smoke.txt report --campaign 1
    view 1 report_smoke.colour.txt report --campaign 1 --color always
    # Rows are alike in all campaigns.
    view 1 report_smoke.csv report --campaign 1 --format csv
    view 3 report_interrupted.csv report --campaign 8 --format csv
    agree
}

@test "reports of comparisons" {
    open_goldens
    report_of 0 two_arms 4
    report_of 0 four_arms 5
    report_of 5 silent_comparison 6
    view 0 report_two_arms.csv report --campaign 4 --format csv
    view 0 report_four_arms.colour.txt report --campaign 5 --color always
    agree
}

@test "nights" {
    open_goldens
    both 1 nights report --nights
    both 1 nights_since report --nights --since 2026-11-04 --scenario layernorm
    both 1 nights_across report --nights --across-builds
    view 1 nights.colour.txt report --nights --color always
    LC_ALL=C
    view 1 nights.ascii.txt report --nights
    agree
}

@test "plans" {
    open_goldens
    both 0 plan_claim plan 'rate<1%@95%'
    both 0 plan_claim_met plan 'rate<5%@95%' --campaign 2
    both 0 plan_failures plan 'rate<5%' --rounds 400 --failures 3 --night 2h
    both 0 plan_contrast plan --from 10% --to 1%
    MPSTRESS_DB=
    both 0 plan_rounds plan --rounds 2966
    both 0 plan_alone plan 'rate<0.1%@99%'
    agree
}

# round_of SQL: the id of the first round of the smoke run that is so.
round_of() {
    query "SELECT min(r.id) FROM round AS r JOIN cell ON cell.id = cell_id WHERE campaign_id = 1 AND $1"
}

@test "rounds" {
    open_goldens
    both 0 show_round_passed show round 1
    both 0 show_round_dropped_detail show "$(round_of "outcome = 'crash' AND r.id NOT IN (SELECT round_id FROM
        round_text)")"
    for outcome in abort hang mismatch dropped gpu_error skip broken no_overlap no_verdict lost; do
        both 0 "show_round_$outcome" show round "$(round_of "outcome = '$outcome'")"
    done
    both 0 show_round_untraced show round "$(round_of "outcome = 'crash' AND scenario = 'noop'")"
    both 0 show_round_injected show round "$(query "SELECT max(r.id) FROM round AS r JOIN cell ON cell.id = cell_id
        WHERE campaign_id = 7 AND outcome = 'crash' AND arm LIKE 'fix=%'")"
    view 0 show_round_abort.trace.json show round "$(round_of "outcome = 'abort'")" --trace -
    text 0 show_round_modules show round 1 --modules
    agree
}

@test "crashes and signatures" {
    open_goldens
    both 0 show_crash show crash 1
    view 0 show_crash.trace.json show crash 1 --trace -
    view 0 show_crash.colour.txt show crash 1 --color always
    for id in $(query "SELECT id FROM signature ORDER BY id"); do
        both 0 "show_signature_$id" show signature "$id"
    done
    wild=$(query "SELECT crash.id FROM crash JOIN signature AS s ON s.id = signature_id WHERE key LIKE '%wild%'")
    both 0 show_crash_wild show crash "$wild"
    both 0 show_crash_hang_second show crash "$(query "SELECT min(id) FROM crash WHERE sample = 2")"
    agree
}

@test "a database that is sound and one that is not" {
    open_goldens
    both 0 doctor doctor --db rounds.db
    sqlite3 rounds.db "UPDATE round SET seq = 900 WHERE campaign_id = 2 AND seq = 3;
        UPDATE cell_limit SET failures = failures + 1 WHERE cell_id = 1;
        DELETE FROM round_text WHERE round_id = (SELECT max(round_id) FROM retention)"
    both 6 doctor_damaged doctor --db rounds.db
    agree
}

@test "imports" {
    open_goldens
    cp "$MP_SOURCE"/harness/tests/reports/*.ips "$MP_SOURCE"/harness/tests/reports/*.crash .
    echo none > not_a_report.txt
    text 2 import import ./*.ips ./*.crash ./not_a_report.txt
    cp "$BATS_FILE_TMPDIR/rounds.db" .
    json 2 import import ./*.ips ./*.crash ./not_a_report.txt
    json 0 import_known import ./abort.ips
    # It is of reports alone: no round of this database has it.
    both 0 show_signature_imported show signature "$(query "SELECT max(id) FROM signature")"
    agree
}

@test "merges" {
    open_goldens
    text 0 merge merge all.db rounds.db other.db
    rm all.db
    json 0 merge merge all.db rounds.db other.db
    json 0 merge_known merge all.db other.db
    grown=$(query "SELECT id FROM campaign WHERE uuid LIKE '00000008-%'" all.db)
    both 0 report_merged report --db all.db --campaign "$grown"
    both 0 doctor_merged doctor --db all.db
    agree
}

@test "what can be run here" {
    [ "$(uname)" = Linux ] || skip "devices differ by system"
    open_goldens
    # By a name that is as long wherever the build is: lines are broken at it.
    ln -s "$MP_BIN/libmpmodel.so" model.so
    export MPSTRESS_MODEL=./model.so
    both 0 list list
    hide_drivers
    for name in mm destroy_impl null metal@model encode_mutex fix smoke nightly; do
        text 0 "list_$name" list "$name"
    done
    for kind in scenarios devices arms suites commands; do
        view 0 "list_names_$kind.txt" list --names=$kind
    done
    agree
}

@test "help, man page and completions" {
    open_goldens
    text 0 help help
    for name in $("$program" list --names=commands); do
        view 0 "help_$name.txt" help "$name"
    done
    for format in man bash zsh fish; do
        view 0 "help_as_$format.txt" help --format=$format
    done
    both 0 version version
    # No golden file for each version.
    for file in now/version.*; do
        sed -i.bak 's/\(mpstress \|"version":"\)[0-9.]*/\1VERSION/' "$file"
        rm "$file.bak"
    done
    agree
}

@test "every golden file is of a view" {
    [ -s "$BATS_FILE_TMPDIR/names" ] || skip "no view was compared"
    open_goldens
    diff <(LC_ALL=C sort "$BATS_FILE_TMPDIR/names") <(cd "$goldens" && printf '%s\n' * | LC_ALL=C sort)
}
