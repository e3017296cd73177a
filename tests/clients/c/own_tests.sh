#!/usr/bin/env bash
# The further tests of the client in C: texts, forks, hostile daemons, as C++, under the sanitizers; the README's examples.
#   own_tests.sh RESPAND
set -euo pipefail
respand=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
command -v gcc >/dev/null || { echo "no gcc"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-Wall -Wextra -Wpedantic -Werror -I "$root/include" -pthread)
address=(-g -O0 "-fsanitize=address,undefined" -fno-sanitize-recover=all)
mkdir "$work/spool" "$work/asan" "$work/tsan"

echo "hostile daemons, under the address and undefined-behaviour sanitizers, and meanwhile the rest"
STORM_BUILD=$work/asan CFLAGS="${address[*]}" "$here/run.sh" --probe
STORM_BUILD=$work/asan python3 "$here/../false_daemons.py" all "$here/run.sh" >"$work/hostile" 2>&1 &
hostile=$!

echo "as C99 and as C++17, by every compiler that is here"
for compiler in gcc clang; do
  command -v "$compiler" >/dev/null || { echo "no $compiler: left out"; continue; }
  "$compiler" -std=c99 "${flags[@]}" -fsyntax-only "$here/own_tests.c"
  cxx=${compiler/gcc/g++}
  "${cxx/clang/clang++}" -std=c++17 "${flags[@]}" -fsyntax-only -x c++ "$here/storm.c"
done

echo "texts, errors and answers under the address, undefined-behaviour and thread sanitizers; forks under the undefined-behaviour one"
gcc -std=c99 "${address[@]}" "${flags[@]}" "$here/own_tests.c" -o "$work/own_asan"
"$work/own_asan" "$work/spool" one
# Without the address sanitizer: gcc 12's keeps the locks of its allocator in a child that was made while another thread had them,
# so that one child in some hundreds waits for ever.
gcc -std=c99 -g -O0 -fsanitize=undefined -fno-sanitize-recover=all "${flags[@]}" "$here/own_tests.c" -o "$work/own_ubsan"
"$work/own_ubsan" "$work/spool" forks
gcc -std=c99 -g -O0 -fsanitize=thread "${flags[@]}" "$here/own_tests.c" -o "$work/own_tsan"
"$work/own_tsan" "$work/spool" one  # no forks: it can't follow threads of a child

echo "a storm in which every record goes over the socket, under the thread sanitizer"
STORM_BUILD=$work/tsan CFLAGS="-O0 -fsanitize=thread" "$here/run.sh" --probe
STORM_BUILD=$work/tsan STORM_OUTAGE=0.2 python3 "$here/../storm.py" "$respand" storm "$here/../without_spool.sh" "$here/run.sh"

echo "the examples of clients/c/README.md"
awk -v folder="$work" '/^```c(pp)?$/ { file = folder "/example." substr($0, 4); next } /^```/ { file = "" } file { print > file }' "$root/clients/c/README.md"
gcc -std=c99 "${flags[@]}" "$work/example.c" -o "$work/example_c"
g++ -std=c++17 "${flags[@]}" "$work/example.cpp" -o "$work/example_cpp"
for example in example_c example_cpp; do
  RESPAND_SOCKET_PATH=$work/nobody.sock RESPAND_SPOOL_DIRECTORY=$work/spool "$work/$example"
done
cat "$work"/spool/*.ndjson | python3 -c '
import json, sys
records = [json.loads(line) for line in sys.stdin]
assert [record["model"] for record in records] == ["gpt-4o"] * 2, records
assert all(len(record["custom_identifier"]) == 36 and record["timestamp"].endswith("Z") for record in records), records'

STORM_BUILD=$work/asan python3 "$here/../hostile.py" "$here/run.sh"
wait "$hostile" || { cat "$work/hostile"; exit 1; }
cat "$work/hostile"
