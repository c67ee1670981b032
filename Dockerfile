# Hub API without AWS: the product behind the emulator, on data stores of your own. infra/self-hosting.md says what that is, and what not.
FROM python:3.13-slim AS packages
COPY requirements/uv.txt requirements/host.txt /tmp/
RUN python -m venv /opt/hub \
 && python -m pip install --quiet --disable-pip-version-check --require-hashes -r /tmp/uv.txt \
 && uv pip install --quiet --python /opt/hub/bin/python --require-hashes -r /tmp/host.txt

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 hub && install -d -o hub /data
COPY --from=packages /opt/hub /opt/hub
WORKDIR /hub
COPY template.yaml pyproject.toml ./
COPY docs/openapi.json docs/asyncapi.json docs/
COPY handlers handlers
COPY hub_core hub_core
COPY infra infra
COPY local local
USER hub
ENV PATH=/opt/hub/bin:$PATH HUB_DATA=/data PYTHONUNBUFFERED=1
EXPOSE 4000
VOLUME /data
HEALTHCHECK --interval=10s --start-period=30s CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:4000/health/ready', timeout=5)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["python", "-m", "local", "--host", "0.0.0.0", "--no-reload"]
CMD ["--parameter", "Environment=production"]
