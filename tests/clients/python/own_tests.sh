#!/usr/bin/env bash
# Runs the Python client's own tests, and those of the pages in docs/integrations that are about Python, systemd, containers
# and nginx: own_tests.sh RESPAND [NAME…]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
"$here/run.sh" --probe
exec python3 "$here/own_tests.py" "$@"
