#!/usr/bin/env bash
# Runs the test program of the client in PHP: see tests/clients/storm.py.
set -euo pipefail
if [[ ${1:-} == --probe ]]; then
  command -v php >/dev/null || { echo "no php"; exit 77; }
  exit 0
fi
exec php -d error_reporting=-1 -d display_errors=stderr "$(dirname "$0")/storm.php" "$@"
