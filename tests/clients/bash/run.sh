#!/usr/bin/env bash
# Runs the test program of the client in bash: see tests/clients/storm.py.
set -euo pipefail
if [[ ${1:-} == --probe ]]; then
  ((BASH_VERSINFO[0] >= 5)) || { echo "bash is older than 5"; exit 77; }
  command -v nc >/dev/null || { echo "no nc, of netcat-openbsd"; exit 77; }
  exit 0
fi
exec bash "$(dirname "$0")/storm.sh" "$@"
