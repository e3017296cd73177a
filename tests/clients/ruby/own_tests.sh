#!/usr/bin/env bash
# The further tests of the client in Ruby: records, forks, hostile daemons, a storm without a spool; the README's examples.
#   own_tests.sh RESPAND
set -euo pipefail
respand=$1
here=$(cd "$(dirname "$0")" && pwd)
root=$here/../../..
"$here/run.sh" --probe
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/spool"

echo "records, errors, forks"
ruby -w "$here/own_tests.rb" "$work/spool"

echo "hostile daemons, and meanwhile a storm in which every record goes over the socket"
python3 "$here/../false_daemons.py" all "$here/run.sh" >"$work/hostile" 2>&1 &
hostile=$!
STORM_OUTAGE=0.2 python3 "$here/../storm.py" "$respand" storm "$here/../without_spool.sh" "$here/run.sh"
python3 "$here/../hostile.py" "$here/run.sh"
wait "$hostile" || { cat "$work/hostile"; exit 1; }
cat "$work/hostile"

echo "the examples of clients/ruby/README.md"
awk -v folder="$work" '/^```ruby$/ { file = folder "/example" ++n ".rb"; next } /^```/ { file = "" } file { print > file }' "$root/clients/ruby/README.md"
cp "$root/clients/ruby/respand.rb" "$work/"
for n in 1 2; do
  RESPAND_SOCKET_PATH=$work/nobody.sock RESPAND_SPOOL_DIRECTORY=$work/spool ruby -w "$work/example$n.rb" >"$work/said" 2>"$work/warned"
done
[[ $(<"$work/said") == 1 ]] && grep -q "^respand: it can't be written as JSON: .*NaN" "$work/warned"
grep -q '^{"model":"gpt-4o","prompt_messages":.*,"timestamp":"[^"]*Z","custom_identifier":"[^"]*"}$' "$work"/spool/*.ndjson
