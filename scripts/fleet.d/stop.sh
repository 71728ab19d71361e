# On a machine: ends its run, whose rounds in flight end by themselves first.
# shellcheck shell=sh disable=SC2154
# SPDX-License-Identifier: Apache-2.0
cd "$place" || exit 1
[ -e run.code ] || ! is_alive || kill -TERM "$pid" 2>/dev/null
tries=0
while [ ! -e run.code ] && is_alive && [ "$tries" -lt 400 ]; do
    sleep 0.25 2>/dev/null || sleep 1
    tries=$((tries + 1))
done
# The shell that waits for the run has one more line to write.
tries=0
while [ ! -e run.code ] && ! is_alive && [ "$tries" -lt 20 ]; do
    sleep 0.1 2>/dev/null || sleep 1
    tries=$((tries + 1))
done
tell
