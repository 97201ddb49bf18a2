# The service, the demo sites and the sandbox in one image; docker-compose.yml says which of them a container is.
ARG PYTHON_IMAGE=python:3.12-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ARG TARGETARCH=amd64
# Argon2 with AVX2 takes 8-11 ms a hash instead of 20 (docs/performance.md). For CPUs older than 2013 build with
# --build-arg ARGON2_CFLAGS="" : the code would not start there.
ARG ARGON2_CFLAGS="-O3 -march=x86-64-v3"
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/idp
COPY requirements.txt /build/
RUN if [ "$TARGETARCH" = amd64 ] && [ -n "$ARGON2_CFLAGS" ]; then \
        export CFLAGS="$ARGON2_CFLAGS" ARGON2_CFFI_USE_SSE2=1 PIP_NO_BINARY=argon2-cffi-bindings; \
    fi \
    && /opt/idp/bin/pip install --require-hashes -r /build/requirements.txt \
    && /opt/idp/bin/pip uninstall -y pip \
    && /opt/idp/bin/python -c "import argon2; argon2.PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash('x')"

FROM ${PYTHON_IMAGE}
RUN groupadd --gid 10001 idp \
    && useradd --uid 10001 --gid idp --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin idp \
    && install -d -o idp -g idp /data
COPY --from=build /opt/idp /opt/idp
WORKDIR /app
COPY idp /app/idp
COPY clients /app/clients
COPY sandbox /app/sandbox
COPY demo /app/demo
COPY deploy/healthcheck.py /app/deploy/
RUN /opt/idp/bin/python -m compileall -q /app
ENV PATH=/opt/idp/bin:$PATH PYTHONUTF8=1 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 IDP_LISTEN=0.0.0.0:8000
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "/app/deploy/healthcheck.py", "8000", "/healthz"]
CMD ["python", "-m", "idp", "serve"]
