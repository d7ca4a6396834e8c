#!/usr/bin/env bash
# Builds the Tandem image from this tree with the repository's own Dockerfile, as an OCI archive:
#   tandem.sh  ->  $TANDEM_CACHE/images/tandem-<hash>.tar
# The hash is of what the image is made from: an unchanged tree builds nothing, and a program whose own sources are unchanged is not published again.
# Prints the file's path as its last line. The image's name in it is tandem.dev/tandem:<version>.
set -euo pipefail
export LC_ALL=C

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
images=${TANDEM_CACHE:-/var/cache/tandem}/images
programs=${TANDEM_CACHE:-/var/cache/tandem}/programs
version=$(sed -n 's|.*<Version>\(.*\)</Version>.*|\1|p' "$source/Directory.Build.props")
started=$(date +%s.%N)
# Of files that match, only the newest stay: other checkouts on this machine use the same cache.
prune() { ls -1t "$@" 2>/dev/null | tail -n +9 | xargs -r rm -f; }
say() { printf '%6.1f s  %s\n' "$(awk -v a="$(date +%s.%N)" -v b="$started" 'BEGIN { print a - b }')" "$*" >&2; }

mkdir -p "$images" "$programs"
exec 9>"$images/tandem.lock"
flock -w 1800 9 || { say "another build of the image holds $images/tandem.lock"; exit 1; }

# The folders of a project and of all that it refers to.
closure() {
    local project=$1 file=$source/src/$1/$1.csproj reference
    echo "$source/src/$project"
    sed -n 's|.*<ProjectReference Include="\.\./\([^/]*\)/.*|\1|p' "$file" | while read -r reference; do closure "$reference"; done
}

# Hash of names and contents of all files in the given folders and files, but for what a build leaves there.
hash_of() {
    find "$@" \( -name bin -o -name obj \) -prune -o -type f -print0 | sort -zu | xargs -0 sha256sum | sed "s|  $source/|  |" | cat - <(echo "${PUBLISH_ARGUMENTS:-}") | sha256sum | cut -c 1-16
}

common=("$source/Directory.Build.props" "$source/Directory.Packages.props" "$source/global.json" "$source/src/Program.props" "$source/src/Shared" "$source/build/publish.sh")
sdk=$(cd "$source" && dotnet --version)
published=()
for pair in agent=Tandem.Agent operator=Tandem.Operator kubectl-tandem=Tandem.Cli; do
    program=${pair%%=*}
    mapfile -t folders < <(closure "${pair#*=}" | sort -u)
    file=$programs/$program-$sdk-$(hash_of "${common[@]}" "${folders[@]}")
    if [[ ! -x $file ]]; then
        say "publishing $program"
        work=$(mktemp -d "$programs/.publish.XXXXXX")
        trap 'rm -rf "$work"' EXIT
        "$source/build/publish.sh" "$work" "$program"
        mv "$work/$program" "$file"
        prune "$programs/$program-"*
        rm -rf "$work"
    fi
    published+=("$file")
done

base=$("$source/sandbox/images/rootfs.sh" runtime | tail -n 1)
key=$({ basename -a "${published[@]}"; stat -c '%s %Y' "$base"; cat "$source/Dockerfile" "${BASH_SOURCE[0]}"; echo "$version"; } | sha256sum | cut -c 1-16)
archive=$images/tandem-$key.tar
if [[ -f $archive ]]; then echo "$archive"; exit 0; fi

say "building tandem.dev/tandem:$version"
work=$(mktemp -d "$images/tandem.XXXXXX")
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/base" "$work/publish/tandem" "$work/empty"
ln "$base" "$work/base/rootfs.tar" 2>/dev/null || cp "$base" "$work/base/rootfs.tar"
for file in "${published[@]}"; do
    name=$(basename "$file")
    cp "$file" "$work/publish/tandem/${name%-"$sdk"-*}"
done
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
storage=(--root "$work/storage" --runroot "$work/run")
printf 'FROM scratch\nADD rootfs.tar /\n' >"$work/base/Dockerfile"
buildah "${storage[@]}" bud --quiet --tag localhost/tandem-sandbox/runtime:12 "$work/base" >&2
buildah "${storage[@]}" bud --quiet --build-arg RUNTIME_IMAGE=localhost/tandem-sandbox/runtime:12 --build-context publish="$work/publish" \
    --file "$source/Dockerfile" --tag "tandem.dev/tandem:$version" "$work/empty" >&2
# Pushed under its full name, which `ctr images import` then takes over.
buildah "${storage[@]}" push --quiet "tandem.dev/tandem:$version" "oci-archive:$work/tandem.tar:tandem.dev/tandem:$version" >&2
mv "$work/tandem.tar" "$archive"
prune "$images"/tandem-*.tar
say "built $archive"
echo "$archive"
