# The service and its commands: `docker build -t clientele .`. Runs as user node with a read-only root file system;
# only CLIENTELE_STATE_DIR is written to.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title=clientele org.opencontainers.image.licenses=Apache-2.0
ENV NODE_ENV=production CLIENTELE_HTTP=0.0.0.0:8080 CLIENTELE_MODEL=/etc/clientele/model.yaml CLIENTELE_STATE_DIR=/var/lib/clientele
WORKDIR /opt/clientele
RUN mkdir -p /var/lib/clientele /etc/clientele && chown node:node /var/lib/clientele
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json LICENSE ./
COPY bin bin
COPY schemas schemas
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/livez').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/opt/clientele/bin/clientele"]
CMD ["run"]
