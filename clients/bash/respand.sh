# shellcheck shell=bash
# A client of respand in one file, for bash 5 and coreutils: clients/bash/README.md. `source` it. It hands records over without
# making the script wait: respand_log appends to a file, and a sender in the background hands it on, over the socket with `nc` where
# that is installed, else by the spool directory. Names that end in _ are its own. SPDX-License-Identifier: Apache-2.0
#
#   respand_log JSON            takes a record; without an argument from standard input. RESPAND_TAKEN says true or false
#   respand_json NAME VALUE …   prints an object; NAME:= takes a VALUE that is JSON itself
#   respand_flush [SECONDS]     waits until all that was taken is settled: status 0 where it is
#   respand_close [SECONDS]     flushes, spools what is left, ends; called at exit
#   respand_stats               prints what became of the records as one line of JSON

# Settings, read when the first record comes. RESPAND_ON_ERROR: a command that is called with the record and the reason.
RESPAND_SOCKET_PATH=${RESPAND_SOCKET_PATH:-/run/respand/respand.sock}
RESPAND_SPOOL_DIRECTORY=${RESPAND_SPOOL_DIRECTORY-/var/spool/respand}
RESPAND_MAX_QUEUE=${RESPAND_MAX_QUEUE:-10000}
RESPAND_MAX_QUEUE_BYTES=${RESPAND_MAX_QUEUE_BYTES:-67108864}
RESPAND_MAX_RECORD=${RESPAND_MAX_RECORD:-20971520}
RESPAND_MAX_WAIT=${RESPAND_MAX_WAIT:-0.005}
RESPAND_LINGER=${RESPAND_LINGER:-0.2} # how long the sender gathers records, where fewer than a file's wait
RESPAND_ACK_TIMEOUT=${RESPAND_ACK_TIMEOUT:-2}
RESPAND_CLOSE_TIMEOUT=${RESPAND_CLOSE_TIMEOUT:-2}
RESPAND_ON_ERROR=${RESPAND_ON_ERROR:-}
RESPAND_TAKEN=false
respand_pid_=

# Every function that the script calls begins with `local -`, so that its set -e, -u or -C harms nothing here.

respand_log() {
  local - IFS=$' \t\n' LC_ALL=C
  set +euCx
  local text=${1-} reason=
  (($# > 0)) || IFS= read -r -d '' text
  [[ $respand_pid_ == "$BASHPID" ]] || respand_begin_
  RESPAND_TAKEN=false
  ((++respand_logged_))
  while [[ ${text:0:1} == [[:space:]] ]]; do text=${text:1}; done
  while [[ ${text: -1} == [[:space:]] ]]; do text=${text%?}; done
  # What is inside is checked by respand, which refuses what is no JSON.
  if [[ ${text:0:1} != '{' || ${#text} -lt 2 || ${text: -1} != '}' ]]; then
    reason="not a JSON object"
  else
    [[ $text != *[$'\r\n']* ]] || text=${text//[$'\r\n']/ } # between values: strings have none
    respand_fill_in_
    ((${#text} <= RESPAND_MAX_RECORD)) || reason="larger than max_record"
  fi
  if [[ $reason ]]; then
    ((++respand_refused_))
    respand_not_taken_ "$text" "$reason"
    return 0
  fi
  if ! respand_has_room_ ${#text}; then
    ((++respand_dropped_))
    respand_not_taken_ "$text" "$reason"
    return 0
  fi
  if ((respand_part_records_ >= 1000 || respand_part_records_ > RESPAND_MAX_QUEUE / 2 || respand_part_bytes_ >= 8388608)); then
    ((++respand_part_))
    respand_part_records_=0 respand_part_bytes_=0
    respand_tell_ now
  fi
  if ! printf '%s\n' "$text" 2>/dev/null >>"$respand_folder_/part.$respand_part_"; then
    ((++respand_dropped_))
    respand_not_taken_ "$text" "it can't be written to $respand_folder_"
    return 0
  fi
  # shellcheck disable=SC2034
  RESPAND_TAKEN=true
  ((++respand_part_records_, respand_part_bytes_ += ${#text} + 1, ++respand_taken_, respand_taken_bytes_ += ${#text} + 1))
  # The sender looks for two seconds after a message, so that one a second is enough.
  if ((respand_part_records_ == 1 || ${EPOCHREALTIME/./} - respand_told_ > 1000000)); then
    respand_tell_ more
  fi
  return 0
}

respand_json() {
  local - LC_ALL=C
  set +euCx
  local object='' value code from
  while (($# > 0)); do
    value=${2-}
    if [[ $1 != *:= ]]; then
      respand_escape_
      value="\"$value\""
    fi
    from=$value value=${1%:=}
    respand_escape_
    object+=",\"$value\":$from"
    shift $(($# > 1 ? 2 : 1))
  done
  printf '{%s}\n' "${object:1}"
}

respand_flush() {
  local - IFS=$' \t\n'
  set +euCx
  [[ $respand_pid_ == "$BASHPID" ]] || return 0
  local target=$respand_taken_ deadline
  [[ ! $respand_closed_ ]] || return $((respand_settled_ < respand_taken_))
  respand_deadline_ "${1:-30}"
  respand_tell_ now
  until respand_read_stats_ && ((respand_settled_ >= target)); do
    ((${EPOCHREALTIME/./} < deadline)) || return 1
    read -rt 0.01 -u "$respand_nothing_"
  done
  return 0
}

respand_close() {
  local - IFS=$' \t\n'
  set +euCx
  [[ $respand_pid_ == "$BASHPID" && ! $respand_closed_ ]] || return 0
  local deadline
  respand_closed_=true
  respand_tell_ "close ${1:-$RESPAND_CLOSE_TIMEOUT}"
  # What the sender does behind that takes an answer's time and a file's; where it is stuck it goes on by itself.
  respand_deadline_ "${1:-$RESPAND_CLOSE_TIMEOUT}"
  ((deadline += 10000000))
  until [[ -e $respand_folder_/done ]] || ((${EPOCHREALTIME/./} > deadline)); do
    read -rt 0.01 -u "$respand_nothing_"
  done
  respand_read_stats_
  [[ ! -e $respand_folder_/done ]] || rm -rf "$respand_folder_"
  exec {respand_message_}>&- {respand_nothing_}>&-
  return 0
}

respand_stats() {
  local - IFS=$' \t\n'
  set +euCx
  [[ $respand_pid_ == "$BASHPID" ]] || respand_begin_
  [[ $respand_closed_ ]] || respand_read_stats_
  local value=${respand_error_:-$respand_sender_error_} code
  respand_escape_
  printf '{"logged":%d,"durable":%d,"spooled":%d,"refused":%d,"dropped":%d,"queued":%d,"connects":%d,"last_error":"%s"}\n' \
    "$respand_logged_" "$respand_durable_" "$respand_spooled_" $((respand_refused_ + respand_sender_refused_)) \
    $((respand_dropped_ + respand_sender_dropped_)) $((respand_taken_ - respand_settled_)) "$respand_connects_" "$value"
}

# --- The script's side ---

# Begins with an empty queue and a sender of its own; also in a subshell, which leaves alone what its parent holds.
respand_begin_() {
  [[ ! $respand_pid_ || $respand_closed_ ]] || exec {respand_message_}>&- {respand_nothing_}>&-
  respand_pid_=$BASHPID respand_closed_='' respand_error_='' respand_sender_error_=''
  respand_logged_=0 respand_refused_=0 respand_dropped_=0 respand_taken_=0 respand_taken_bytes_=0 respand_told_=0
  respand_settled_=0 respand_settled_bytes_=0 respand_durable_=0 respand_spooled_=0 respand_sender_refused_=0 respand_sender_dropped_=0
  respand_connects_=0 respand_part_=1 respand_part_records_=0 respand_part_bytes_=0
  if ! respand_folder_=$(mktemp -d 2>/dev/null) || ! mkfifo "$respand_folder_"/{messages,nothing} 2>/dev/null; then
    respand_error_="no temporary folder" respand_closed_=true
    return
  fi
  exec {respand_nothing_}<>"$respand_folder_/nothing" {respand_message_}<>"$respand_folder_/messages"
  # No job of the script's: `wait`, `jobs` and $! don't know it. It ends when nobody can write messages any more, so a subshell
  # needs no trap; the script itself waits for it at its exit, behind what it has set to be done there.
  (respand_send_ <"$respand_folder_/messages" >/dev/null 2>&1 &)
  if ((BASH_SUBSHELL == 0)); then
    local words=() set_before
    set_before=$(trap -p EXIT) # trap -- 'CODE' EXIT
    eval "words=($set_before)"
    # shellcheck disable=SC2064
    trap "${words[2]-}"$'\n'respand_close EXIT
  fi
}

# Adds to $text what it lacks. A name is looked for anywhere in it: where it is only deeper inside, respand adds it itself.
respand_fill_in_() {
  local more='' now=$EPOCHREALTIME day uuid
  if [[ $text != *'"timestamp"'* ]]; then
    TZ=UTC0 printf -v day '%(%Y-%m-%dT%H:%M:%S)T' "${now%.*}"
    more+=",\"timestamp\":\"$day.${now#*.}Z\""
  fi
  if [[ $text != *'"custom_identifier"'* ]] && read -r uuid </proc/sys/kernel/random/uuid; then
    more+=",\"custom_identifier\":\"$uuid\""
  fi
  [[ $more ]] || return
  text=${text%\}}
  [[ ${text:1} == *[![:space:]]* ]] || more=${more:1}
  text+="$more}"
}

# Escapes $value for a string of JSON.
respand_escape_() {
  value=${value//\\/\\\\}
  value=${value//\"/\\\"}
  [[ $value == *[$'\001'-$'\037']* ]] || return 0
  local number octal character
  for ((number = 1; number < 32; ++number)); do
    printf -v octal '\\%03o' "$number"
    printf -v character '%b' "$octal"
    printf -v code '\\u%04x' "$number"
    value=${value//"$character"/"$code"}
  done
}

respand_not_taken_() {
  respand_error_="a record was not taken: $2"
  [[ ! $RESPAND_ON_ERROR ]] || "$RESPAND_ON_ERROR" "$1" "$2" || true
}

# Is there room for a record of so many bytes? Waits for it for RESPAND_MAX_WAIT; else $reason says why not.
respand_has_room_() {
  local deadline
  reason="the client is closed"
  [[ ! $respand_closed_ ]] || return 1
  reason="the queue is full"
  respand_fits_ "$1" && return
  respand_read_stats_
  respand_deadline_ "$RESPAND_MAX_WAIT"
  until respand_fits_ "$1"; do
    ((${EPOCHREALTIME/./} < deadline)) || return 1
    read -rt 0.001 -u "$respand_nothing_"
    respand_read_stats_
  done
}

respand_fits_() {
  ((respand_taken_ - respand_settled_ < RESPAND_MAX_QUEUE && respand_taken_bytes_ - respand_settled_bytes_ + $1 < RESPAND_MAX_QUEUE_BYTES))
}

# Sets $deadline to so many seconds from now, in microseconds.
respand_deadline_() {
  local whole=${1%%.*} part=000000
  [[ $1 != *.* ]] || part=${1#*.}000000
  deadline=$((${EPOCHREALTIME/./} + 10#${whole:-0} * 1000000 + 10#${part:0:6}))
}

respand_tell_() {
  respand_told_=${EPOCHREALTIME/./}
  printf '%s\n' "$1" >&"$respand_message_"
}

respand_read_stats_() {
  local settled bytes durable spooled refused dropped connects error
  # shellcheck disable=SC2162
  read settled bytes durable spooled refused dropped connects error 2>/dev/null <"$respand_folder_/stats" || return 0
  respand_settled_=$settled respand_settled_bytes_=$bytes respand_durable_=$durable respand_spooled_=$spooled
  respand_sender_refused_=$refused respand_sender_dropped_=$dropped respand_connects_=$connects respand_sender_error_=$error
}

# --- The sender: a process of its own, whose standard input are messages ---

respand_send_() {
  trap '' INT TERM HUP # the script's end is told by a message, or by the end of all messages
  trap - EXIT
  local fd
  for fd in /proc/self/fd/*; do # what the script has open, locks among it, is not held open
    fd=${fd##*/}
    ((fd < 3 || fd == 255)) || eval "exec $fd>&-"
  done
  local LC_ALL=C lines=() part=1 in='' rest='' closing='' deadline=0 until=0 tries=0 timeout=
  local settled=0 bytes=0 durable=0 spooled=0 refused=0 dropped=0 connects=0 error=''
  respand_hear_
  while :; do
    ((${#lines[@]} > 0)) || respand_gather_
    if ((${#lines[@]} > 0)) && respand_deliver_; then
      tries=0
      continue
    fi
    if [[ $closing ]] && ((${#lines[@]} == 0 || ${EPOCHREALTIME/./} >= deadline)); then
      ((${#lines[@]} == 0)) && break
      respand_settle_ dropped
      continue
    fi
    timeout=
    if ((${#lines[@]} > 0)); then # the next try comes after 0.05 s, then twice as long each time up to 5 s, less a random half
      ((tries = tries < 7 ? tries + 1 : 7))
      local delay=$((25 << tries < 5000 ? 25 << tries : 5000))
      ((delay -= delay * (RANDOM % 100) / 200))
      printf -v timeout '%d.%03d' $((delay / 1000)) $((delay % 1000))
    elif ((${EPOCHREALTIME/./} < until)); then
      timeout=$RESPAND_LINGER
    fi
    if [[ $closing ]]; then
      sleep "${timeout:-0.05}"
    else
      respand_hear_ ${timeout:+-t "$timeout"}
    fi
  done
  : >"$respand_folder_/done"
  kill -0 "$respand_pid_" 2>/dev/null || rm -rf "$respand_folder_"
}

# Waits for a message, for time (`-t SECONDS`), or for the end of all messages: the script was killed.
respand_hear_() {
  local words=()
  read -ra words "$@"
  case $?:${words[0]-} in
    0:more)
      until=$((${EPOCHREALTIME/./} + 2000000))
      respand_hear_ -t "$RESPAND_LINGER"
      ;;
    0:close | 1:*)
      closing=true
      respand_deadline_ "${words[1]:-$RESPAND_CLOSE_TIMEOUT}"
      ;;
  esac
}

# Reads up to 1,000 whole lines of what the script has written.
respand_gather_() {
  local next=''
  [[ $in ]] || { [[ -e $respand_folder_/part.$part ]] && exec {in}<"$respand_folder_/part.$part"; } || return
  [[ ! -e $respand_folder_/part.$((part + 1)) ]] || next=true # then nothing is added to this one any more
  mapfile -n 1000 -u "$in" lines
  if ((${#lines[@]} > 0)); then
    lines[0]=$rest${lines[0]} rest=
    if [[ ${lines[-1]} != *$'\n' ]]; then # the script is amid its line
      rest=${lines[-1]}
      unset 'lines[-1]'
    fi
  elif [[ $next ]]; then
    exec {in}<&-
    rm -f "$respand_folder_/part.$part"
    in=
    ((++part))
    respand_gather_
  fi
}

# Over the socket; what has no answer goes to the spool directory. True where something was settled.
respand_deliver_() {
  local before=$settled
  if [[ -S $RESPAND_SOCKET_PATH ]] && command -v nc; then
    respand_ask_
  else
    error="$RESPAND_SOCKET_PATH: no socket, or no nc"
  fi
  ((${#lines[@]} == 0)) || respand_spool_
  ((settled > before))
}

# A connection for these lines: what respand says of them counts, in whole lines of answers that make sense.
respand_ask_() {
  local answer number count=${#lines[@]} told=0 is_refused=() kept=() i
  local durable_form='^[[:space:]]*\{[[:space:]]*"durable"[[:space:]]*:[[:space:]]*([0-9]{1,15})[[:space:]]*(,.*)?\}[[:space:]]*$'
  local refused_form='^[[:space:]]*\{[[:space:]]*"line"[[:space:]]*:[[:space:]]*([0-9]{1,15})[[:space:]]*,[[:space:]]*"error"[[:space:]]*:(.*)\}[[:space:]]*$'
  { printf '!ack\n' && printf '%s' "${lines[@]}"; } 2>/dev/null |
    timeout "$RESPAND_ACK_TIMEOUT" nc -N -U "$RESPAND_SOCKET_PATH" 2>"$respand_folder_/nc" | head -c 8388608 >"$respand_folder_/answers"
  case ${PIPESTATUS[1]} in
    0) ((++connects)) ;;
    124) error="$RESPAND_SOCKET_PATH: no answer for ack_timeout" ;;
    *) error="$RESPAND_SOCKET_PATH: $(head -c 200 "$respand_folder_/nc" | tr '\n' ' ')" ;;
  esac
  while IFS= read -r answer; do
    if [[ $answer =~ $durable_form ]]; then
      number=$((10#${BASH_REMATCH[1]}))
      ((number >= told && number <= count)) || break
      told=$number
    elif [[ $answer =~ $refused_form ]]; then
      number=$((10#${BASH_REMATCH[1]}))
      ((number > told && number <= count)) || break
      is_refused[number]=true
      error="$RESPAND_SOCKET_PATH: respand refused it: ${BASH_REMATCH[2]:0:200}"
    elif [[ $answer != *[![:space:]]* || $answer =~ ^[[:space:]]*\{.*\}[[:space:]]*$ ]]; then
      continue # nothing, or something that is not known here
    else
      break
    fi
  done <"$respand_folder_/answers" 2>/dev/null
  for ((i = 1; i <= count; ++i)); do
    if [[ ${is_refused[i]-} ]]; then
      ((++refused, ++settled, bytes += ${#lines[i - 1]}))
    elif ((i <= told)); then
      ((++durable, ++settled, bytes += ${#lines[i - 1]}))
    else
      kept+=("${lines[i - 1]}")
    fi
  done
  lines=("${kept[@]}")
  respand_write_stats_
}

# A file of these lines, synced and renamed into place.
respand_spool_() {
  local uuid name temporary
  if [[ ! $RESPAND_SPOOL_DIRECTORY ]]; then
    respand_write_stats_
    return
  fi
  read -r uuid </proc/sys/kernel/random/uuid
  name=respand-$respand_pid_-${EPOCHREALTIME/./}-$uuid.ndjson
  temporary=$RESPAND_SPOOL_DIRECTORY/.$name.tmp
  if (umask "$(printf '%04o' $((0$(umask) | 0137)))" && printf '%s' "${lines[@]}" >"$temporary") && sync "$temporary" &&
    mv "$temporary" "$RESPAND_SPOOL_DIRECTORY/$name" && { sync "$RESPAND_SPOOL_DIRECTORY" || ! rm "$RESPAND_SPOOL_DIRECTORY/$name"; }; then
    respand_settle_ spooled
  else
    rm -f "$temporary"
    error="$RESPAND_SPOOL_DIRECTORY: can't be written"
    respand_write_stats_
  fi
}

# All lines are settled, and count as $1.
respand_settle_() {
  local line
  for line in "${lines[@]}"; do
    ((bytes += ${#line}))
  done
  printf -v "$1" %d $((${!1} + ${#lines[@]}))
  ((settled += ${#lines[@]}))
  lines=()
  respand_write_stats_
}

respand_write_stats_() {
  printf '%s\n' "$settled $bytes $durable $spooled $refused $dropped $connects $error" >"$respand_folder_/stats.new"
  mv -f "$respand_folder_/stats.new" "$respand_folder_/stats"
}
