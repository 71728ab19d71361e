# On a machine: makes a copy of its database that is whole, and says whether its run goes on.
# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: Apache-2.0
case $into in /*) ;; *) into=$HOME/$into ;; esac
cd "$into/$fleet" || exit 1
# Asked before the copy is made: a run that has ended is in it whole.
if [ -e run.code ]; then
    state="ended $(cat run.code)"
elif kill -0 "$(cat run.pid)" 2>/dev/null; then
    state=running
else
    state='ended lost' # killed, and its shell with it
fi
# Only what is new is copied; what fails leaves the copy as it was.
[ ! -s run.db ] || "$program" merge --quiet copy.db run.db >/dev/null 2>copy.err || :
echo "state $state"
tail -n 5 run.log 2>/dev/null | sed 's/^/log /'
