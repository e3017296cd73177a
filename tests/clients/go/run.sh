#!/usr/bin/env bash
# The test program of the Go client: run.sh --probe builds it into $STORM_BUILD, or says what is missing (77); else runs it.
set -euo pipefail
if [[ ${1:-} != --probe ]]; then
  exec "$STORM_BUILD/go-storm" "$@"
fi
command -v go >/dev/null || { echo "no go (Debian: golang-go)"; exit 77; }
cd "$(dirname "$0")"
mkdir -p "$STORM_BUILD"
GOFLAGS=-mod=mod GOPROXY=off CGO_ENABLED=0 GOCACHE=$STORM_BUILD/go-cache go build -o "$STORM_BUILD/go-storm" storm.go
