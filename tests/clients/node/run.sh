#!/usr/bin/env bash
# The Node client's program for tests/clients/storm.py. --probe: can it run here? 77, and why, where not.
set -euo pipefail
cd "$(dirname "$0")"
if [[ ${1:-} == --probe ]]; then
  command -v node >/dev/null || { echo "node is missing: scripts/install-packages --tests"; exit 77; }
  major=$(node -p 'process.versions.node.split(".")[0]')
  ((major >= 18)) || { echo "node is version $major; the client needs 18 or later"; exit 77; }
  exit 0
fi
exec node storm.mjs "$@"
