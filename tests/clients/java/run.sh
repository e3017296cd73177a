#!/usr/bin/env bash
# The test program of the Java client: run.sh --probe builds it into $STORM_BUILD, or says what is missing (77); else runs it.
set -euo pipefail
if [[ ${1:-} != --probe ]]; then
  exec java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "$STORM_BUILD/java" Storm "$@"
fi
command -v javac >/dev/null || { echo "no javac (Debian: default-jdk-headless)"; exit 77; }
cd "$(dirname "$0")"
mkdir -p "$STORM_BUILD/java"
built=$STORM_BUILD/java/Storm.class
[[ $built -nt Storm.java && $built -nt ../../../clients/java/Respand.java ]] && exit
javac -Xlint:all -Werror -encoding UTF-8 -d "$STORM_BUILD/java" ../../../clients/java/Respand.java Storm.java
