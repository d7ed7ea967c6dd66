#!/usr/bin/env bash
# A Slurm of one node, of its own: local_slurm.sh FOLDER COMMAND ... runs the command inside.
# Everything lives in new namespaces (network, host name, processes, mounts) and in FOLDER, and is
# gone when the command ends. Exit status 77: it cannot be started here, with the reason.
set -euo pipefail

folder=$1
shift
address=10.213.0.1  # any but a loopback one: Slurm asks for addresses as AI_ADDRCONFIG does
node=curlrlnode

skip() { echo "$1"; exit 77; }

if [ "${LOCAL_SLURM_INSIDE:-}" != yes ]; then
  for program in slurmctld slurmd munged sbatch squeue unshare ip; do
    PATH=$PATH:/usr/sbin:/sbin command -v "$program" >/dev/null ||
      skip "$program is not installed (Debian: slurm-wlm, munge, util-linux, iproute2)"
  done
  [ "$(id -u)" -eq 0 ] || skip "only root may start a Slurm of its own"
  namespaces=(--mount --net --uts --ipc --pid --fork --mount-proc)
  unshare "${namespaces[@]}" true 2>/dev/null || skip "new namespaces are not allowed here"
  export LOCAL_SLURM_INSIDE=yes PATH=$PATH:/usr/sbin:/sbin
  exec unshare "${namespaces[@]}" --kill-child "$0" "$folder" "$@"
fi

# 1. A host with one name and one address.
hostname "$node"
ip link set lo up
ip address add "$address/32" dev lo

# 2. Who is who: munge, with a key of its own. It wants folders that nobody else can write to.
umask 022
mkdir -p "$folder"/{state,spool,log}
mkdir -m 700 "$folder/key"
dd if=/dev/urandom of="$folder/key/munge.key" bs=1024 count=1 status=none
chmod 600 "$folder/key/munge.key"
munged --force --key-file="$folder/key/munge.key" --socket="$folder/munge.socket" \
  --pid-file="$folder/munged.pid" --log-file="$folder/log/munged.log" \
  --seed-file="$folder/key/munge.seed" 2>"$folder/log/munged.err"

# 3. Slurm. No cgroups, which containers keep to themselves: processes are tracked by their group.
#    Short waits: a requeued job starts again when its old credential has expired (120 s by default).
memory=$(awk '/MemTotal/ {print int($2 / 1024 * 0.9)}' /proc/meminfo)  # MB
cat >"$folder/slurm.conf" <<END
ClusterName=local
SlurmctldHost=$node($address)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket,cred_expire=5
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,bf_interval=1
JobRequeue=1
KillWait=10
ReturnToService=2
NodeName=$node NodeAddr=$address CPUs=$(nproc) RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=$node Default=YES MaxTime=INFINITE State=UP
END
echo "CgroupPlugin=cgroup/v1" >"$folder/cgroup.conf"
export SLURM_CONF=$folder/slurm.conf
slurmctld
slurmd
for _ in $(seq 100); do
  sinfo --noheader --format=%T 2>/dev/null | grep -q idle && break
  sleep 0.2
done
sinfo --noheader --format=%T 2>/dev/null | grep -q idle || {
  tail -n 20 "$folder"/log/*.log
  skip "Slurm did not come up"
}
"$@"
