# One image with three programs: operator, agent and kubectl plug-in. Each is one self-contained file (docs/adr/0002-one-self-contained-file.md).
#
#   docker build -t tandem.dev/tandem:0.1.0 .
#
# Who has published the programs already hands them in instead of the first stage; the sandbox does so:
#
#   build/publish.sh out/tandem && buildah bud --build-context publish=out --build-arg RUNTIME_IMAGE=... .
ARG BUILD_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME_IMAGE=mcr.microsoft.com/dotnet/runtime-deps:10.0

FROM ${BUILD_IMAGE} AS publish
WORKDIR /source
COPY . .
RUN build/publish.sh /tandem

FROM ${RUNTIME_IMAGE}
LABEL org.opencontainers.image.title="Tandem" \
      org.opencontainers.image.description="Kubernetes operator for PostgreSQL pairs that survive the loss of a process, a node or a site"
COPY --from=publish /tandem /tandem
# 15 MB of memory less (the same decision record).
ENV DOTNET_EnableWriteXorExecute=0
# By number, so that Kubernetes can see that it is not root.
USER 65532:65532
ENTRYPOINT ["/tandem/operator"]
