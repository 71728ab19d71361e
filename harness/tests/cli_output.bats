# Where a report goes: --output, --open.
# SPDX-License-Identifier: Apache-2.0

load cli_fixture

@test "--output replaces a file as a whole, and keeps the old one where it cannot" {
    run_noop() { "$program" run noop --device null --rounds 2 --db rounds.db --quiet "$@"; }
    run_noop > as_text
    echo old > report.html
    "$program" report --db rounds.db --format html --output report.html > stdout
    [ ! -s stdout ]
    head -c 15 report.html | grep -qx '<!DOCTYPE html>'
    tail -n 1 report.html | grep -q '</html>$'
    cp report.html before
    run -2 "$program" report --db rounds.db --campaign 77 --format html --output report.html
    cmp before report.html
    [ "$(echo report.html*)" = report.html ]
    "$program" report --db rounds.db --output - | cmp - as_text
    run_noop --format html --output of_run.html > stdout
    [ ! -s stdout ]
    grep -q 'campaign 2' of_run.html
    "$program" report --db rounds.db --format csv --output rounds.csv
    "$program" report --db rounds.db --format csv | cmp - rounds.csv
}

@test "--output overwrites no database, and a run says so before its first round" {
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet > /dev/null
    cp rounds.db before
    run -2 "$program" report --db rounds.db --output rounds.db
    [[ "$output" == *'is not overwritten'* ]]
    run -2 "$program" report --db rounds.db --output rounds.db-wal
    run -2 "$program" run noop --device null --db new.db --output new.db
    [ ! -e new.db ]
    run -2 "$program" run noop --device null --db new.db --output nowhere/page.html --format html
    [[ "$output" == *'nothing can be written into nowhere'* ]]
    [ ! -e new.db ]
    [ "$(sqlite3 rounds.db 'SELECT count(*) FROM round')" -eq 1 ]
}

@test "--open hands the file to \$BROWSER, and says where it is if that fails" {
    printf '#!/bin/sh\ncp "$1" seen\nprintf "%%s\\n" "$1" > name\n' > browser
    chmod +x browser
    export BROWSER="$PWD/browser" TMPDIR="$PWD"
    "$program" run noop --device null --rounds 1 --db rounds.db --quiet > /dev/null
    "$program" report --db rounds.db --format html --output page.html --open
    cmp seen page.html
    "$program" report --db rounds.db --format html --open > stdout
    [ ! -s stdout ]
    grep -q 'mpstress-.*/report.html$' name
    BROWSER=false run -0 "$program" report --db rounds.db --format html --output page.html --open
    [[ "$output" == *'false could not open it; it is in page.html'* ]]
    BROWSER=./missing run -0 "$program" report --db rounds.db --format html --output page.html --open
    [[ "$output" == *'cannot open it'* ]]
}
