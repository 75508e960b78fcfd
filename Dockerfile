# The node and its locked dependencies, without compilers, uv or tests.
#
#   docker build -t ofsep-node .
#   docker run -p 11112:11112 -v ofsep-node:/var/lib/ofsep-node ofsep-node

FROM python:3.13-slim-bookworm AS build
ENV UV_PROJECT_ENVIRONMENT=/opt/ofsep-node \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_NO_PROGRESS=1 \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /src
RUN python3 -m venv .uv && .uv/bin/pip install --quiet --no-cache-dir uv==0.13.9
# The dependencies change seldom and are a layer of their own.
COPY pyproject.toml uv.lock ./
RUN .uv/bin/uv sync --frozen --no-default-groups --no-install-project --python python3
COPY README.md LICENSE ./
COPY config config
COPY ofsep_node ofsep_node
RUN .uv/bin/uv sync --frozen --no-default-groups --no-editable --python python3

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="ofsep-node" \
      org.opencontainers.image.description="A DICOM Storage SCP that judges MS imaging against the OFSEP protocol" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 ofsep && \
    useradd --uid 10001 --gid ofsep --no-create-home --home-dir /var/lib/ofsep-node \
      --shell /usr/sbin/nologin ofsep && \
    install --directory --owner=ofsep --group=ofsep --mode=0750 \
      /var/lib/ofsep-node /var/lib/ofsep-archive
COPY --from=build /opt/ofsep-node /opt/ofsep-node
# Spool, archive, quarantine, database and log all lie below the data folder. Several nodes share an
# archive: a volume mounted at /var/lib/ofsep-archive is writable, and OFSEP_NODE_NODE__ARCHIVE names it.
ENV PATH=/opt/ofsep-node/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    OFSEP_NODE_NODE__DATA=/var/lib/ofsep-node \
    OFSEP_NODE_WEB__HOST=0.0.0.0
WORKDIR /var/lib/ofsep-node
VOLUME /var/lib/ofsep-node
USER 10001:10001
# DICOM, DICOM over TLS, and health, readiness and metrics.
EXPOSE 11112 2762 8112
STOPSIGNAL SIGTERM
# Whether all processes of the node live and work.
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s --retries=3 \
    CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8112/healthz', timeout=8)"]
ENTRYPOINT ["ofsep-node"]
CMD ["serve"]
