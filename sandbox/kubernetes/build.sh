#!/usr/bin/env bash
# Builds the programs of Kubernetes from Debian 12's source package `kubernetes`, once, into the cache:
#   $TANDEM_CACHE/kubernetes/1.20.2-<key>/bin/{kube-apiserver,kube-controller-manager,kube-scheduler,kubelet,kube-proxy}
# An interrupted build resumes where it stopped (each finished program is kept beside); what is under bin/ is always whole,
# because the folder is moved there in one rename at the end. Prints the folder as its last line.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=1.20.2
cache=${TANDEM_CACHE:-/var/cache/tandem}
# Keyed by the way it is built as well: what an older script left is no substitute for what this one makes.
key=$(cat "$here"/* | sha256sum | cut -c 1-8)
home=$cache/kubernetes/$version-$key
work=$home/build
programs=(kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy)

say() { printf '%6.1f s  %s\n' "$(awk -v a="$(date +%s.%N)" -v b="$started" 'BEGIN { print a - b }')" "$*" >&2; }
started=$(date +%s.%N)

is_whole() { local program; for program in "${programs[@]}"; do [[ -x $home/bin/$program ]] || return 1; done; }

if is_whole; then echo "$home/bin"; exit 0; fi

mkdir -p "$work"
exec 9>"$home/lock"
flock -n 9 || { say "another build of Kubernetes $version runs: waiting for it"; flock -w 1800 9; }
if is_whole; then echo "$home/bin"; exit 0; fi

for tool in go dpkg-source apt-get; do
    command -v "$tool" >/dev/null || { say "missing: $tool (run sandbox/install.sh first)"; exit 1; }
done

# --- source: apt with lists of its own, so that the machine's own sources stay as they are -------------------------
fetch_source() {
    local apt=$work/apt
    mkdir -p "$apt/parts" "$apt/lists/partial" "$apt/cache/archives/partial" "$work/download"
    : >"$apt/sources.list"
    if [[ -f /etc/apt/sources.list.d/debian.sources ]]; then
        sed 's/^Types:.*/Types: deb-src/' /etc/apt/sources.list.d/debian.sources >"$apt/parts/debian.sources"
    elif grep -qs '^deb ' /etc/apt/sources.list; then
        sed -n 's/^deb /deb-src /p' /etc/apt/sources.list >"$apt/sources.list"
    else
        echo 'deb-src http://deb.debian.org/debian bookworm main' >"$apt/sources.list"
    fi
    local options=(-q -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts="$apt/parts"
        -o Dir::State::lists="$apt/lists" -o Dir::Cache="$apt/cache" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update >&2
    (cd "$work/download" && apt-get "${options[@]}" source --download-only kubernetes >&2)
}

if [[ ! -f $work/source.done ]]; then
    say "fetching the source package"
    fetch_source
    say "unpacking"
    rm -rf "$work/tree"
    dpkg-source --no-check --extract "$work"/download/kubernetes_*.dsc "$work/tree" >&2
    patch --quiet -d "$work/tree" -p1 <"$here/go-1.19.patch" >&2
    touch "$work/source.done"
fi

# --- GOPATH mode: the tree carries its dependencies under vendor/ ---------------------------------------------------
export GOPATH=$work/go GOCACHE=$work/go-cache GO111MODULE=off CGO_ENABLED=0 GOFLAGS=
mkdir -p "$GOPATH/src/k8s.io" "$work/bin"
ln -sfn "$work/tree" "$GOPATH/src/k8s.io/kubernetes"
cd "$GOPATH/src/k8s.io/kubernetes"

# The one generated file that the Debian source lacks: kube-apiserver's OpenAPI definitions.
generate_openapi() {
    go build -o "$work/openapi-gen" ./vendor/k8s.io/kube-openapi/cmd/openapi-gen
    local packages
    packages=$(grep -rl --include='*.go' '+k8s:openapi-gen=' pkg cmd plugin staging/src |
        grep -v -e testdata -e code-generator -e sample-apiserver -e '/zz_generated' | xargs -n1 dirname | sort -u |
        sed -e 's|^staging/src/|k8s.io/kubernetes/vendor/|' -e '/^k8s.io/!s|^|k8s.io/kubernetes/|' | paste -sd,)
    : >"$work/header.txt"
    "$work/openapi-gen" -i "$packages" -p k8s.io/kubernetes/pkg/generated/openapi -O zz_generated.openapi \
        -h "$work/header.txt" -r "$work/openapi-report.txt" >&2
}

if [[ ! -f $work/openapi.done ]]; then
    say "generating the OpenAPI definitions"
    generate_openapi
    touch "$work/openapi.done"
fi

flags="-s -w"
for component in component-base/version client-go/pkg/version; do # the API server answers /version out of the second
    x="-X k8s.io/kubernetes/vendor/k8s.io/$component"
    flags+=" $x.gitVersion=v$version $x.gitMajor=1 $x.gitMinor=20 $x.gitTreeState=clean $x.gitCommit=debian $x.buildDate=2021-01-13T13:20:00Z"
done
number=0
for program in "${programs[@]}"; do
    number=$((number + 1))
    if [[ -x $work/bin/$program ]]; then say "$program ($number of ${#programs[@]}): there already"; continue; fi
    say "building $program ($number of ${#programs[@]})"
    go build -ldflags "$flags" -o "$work/bin/$program.partial" "./cmd/$program"
    mv "$work/bin/$program.partial" "$work/bin/$program"
done

rm -rf "$home/bin"
mv "$work/bin" "$home/bin"
# The Go cache holds read-only folders and 2 GB that nobody needs again.
chmod -R u+w "$work" && rm -rf "$work"
say "Kubernetes $version is built"
echo "$home/bin"
