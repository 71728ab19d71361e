# An sshd of the test's own on the loopback, and homes that stand for machines: one, two, three.
# SPDX-License-Identifier: Apache-2.0

# No sshd, parallel or free port is a reason to skip. Makes $fleet_ssh, the command, and homes/NAME.
start_sshd() {
    local tool name tries
    sshd=$(command -v sshd || command -v /usr/sbin/sshd) || skip "there is no sshd (package openssh-server)"
    for tool in ssh ssh-keygen parallel; do
        command -v "$tool" >/dev/null || skip "there is no $tool (packages openssh-client, parallel)"
    done
    parallel --version 2>/dev/null | grep -q 'GNU parallel' || skip "parallel is not GNU parallel"
    mkdir -p ssh homes
    ssh-keygen -q -t ed25519 -N '' -f ssh/host_key
    for name in one two three; do
        mkdir -p "homes/$name"
        ssh-keygen -q -t ed25519 -N '' -f "ssh/$name"
        # shellcheck disable=SC2016
        printf 'command="HOME=%s; export HOME; cd; eval \\"$SSH_ORIGINAL_COMMAND\\"" %s\n' \
            "$PWD/homes/$name" "$(cat "ssh/$name.pub")" >>ssh/authorized_keys
    done
    chmod 600 ssh/authorized_keys
    [ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd # where it gives up its rights
    for ((tries = 0; tries < 20; tries++)); do
        port=$((20000 + RANDOM % 12000))
        write_ssh_files
        "$sshd" -D -e -f "$PWD/ssh/sshd_config" 2>>ssh/sshd.log 3>&- &
        sshd_pid=$!
        wait_until "sshd answers or ends" sshd_is_settled
        if $fleet_ssh one true; then return 0; fi
        kill "$sshd_pid" 2>/dev/null || true
        wait "$sshd_pid" || true
    done
    cat ssh/sshd.log
    skip "sshd does not start here: $(tail -n 1 ssh/sshd.log)"
}

sshd_is_settled() {
    ! kill -0 "$sshd_pid" 2>/dev/null || $fleet_ssh one true
}

write_ssh_files() {
    cat >ssh/sshd_config <<END
Port $port
ListenAddress 127.0.0.1
HostKey $PWD/ssh/host_key
PidFile none
AuthorizedKeysFile $PWD/ssh/authorized_keys
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
MaxStartups 100
KexAlgorithms curve25519-sha256
# so that the shell does not read what the user has in .bashrc
SetEnv HOME=$PWD/homes
END
    printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d ' ' -f 1,2 ssh/host_key.pub)" >ssh/known_hosts
    for name in one two three; do
        cat <<END
Host $name
    HostName 127.0.0.1
    Port $port
    IdentityFile $PWD/ssh/$name
    IdentitiesOnly yes
    UserKnownHostsFile $PWD/ssh/known_hosts
    BatchMode yes
    ConnectTimeout 10
    LogLevel ERROR
END
    done >ssh/config
    printf 'Host away\n    HostName 127.0.0.1\n    Port 1\n' >>ssh/config # nobody listens there
    fleet_ssh="ssh -F $PWD/ssh/config"
}

stop_sshd() {
    [ -z "${sshd_pid:-}" ] || kill "$sshd_pid" 2>/dev/null || true
    [ -z "${sshd_pid:-}" ] || wait "$sshd_pid" 2>/dev/null || true
}
