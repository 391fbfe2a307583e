FROM python:3.11-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/bokflow
WORKDIR /src
COPY requirements/build.txt requirements/engine.txt requirements/
RUN /opt/bokflow/bin/pip install --require-hashes -r requirements/build.txt -r requirements/engine.txt
COPY . .
RUN /opt/bokflow/bin/pip install --no-deps --no-build-isolation .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin bokflow
COPY --from=build /opt/bokflow /opt/bokflow
ENV PATH=/opt/bokflow/bin:$PATH PYTHONUNBUFFERED=1
# Faust wants a folder for tables, although Bokflow has none.
WORKDIR /var/lib/bokflow
RUN chown bokflow: /var/lib/bokflow
USER bokflow
# In the form of a list, so that a stop signal reaches the worker itself.
ENTRYPOINT ["bokflow"]
CMD ["worker"]
