# On a machine: what the other scripts that are sent there begin with. Before it stand program, into, fleet, name,
# seed, and have, the sum of the copy that was fetched.
# Of a run there is in its folder: run.db, run.log, run.pid, and run.code once it has ended.
# shellcheck shell=sh disable=SC2034,SC2154,SC2317
# SPDX-License-Identifier: Apache-2.0
set -u
case $into in /*) ;; *) into=$HOME/$into ;; esac
place=$into/$fleet/$name

# A number alone could be another process by now, such as after a restart of the machine.
is_alive() {
    pid=$(cat run.pid 2>/dev/null) && kill -0 "$pid" 2>/dev/null || return 1
    command -v ps >/dev/null 2>&1 || return 0
    ps -ww -o args= -p "$pid" 2>/dev/null | grep -qF "$fleet"
}

# `lost`: killed, and the shell that waited for it as well, or it was never to say how it ended.
tell() {
    if [ -e run.code ]; then
        case $(cat run.code) in
        130 | 143) echo "state ended $(cat run.code)" ;;
        1[2-9][0-9] | 2??) echo "state lost, code $(cat run.code)" ;;
        *) echo "state ended $(cat run.code)" ;;
        esac
    elif is_alive; then
        echo 'state running'
    else
        echo 'state lost with its shell'
    fi
    tail -n 5 run.log 2>/dev/null | sed 's/^/log /'
}
