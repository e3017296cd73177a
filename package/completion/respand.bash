# bash completion for respand. Options and commands come from its own --help, so that they are those of the version at hand.

_respand_words() {
  # Of the help of a command: `--long` and `-s,--long` at the beginning of a line, and the names beneath "Subcommands:".
  "$1" "${@:2}" --help 2>/dev/null | awk '
    /^Subcommands:/ { commands = 1; next }
    /^[^ ]/ { commands = 0 }
    commands && /^  [a-z]/ { print $1 }
    /^  -/ { n = split($1, names, ","); for (i = 1; i <= n; i++) if (names[i] ~ /^--/) { sub(/=.*/, "", names[i]); print names[i] } }'
}

_respand() {
  local word previous path=() i
  COMPREPLY=()
  word=${COMP_WORDS[COMP_CWORD]}
  previous=${COMP_WORDS[COMP_CWORD - 1]}
  case $previous in
    -c | --config | --socket | --control | --ca-file | --journal)
      COMPREPLY=($(compgen -f -- "$word"))
      return
      ;;
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    [[ ${COMP_WORDS[i]} == [a-z]* && ${#path[@]} -lt 2 ]] && path+=("${COMP_WORDS[i]}")
  done
  COMPREPLY=($(compgen -W "$(_respand_words "${COMP_WORDS[0]}" "${path[@]}")" -- "$word"))
  if [[ ${path[0]:-} == send && $word != -* ]]; then
    COMPREPLY+=($(compgen -f -- "$word"))
  fi
}
complete -o filenames -F _respand respand
