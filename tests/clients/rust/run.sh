#!/usr/bin/env bash
# The test program of the Rust client: run.sh --probe builds it into $STORM_BUILD, or says what is missing (77); else runs it.
set -euo pipefail
PATH=/usr/bin:$PATH  # Debian's compiler first, where there are others
if [[ ${1:-} != --probe ]]; then
  exec "$STORM_BUILD/rust-storm" "$@"
fi
command -v rustc >/dev/null || { echo "no rustc (Debian: rustc)"; exit 77; }
cd "$(dirname "$0")"
mkdir -p "$STORM_BUILD"
[[ $STORM_BUILD/rust-storm -nt storm.rs && $STORM_BUILD/rust-storm -nt ../../../clients/rust/respand.rs ]] && exit
build() { rustc --edition 2021 -D warnings -C opt-level=1 "$@"; }
build --crate-type rlib --crate-name respand -o "$STORM_BUILD/librespand.rlib" ../../../clients/rust/respand.rs
build --extern respand="$STORM_BUILD/librespand.rlib" -o "$STORM_BUILD/rust-storm" storm.rs
