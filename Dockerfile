# syntax=docker/dockerfile:1
# The manager with its web UI, and the .NET that games need. See docs/container.md.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm
# .NET 8 runs the game's versions 1.21, .NET 10 those from 1.22 on. Both are taken from Microsoft's own images.
ARG DOTNET_8_IMAGE=mcr.microsoft.com/dotnet/runtime:8.0-bookworm-slim
ARG DOTNET_10_IMAGE=mcr.microsoft.com/dotnet/runtime:10.0-noble

# The wheel, by the same recipe as everywhere: tools, Node and libraries are locked by their hashes.
FROM ${PYTHON_IMAGE} AS wheel
WORKDIR /project
COPY just Justfile pyproject.toml LICENSE ./
COPY requirements requirements
COPY sandbox sandbox
COPY web web
COPY api api
RUN ./just build

FROM ${PYTHON_IMAGE} AS program
COPY requirements/runtime.txt /tmp/runtime.txt
COPY --from=wheel /project/dist /tmp/dist
RUN python -m venv /opt/vsmanager \
    && /opt/vsmanager/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /tmp/runtime.txt \
    && /opt/vsmanager/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-index /tmp/dist/vsmanager-*.whl

FROM ${DOTNET_8_IMAGE} AS dotnet-8
FROM ${DOTNET_10_IMAGE} AS dotnet-10

FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="Vintage Story Server Manager" \
      org.opencontainers.image.licenses="MIT"
# What .NET itself needs on a slim Debian.
RUN apt-get update \
    && apt-get install --no-install-recommends --yes ca-certificates libicu72 libssl3 libstdc++6 tzdata zlib1g \
    && rm -rf /var/lib/apt/lists/*
COPY --from=dotnet-8 /usr/share/dotnet /usr/share/dotnet
# Last, because the newest `dotnet` starts the older runtimes, too.
COPY --from=dotnet-10 /usr/share/dotnet /usr/share/dotnet
COPY --from=program /opt/vsmanager /opt/vsmanager
RUN groupadd --gid 10001 vsmanager \
    && useradd --uid 10001 --gid 10001 --create-home --shell /usr/sbin/nologin vsmanager \
    && install -d -o vsmanager -g vsmanager -m 700 /data
ENV PATH=/opt/vsmanager/bin:$PATH \
    DOTNET_ROOT=/usr/share/dotnet \
    DOTNET_CLI_TELEMETRY_OPTOUT=1 \
    VS_DATA_DIR=/data \
    VS_HOST=0.0.0.0 \
    VS_PORT=8080 \
    VS_HOST_ROOTS=/srv
USER vsmanager
VOLUME ["/data"]
# Of the manager, and of the first game server.
EXPOSE 8080/tcp 42420/tcp 42420/udp
# The manager is the first process: asked to end, it stops the games first, and it ends when their worlds are saved.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["vsmanager", "healthcheck"]
ENTRYPOINT ["vsmanager"]
CMD ["serve"]
