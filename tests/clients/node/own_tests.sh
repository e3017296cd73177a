#!/usr/bin/env bash
# The Node client's own tests: tests/clients/node/own_tests.sh RESPAND. 77, and why, where they can't run.
set -euo pipefail
(($# == 1)) || { echo "usage: own_tests.sh RESPAND" >&2; exit 64; }
RESPAND=$(realpath "$1")
export RESPAND
cd "$(dirname "$0")"
./run.sh --probe || exit $?
exec node own_tests.mjs
