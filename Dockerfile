# One image for every command of Tollkeeper: `docker run tollkeeper api`, `… worker`, `… migrate`.
# Debian, not Alpine: Temporal's core is a native library for glibc.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
# Certificates of public hosts (Stripe, Temporal Cloud) for Temporal's native client.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY --from=build /app/bin bin
COPY --from=build /app/package.json /app/catalog.yaml ./
# The sandbox keeps its state in /data, the proxy for OpenAI its spool in /spool; volumes mounted on
# them are owned by the user below.
RUN mkdir /data /spool && chown node:node /data /spool
USER node
EXPOSE 8080
ENTRYPOINT ["node", "bin/tollkeeper.js"]
CMD ["api"]
