# A controller of Slurm and two nodes of the test's own on this machine, with munge, all from Debian's packages. CI does not
# install them, so that the test is skipped there: it is run where somebody has them.
# SPDX-License-Identifier: Apache-2.0

# No Slurm is a reason to skip. Sets SLURM_CONF.
start_slurm() {
    local tool name
    [ "$(id -u)" -eq 0 ] || skip "slurmd starts jobs as root only"
    PATH=$PATH:/usr/sbin
    for tool in munged slurmctld slurmd sbatch; do
        command -v "$tool" >/dev/null || skip "there is no $tool (packages munge, slurmctld, slurmd, slurm-client)"
    done
    mkdir -p slurm/state slurm/one slurm/two
    chmod 755 . slurm
    dd if=/dev/urandom of=slurm/key bs=32 count=1 2>slurm/dd.log
    chmod 600 slurm/key
    slurm_socket=$PWD/slurm/munge.socket # at most 107 characters
    munged --foreground --force --key-file="$PWD/slurm/key" --socket="$slurm_socket" --pid-file="$PWD/slurm/munged.pid" \
        --seed-file="$PWD/slurm/seed" --log-file="$PWD/slurm/munged.log" >slurm/munged.out 2>&1 3>&- &
    slurm_pids=($!)
    wait_until "munge answers" munge -n -S "$slurm_socket" || skip_slurm munged
    write_slurm_conf $((20000 + RANDOM % 12000))
    export SLURM_CONF="$PWD/slurm/slurm.conf"
    slurmctld -D -i >slurm/slurmctld.out 2>&1 3>&- &
    slurm_pids+=($!)
    for name in one two; do
        slurmd -D -N "$name" >"slurm/slurmd.$name.out" 2>&1 3>&- &
        slurm_pids+=($!)
    done
    wait_until "both nodes are idle" both_are_idle || skip_slurm slurmctld
}

both_are_idle() {
    [ "$(sinfo --noheader --Node --format=%t | grep -c '^idle$')" = 2 ]
}

skip_slurm() {
    tail -n 20 slurm/*.log slurm/*.out
    skip "Slurm does not start here: $(grep -hi error slurm/*.log slurm/*.out | tail -n 1)"
}

# write_slurm_conf PORT
write_slurm_conf() {
    cat >slurm/slurm.conf <<END
ClusterName=mpstress
SlurmctldHost=$(hostname -s)(127.0.0.1)
SlurmctldPort=$1
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$slurm_socket
StateSaveLocation=$PWD/slurm/state
SlurmctldPidFile=$PWD/slurm/slurmctld.pid
SlurmctldLogFile=$PWD/slurm/slurmctld.log
SlurmdSpoolDir=$PWD/slurm/%n
SlurmdPidFile=$PWD/slurm/%n.pid
SlurmdLogFile=$PWD/slurm/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SlurmdTimeout=5
SelectType=select/linear
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,batch_sched_delay=1
MinJobAge=10
NodeName=one NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$(($1 + 1)) CPUs=1 State=UNKNOWN
NodeName=two NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$(($1 + 2)) CPUs=1 State=UNKNOWN
PartitionName=all Nodes=one,two Default=YES MaxTime=INFINITE State=UP
END
}

# kill_node NAME: its daemon and whatever runs there, as if it had lost its power.
kill_node() {
    local pid at=3 # after munge, the controller and node one
    [ "$1" = two ] || at=2
    kill -KILL "${slurm_pids[at]}"
    wait "${slurm_pids[at]}" 2>/dev/null || true
    unset 'slurm_pids[at]'
    grep -lszx "SLURMD_NODENAME=$1" /proc/[0-9]*/environ | cut -d / -f 3 | while read -r pid; do
        grep -qszxF "SLURM_CONF=$SLURM_CONF" "/proc/$pid/environ" || continue
        kill -KILL "$(ps -o ppid= -p "$pid" | tr -d ' ')" "$pid" 2>/dev/null || true
    done
}

# Ends the jobs, then the daemons, the last that was started first.
stop_slurm() {
    local at
    [ -n "${slurm_pids:-}" ] || return 0
    scancel --signal=KILL --full --user=root 2>/dev/null || true
    scancel --user=root 2>/dev/null || true
    # shellcheck disable=SC2016
    wait_until "no job is left" eval '[ -z "$(squeue --noheader 2>&1)" ]' || true
    for ((at = 3; at >= 0; at--)); do
        [ -z "${slurm_pids[at]:-}" ] || kill "${slurm_pids[at]}" 2>/dev/null || true
    done
    for ((at = 3; at >= 0; at--)); do
        [ -z "${slurm_pids[at]:-}" ] || wait "${slurm_pids[at]}" 2>/dev/null || true
    done
}
