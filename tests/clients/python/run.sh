#!/usr/bin/env bash
# Runs the Python client's test program: run.sh ARGUMENT…; with --probe says whether it can be run.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [[ ${1:-} == --probe ]]; then
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null || { echo "no python3, or one before 3.8"; exit 77; }
  exit 0
fi
exec python3 "$here/storm.py" "$@"
