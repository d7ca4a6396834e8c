#!/usr/bin/env bash
# Installs on a bare Debian 12 machine, as root, what the sandbox and the tests need. Idempotent; a fraction of a second when all is there.
# No service of these packages is started, and Debian makes no PostgreSQL cluster of its own.
set -euo pipefail

cache=${TANDEM_CACHE:-/var/cache/tandem}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
started=$(date +%s.%N)
say() { printf '%6.1f s  %s\n' "$(awk -v a="$(date +%s.%N)" -v b="$started" 'BEGIN { print a - b }')" "$*" >&2; }

packages=(
    etcd-server containerd runc containernetworking-plugins iptables conntrack ethtool socat iproute2 procps util-linux ca-certificates
    mmdebstrap buildah postgresql-15 golang-go gcc libc6-dev dpkg-dev curl unzip
)

# Set by us only while packages are being installed; a machine's own policy is left alone.
policy=/usr/sbin/policy-rc.d

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
    done
}

install_packages() {
    local missing=("$@")
    [[ $EUID == 0 ]] || { say "must run as root to install: ${missing[*]}"; exit 1; }
    say "installing ${missing[*]}"
    mkdir -p /etc/postgresql-common/createcluster.d
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/tandem.conf
    if [[ ! -e $policy ]]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    export DEBIAN_FRONTEND=noninteractive
    local options=(-q -y -o DPkg::Lock::Timeout=300 --no-install-recommends)
    if ! apt-get "${options[@]}" install "${missing[@]}" >&2; then
        apt-get -q -o DPkg::Lock::Timeout=300 update >&2
        apt-get "${options[@]}" install "${missing[@]}" >&2
    fi
}

mkdir -p "$cache"
exec 8>"$cache/install.lock"
flock -w 900 8
mapfile -t missing < <(missing_packages)
if ((${#missing[@]})); then install_packages "${missing[@]}"; fi
"$here/tools/fetch.sh"

if [[ ! -x $cache/bin/pause || $here/node/pause.c -nt $cache/bin/pause ]]; then
    gcc -Os -static -Wall -Werror -s -o "$cache/bin/pause.partial" "$here/node/pause.c"
    mv "$cache/bin/pause.partial" "$cache/bin/pause"
fi
