#!/bin/sh
# First process of a node, in namespaces of its own for network, processes and mounts. When it ends, the kernel ends all that runs on
# the node and takes its mounts away, as a power cut would.
#   init.sh FOLDER PROGRAMS-OF-KUBERNETES PAUSE -- KUBELET-ARGUMENTS -- KUBE-PROXY-ARGUMENTS
set -eu
folder=$1 programs=$2 pause=$3
shift 4

# /proc is still the machine's here, so this is our process id as the machine knows it.
read -r pid _ </proc/self/stat
echo "$pid" >"$folder/init.pid.partial"
mv "$folder/init.pid.partial" "$folder/init.pid"
mount -t proc proc /proc

# Fresh at every boot, as on any machine: sockets, container state, the addresses given to pods, locks. Hides the machine's own.
umount --lazy --recursive /run/netns 2>/dev/null || true
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /run/netns

# Paths that the programs have built in.
mount --bind "$folder/kubelet" /var/lib/kubelet
mount --bind "$folder/log" /var/log
mount -t tmpfs tmpfs /var/lib/cni
mount -t tmpfs tmpfs /etc/cni

kubelet_arguments= proxy_arguments=
while [ "$1" != -- ]; do kubelet_arguments="$kubelet_arguments $1"; shift; done
shift
while [ $# -gt 0 ]; do proxy_arguments="$proxy_arguments $1"; shift; done

# As a service manager would: what ends is started again.
keep() {
    log=/var/log/$1.log
    shift
    while :; do
        "$@" >>"$log" 2>&1 || true
        echo "--- ended; started again in 1 s ---" >>"$log"
        sleep 1
    done
}

keep containerd containerd --config "$folder/containerd.toml" &
tries=0
until [ -S /run/containerd/containerd.sock ]; do
    tries=$((tries + 1))
    [ $tries -lt 1200 ] || { echo "containerd did not come up in 60 s" >&2; exit 1; }
    sleep 0.05
done

# shellcheck disable=SC2086 # arguments without blanks, made by us
keep kubelet "$programs/kubelet" $kubelet_arguments &
# shellcheck disable=SC2086
keep kube-proxy "$programs/kube-proxy" $proxy_arguments &

# pause reaps what is orphaned here, and does nothing else.
exec "$pause"
