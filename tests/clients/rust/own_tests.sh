#!/usr/bin/env bash
# Further tests of the Rust client: own_tests.sh RESPAND.
set -euo pipefail
PATH=/usr/bin:$PATH  # Debian's compiler first, where there are others
command -v rustc >/dev/null || { echo "no rustc (Debian: rustc)"; exit 77; }
respand=$(realpath "$1")
cd "$(dirname "$0")"
STORM_BUILD=${STORM_BUILD:-$(mktemp -d)}
export STORM_BUILD
./run.sh --probe

build() { rustc --edition 2021 -D warnings "$@"; }
build --extern respand="$STORM_BUILD/librespand.rlib" -o "$STORM_BUILD/rust-own" own.rs
folder=$(mktemp -d "$STORM_BUILD/rust-own.XXXXXX")
"$STORM_BUILD/rust-own" "$folder"
rm -rf "$folder"
python3 ../hostile.py ./run.sh
python3 ../kills.py "$respand" ./run.sh

# The example of the README, as a program of its own.
example=$STORM_BUILD/rust-example
mkdir -p "$example"
cp ../../../clients/rust/respand.rs "$example/"
sed -n '/^```rust$/,/^```$/{/^```/!p}' ../../../clients/rust/README.md >"$example/main.rs"
build -o "$example/example" "$example/main.rs"
python3 ../example.py "$respand" rust-example "$example/example"
