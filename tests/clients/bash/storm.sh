#!/usr/bin/env bash
# The test program of the client in bash, as tests/clients/storm.py wants it. It logs one record after the other.
set -euo pipefail
RESPAND_SOCKET_PATH=$1 RESPAND_SPOOL_DIRECTORY=${2#-} RESPAND_MAX_QUEUE=$5 RESPAND_CLOSE_TIMEOUT=$6
prefix=$4
# shellcheck source=../../../clients/bash/respand.sh
source "$(dirname "$0")/../../../clients/bash/respand.sh"
times=()
number=0

log() {
  local i before record
  for ((i = 0; i < $1; ++i)); do
    record="{\"custom_identifier\":\"$prefix-$number\",\"model\":\"gpt-4o\",\"prompt_messages\":[{\"role\":\"user\",\"content\":\"héllo \\u0000\"}],\"completion_message\":{\"role\":\"assistant\",\"content\":\"Hi.\"},\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":2}}"
    number=$((number + 1))
    before=${EPOCHREALTIME/./}
    respand_log "$record"
    times+=($((${EPOCHREALTIME/./} - before)))
  done
}

print_stats() {
  local sorted=(0) stats
  ((${#times[@]} == 0)) || mapfile -t sorted < <(printf '%s\n' "${times[@]}" | sort -n)
  respand_stats >"$respand_folder_.stats" # no subshell, which would begin anew
  stats=$(<"$respand_folder_.stats")
  rm "$respand_folder_.stats"
  echo "${stats%\}},\"p50_us\":${sorted[${#sorted[@]} / 2]},\"p99_us\":${sorted[${#sorted[@]} * 99 / 100]},\"max_us\":${sorted[-1]}}"
}

while read -r word count; do
  case $word in
    log) log "$count" && echo "logged $count" ;;
    deep)
      deep=1
      for ((i = 0; i < 70; ++i)); do deep="{\"a\":$deep}"; done
      respand_log "{\"custom_identifier\":\"$prefix-deep\",\"deep\":$deep}"
      echo "logged 1"
      ;;
    flush) respand_flush 20 && echo "flushed true" || echo "flushed false" ;;
    stats) print_stats ;;
    exit) exit 0 ;;
  esac
done
respand_close
print_stats
