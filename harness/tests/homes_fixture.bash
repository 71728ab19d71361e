# Homes that stand for machines, one, two, three, and a command in the place of ssh that goes there at once: for what
# is not about ssh. No machine `away`.
# SPDX-License-Identifier: Apache-2.0

# No GNU parallel is a reason to skip. Makes $fleet_ssh and homes/NAME.
start_homes() {
    parallel --version 2>/dev/null | grep -q 'GNU parallel' || skip "there is no GNU parallel (package parallel)"
    mkdir -p homes/one homes/two homes/three
    cat >go_home <<END
#!/bin/sh
cd "$PWD/homes/\$1" 2>/dev/null || { echo "ssh: connect to host \$1: Connection refused" >&2; exit 255; }
shift
HOME=\$PWD exec sh -c "\$*"
END
    chmod +x go_home
    # shellcheck disable=SC2034 # of the test
    fleet_ssh=$PWD/go_home
}

# Ends whatever still runs of what was started in the homes.
stop_homes() {
    local pid
    for pid in homes/*/*/*/*/run.pid; do
        [ -e "$pid" ] || continue
        pid=$(cat "$pid")
        ! ps -ww -o args= -p "$pid" 2>/dev/null | grep -qF "$PWD/homes" || kill -KILL "$pid"
    done
}
