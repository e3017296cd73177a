#!/usr/bin/env bash
# Further tests of the Java client: own_tests.sh RESPAND.
set -euo pipefail
command -v javac >/dev/null || { echo "no javac (Debian: default-jdk-headless)"; exit 77; }
respand=$(realpath "$1")
cd "$(dirname "$0")"
STORM_BUILD=${STORM_BUILD:-$(mktemp -d)}
export STORM_BUILD
./run.sh --probe

# With them the example of the README.
mkdir -p "$STORM_BUILD/java-example" "$STORM_BUILD/java-tmp"
sed -n '/^```java$/,/^```$/{/^```/!p}' ../../../clients/java/README.md >"$STORM_BUILD/java-example/Example.java"
javac -Xlint:all -Werror -encoding UTF-8 -cp "$STORM_BUILD/java" -d "$STORM_BUILD/java" Own.java "$STORM_BUILD/java-example/Example.java"
java=(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dfile.encoding=UTF-8 "-Djava.io.tmpdir=$STORM_BUILD/java-tmp" -cp "$STORM_BUILD/java")
"${java[@]}" Own
rm -rf "$STORM_BUILD/java-tmp"
python3 ../hostile.py ./run.sh
python3 ../kills.py "$respand" ./run.sh
python3 ../example.py "$respand" java-example "${java[@]}" Example
