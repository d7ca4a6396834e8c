#!/usr/bin/env bash
# Makes the root file system of a base image from Debian's packages, once:
#   rootfs.sh postgres  ->  $TANDEM_CACHE/images/postgres-rootfs.tar   Debian 12 with PostgreSQL 15, the user postgres being 999:999 as in the public image
#   rootfs.sh runtime   ->  $TANDEM_CACHE/images/runtime-rootfs.tar    Debian 12 with what a self-contained .NET program needs
# Prints the file's path as its last line.
set -euo pipefail

name=$1
images=${TANDEM_CACHE:-/var/cache/tandem}/images
target=$images/$name-rootfs.tar
case $name in
    postgres) packages=postgresql-15,ca-certificates,tzdata ;;
    runtime) packages=libssl3,libstdc++6,zlib1g,ca-certificates,tzdata ;;
    *) echo "no image named $name" >&2; exit 2 ;;
esac

mkdir -p "$images"
exec 9>"$images/$name.lock"
flock -w 900 9
if [[ -f $target ]]; then echo "$target"; exit 0; fi

# The user is there before the package would make it with another id; the package makes no database of its own.
# /etc/passwd and the like are edited by hand, because no tool for it is installed yet at that point.
prepare='echo "postgres:x:999:" >>"$1/etc/group"
echo "postgres:x:999:999:PostgreSQL administrator:/var/lib/postgresql:/bin/bash" >>"$1/etc/passwd"
echo "postgres:*:19000:0:99999:7:::" >>"$1/etc/shadow"
mkdir -p "$1/etc/postgresql-common/createcluster.d"
echo "create_main_cluster = false" >"$1/etc/postgresql-common/createcluster.d/tandem.conf"
'
hooks=()
if [[ $name == postgres ]]; then
    hooks=(--essential-hook="$prepare"
        --customize-hook='chroot "$1" install -d -o postgres -g postgres -m 3777 /var/run/postgresql'
        --customize-hook='test "$(chroot "$1" id -u postgres)" = 999')
fi

work=$(mktemp -d "$images/$name.XXXXXX")
trap 'rm -rf "$work"' EXIT
TMPDIR=$work mmdebstrap --quiet --mode=root --variant=minbase --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --aptopt='Acquire::Languages "none"' \
    "${hooks[@]}" bookworm "$work/rootfs.tar" >&2
mv "$work/rootfs.tar" "$target"
echo "$target"
