#!/usr/bin/env bash
# The test program of the C# client: run.sh --probe builds it into $STORM_BUILD, or says what is missing (77); else runs it.
set -euo pipefail
if [[ ${1:-} != --probe ]]; then
  exec mono "$STORM_BUILD/csharp-storm.exe" "$@"
fi
if ! command -v mcs >/dev/null || ! command -v mono >/dev/null; then
  echo "no mcs or no mono (Debian: mono-mcs, mono-runtime)"
  exit 77
fi
cd "$(dirname "$0")"
mkdir -p "$STORM_BUILD"
mcs -warnaserror -warn:4 -out:"$STORM_BUILD/csharp-storm.exe" ../../../clients/csharp/Respand.cs Storm.cs -r:System.Core.dll
