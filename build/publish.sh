#!/usr/bin/env bash
# Publishes the programs of the image into a folder, each under the name that the image, the chart and the pods know:
#   publish.sh FOLDER [agent|operator|kubectl-tandem]...
# Without a name, all three. RUNTIME chooses another runtime identifier than that of this machine's processor, e.g. linux-arm64.
# PUBLISH_ARGUMENTS is handed on, e.g. -p:PublishReadyToRun=false: published in a third of the time, slower to start.
set -euo pipefail

folder=${1:?usage: publish.sh FOLDER [agent|operator|kubectl-tandem]...}
shift
(($#)) || set -- agent operator kubectl-tandem

source=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
case $(uname -m) in
    x86_64) runtime=${RUNTIME:-linux-x64} ;;
    aarch64) runtime=${RUNTIME:-linux-arm64} ;;
    *) runtime=${RUNTIME:?no runtime identifier known for $(uname -m): set RUNTIME} ;;
esac

mkdir -p "$folder"
aside=$(mktemp -d "$folder/.publish.XXXXXX")
trap 'rm -rf "$aside"' EXIT
for program in "$@"; do
    case $program in
        agent) project=Tandem.Agent ;;
        operator) project=Tandem.Operator ;;
        kubectl-tandem) project=Tandem.Cli ;;
        *) echo "no program named $program" >&2; exit 2 ;;
    esac
    # The analysers have had their say in the build that the tests are from; here they would double the time. The trimmer's own warnings are errors still.
    dotnet publish "$source/src/$project" --configuration Release --runtime "$runtime" --verbosity quiet --nologo \
        -p:DebugType=none -p:RunAnalyzers=false ${PUBLISH_ARGUMENTS:-} --output "$aside/$program" >&2
    # 755 whatever the umask: another user runs it.
    install -m 755 "$aside/$program/$project" "$aside/$program.new"
    mv "$aside/$program.new" "$folder/$program"
done
