#!/usr/bin/env bash
# Compiles the test program of the client in C (--probe), or runs it: see tests/clients/storm.py.
#   CC: the compiler; CFLAGS: more flags, as sanitizers
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${STORM_BUILD:?the folder for what is compiled}"
if [[ ${1:-} == --probe ]]; then
  command -v "${CC:-gcc}" >/dev/null || { echo "no ${CC:-gcc}"; exit 77; }
  # shellcheck disable=SC2086
  "${CC:-gcc}" -std=c99 -O2 -Wall -Wextra -Wpedantic -Werror ${CFLAGS:-} -I "$here/../../../include" "$here/storm.c" -o "$STORM_BUILD/storm_c" -pthread
  exit 0
fi
exec "$STORM_BUILD/storm_c" "$@"
