#!/usr/bin/env bash
# The further tests of the client in bash: records, subshells, ends, hostile daemons, a storm without a spool; the README's example.
#   own_tests.sh RESPAND
# shellcheck disable=SC2016
set -euo pipefail
respand=$1
here=$(cd "$(dirname "$0")" && pwd)
client=$here/../../../clients/bash/respand.sh
"$here/run.sh" --probe
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/spool" "$work/tmp"
export RESPAND_SOCKET_PATH=$work/nobody.sock RESPAND_SPOOL_DIRECTORY=$work/spool
fail() {
  echo "FAILED: $*"
  exit 1
}
expect() { [[ $1 == "$2" ]] || fail "${BASH_LINENO[0]}: expected <$1>, got <$2>"; }
# Runs a script that has sourced the client, as a user's is, strict; its output is in $said.
script() {
  local status=0
  said=$(TMPDIR=$work/tmp bash -c "set -euo pipefail -o noclobber; source '$client'; $1" 2>&1) || status=$?
  expect "${2:-0}" "$status"
}
take_spool() {
  taken=$(cat "$work"/spool/*.ndjson 2>/dev/null) || true
  rm -f "$work"/spool/*.ndjson
}
# Waits for an event, at most half a minute.
until_true() {
  local i
  for ((i = 0; i < 600; ++i)); do
    "$@" && return
    read -rt 0.05 <> <(:) || true
  done
  fail "not within half a minute: $*"
}
spool_holds() { (($(cat "$work"/spool/*.ndjson 2>/dev/null | wc -l) == $1)); }
no_sender() { [[ -z $(ls "$work/tmp") ]]; }

echo "hostile daemons, and meanwhile the rest"
RESPAND_LINGER=20 python3 "$here/../false_daemons.py" all "$here/run.sh" >"$work/hostile" 2>&1 &
hostile=$!

echo "records"
script $'respand_log \' {"a":"\\\\n" ,\n"timestamp":1,"custom_identifier":2}\n\'; respand_log "{}"; respand_log \'{ "b":{"timestamp":1}}\''
take_spool
mapfile -t lines <<<"$taken"
expect 3 ${#lines[@]}
expect '{"a":"\\n" , "timestamp":1,"custom_identifier":2}' "${lines[0]}"
[[ ${lines[1]} =~ ^\{\"timestamp\":\"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z\",\"custom_identifier\":\"[0-9a-f-]{36}\"\}$ ]] || fail "${lines[1]}"
[[ ${lines[2]} =~ ^\{\ \"b\":\{\"timestamp\":1\},\"custom_identifier\":\"[0-9a-f-]{36}\"\}$ ]] || fail "${lines[2]}"
script 'RESPAND_MAX_RECORD=150; hear() { echo "$2"; false; }; RESPAND_ON_ERROR=hear
for bad in "" " " 1 "[]" "[{}]" "{" "}" "!ack" "{} x" "{\"a\":\"$(printf %0200d 1)\"}"; do respand_log "$bad"; echo $RESPAND_TAKEN; done; respand_close; respand_log "{}"; respand_flush; respand_stats'
expect "$(printf 'not a JSON object\nfalse\n%.0s' {1..9})"$'\nlarger than max_record\nfalse\nthe client is closed\n{"logged":11,"durable":0,"spooled":0,"refused":10,"dropped":1,"queued":0,"connects":0,"last_error":"a record was not taken: the client is closed"}' "$said"
script 'respand_json a "x \"\\ $(printf "\001\t\n\037é") y" b:= "[1,null]" "c\"" "" d'
expect '{"a":"x \"\\ \u0001\u0009\u000a\u001fé y","b":[1,null],"c\"":"","d":""}' "$said"
python3 -c 'import json, sys; json.loads(sys.argv[1])' "$said"
script 'big=$(printf "{\"a\":\"%02000000d\"}" 1); respand_log "$big"; respand_log <<<"{\"n\":1}"'
take_spool
mapfile -t lines <<<"$taken"
[[ ${#lines[@]} == 2 && ${#lines[0]} -gt 2000000 && ${lines[1]} == '{"n":1,'* ]] || fail "${#lines[@]} lines"

echo "subshells, jobs, ends"
script 'respand_log "{\"by\":1}"; (respand_log "{\"by\":2}"); respand_log "{\"by\":3}" & pid=$!; respand_log "{\"by\":4}"; wait; [[ $! == "$pid" && -z $(jobs) ]]
echo x | { respand_log "{\"by\":5}"; }; respand_flush; respand_stats >|"$TMPDIR/../stats"'
until_true spool_holds 5
until_true no_sender
expect '{"logged":2,"durable":0,"spooled":2,"refused":0,"dropped":0,"queued":0,"connects":0,"last_error":"'"$RESPAND_SOCKET_PATH"': no socket, or no nc"}' "$(<"$work/stats")"
take_spool
script 'trap "echo the last of \$?" EXIT; respand_log "{}"; exit 7' 7
expect "the last of 7" "$said"
script 'respand_log "{}"; false' 1
script 'respand_log "{}"; kill -INT $$; :' 130
script 'respand_log "{}"; kill -TERM $$; :' 143
script 'respand_log "{}"; kill -KILL $$' 137
until_true spool_holds 5
until_true no_sender
take_spool
script 'RESPAND_SPOOL_DIRECTORY=/nowhere RESPAND_CLOSE_TIMEOUT=0.1; respand_log "{}"; respand_close; respand_stats'
expect '{"logged":1,"durable":0,"spooled":0,"refused":0,"dropped":1,"queued":0,"connects":0,"last_error":"/nowhere: can'"'"'t be written"}' "$said"

echo "the example of clients/bash/README.md"
cp "$client" "$work/"
awk '/^```bash$/ { inside = 1; next } /^```/ { inside = 0 } inside' "$here/../../../clients/bash/README.md" >"$work/example.sh"
(cd "$work" && bash example.sh >said)
expect '{"logged":3,"durable":0,"spooled":3,"refused":0,"dropped":0,"queued":0,"connects":0,"last_error":"'"$RESPAND_SOCKET_PATH"': no socket, or no nc"}' "$(<"$work/said")"
take_spool
[[ $taken == *'{"model":"gpt-4o","completion_message":{"role":"assistant","content":"She said \"hi\"."},"cost":0.001,"timestamp":'* ]] || fail "$taken"

echo "a storm in which every record goes over the socket"
env -u RESPAND_SOCKET_PATH -u RESPAND_SPOOL_DIRECTORY STORM_OUTAGE=0.2 python3 "$here/../storm.py" "$respand" storm "$here/../without_spool.sh" "$here/run.sh"
wait "$hostile" || { cat "$work/hostile"; exit 1; }
cat "$work/hostile"
