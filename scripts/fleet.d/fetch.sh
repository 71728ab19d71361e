# On a machine: says whether its run goes on, and sends a copy of its database that is whole.
# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: Apache-2.0
cd "$place" || exit 1
# Asked before the copy is made: a run that has ended is in it whole.
tell
# Only what is new is copied; what fails leaves the copy as it was.
[ ! -s run.db ] || "$program" merge --quiet copy.db run.db >/dev/null 2>copy.err || echo "problem $(tail -n 1 copy.err)"
# The copy itself is the last to be sent, and only if it has changed. Its sum shows whether it arrived whole.
if [ -s copy.db ] && [ ! -s copy.db-wal ]; then
    sum=$(cksum <copy.db)
    [ "$sum" = "$have" ] || {
        echo "copy $sum"
        cat copy.db
    }
fi
