#!/usr/bin/env bash
# Further tests of the C# client: own_tests.sh RESPAND.
set -euo pipefail
if ! command -v mcs >/dev/null || ! command -v mono >/dev/null; then
  echo "no mcs or no mono (Debian: mono-mcs, mono-runtime)"
  exit 77
fi
respand=$(realpath "$1")
cd "$(dirname "$0")"
STORM_BUILD=${STORM_BUILD:-$(mktemp -d)}
export STORM_BUILD
./run.sh --probe

client=../../../clients/csharp/Respand.cs
build() { mcs -warnaserror -warn:4 -r:System.Core.dll "$@"; }
build -out:"$STORM_BUILD/csharp-own.exe" "$client" Own.cs
folder=$(mktemp -d "$STORM_BUILD/csharp-own.XXXXXX")
mono "$STORM_BUILD/csharp-own.exe" "$folder"
rm -rf "$folder"
python3 ../hostile.py ./run.sh
python3 ../kills.py "$respand" ./run.sh

# The example of the README, as a program of its own.
sed -n '/^```csharp$/,/^```$/{/^```/!p}' ../../../clients/csharp/README.md >"$STORM_BUILD/Example.cs"
build -out:"$STORM_BUILD/csharp-example.exe" "$client" "$STORM_BUILD/Example.cs"
python3 ../example.py "$respand" csharp-example mono "$STORM_BUILD/csharp-example.exe"
