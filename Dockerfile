# One image for the webserver, the daemon and the code they load. State is in the volume /var/lib/panther.
#   docker build -t panther_dagster .
#   docker run -p 3000:3000 -v panther:/var/lib/panther panther_dagster
FROM python:3.12-slim AS build
WORKDIR /opt/panther
COPY requirements.lock ./
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps --requirement requirements.lock
COPY . ./
RUN /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --editable . \
    && /opt/venv/bin/panther --help

FROM python:3.12-slim
RUN groupadd --gid 10001 panther \
    && useradd --uid 10001 --gid panther --no-create-home --shell /usr/sbin/nologin panther \
    && install --directory --owner panther --group panther /var/lib/panther
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/panther /opt/panther
WORKDIR /opt/panther
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PANTHER_HOME=/var/lib/panther
USER 10001:10001
VOLUME /var/lib/panther
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=20s --start-period=90s --retries=3 \
    CMD ["panther", "health", "--timeout", "15"]
CMD ["panther", "dev", "--host", "0.0.0.0"]
