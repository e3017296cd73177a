#!/usr/bin/env bash
# Runs the test program of the client in Ruby: see tests/clients/storm.py.
set -euo pipefail
if [[ ${1:-} == --probe ]]; then
  command -v ruby >/dev/null || { echo "no ruby"; exit 77; }
  exit 0
fi
exec ruby -W:no-experimental -w "$(dirname "$0")/storm.rb" "$@"
