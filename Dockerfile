# syntax=docker/dockerfile:1

FROM golang:1.26.8-alpine AS build
# The standalone module, which links the Temporal server, is not part of this.
ENV CGO_ENABLED=0 GOWORK=off GOTOOLCHAIN=local
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod \
    go mod download
COPY . .
# timetzdata: schedules name time zones, and the base below has none.
RUN --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    mkdir /out && \
    go build -trimpath -tags timetzdata -ldflags="-s -w" -o /out/worker ./worker && \
    go build -trimpath -tags timetzdata -ldflags="-s -w" -o /out/scimgw ./scimgw && \
    go build -trimpath -tags timetzdata -ldflags="-s -w" -o /out/rollcall ./starter

FROM alpine:3.23
RUN apk add --no-cache ca-certificates && \
    adduser -D -H -u 10001 rollcall
COPY --from=build /out/ /usr/local/bin/
ENV ROLLCALL_CONFIG=/etc/rollcall/rollcall.yaml
USER 10001:10001
# Metrics and health; the SCIM gateway.
EXPOSE 9464 9465 8088
CMD ["worker"]
