# On a machine: ends its run, whose rounds in flight end by themselves first.
# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: Apache-2.0
case $into in /*) ;; *) into=$HOME/$into ;; esac
cd "$into/$fleet" || exit 1
pid=$(cat run.pid)
[ -e run.code ] || kill -TERM "$pid" 2>/dev/null
tries=0
while [ ! -e run.code ] && kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do
    sleep 1
    tries=$((tries + 1))
done
if [ -e run.code ]; then echo "state ended $(cat run.code)"; elif kill -0 "$pid" 2>/dev/null; then echo 'state running'; else echo 'state ended lost'; fi
